"""Bounded reading of hostile XML as a flat list of elements.

Document types are refused, so there are no entities; depth, number and size are bounded.
"""

from __future__ import annotations

from xml.parsers import expat

from sensor.light_dataclass import dataclass

SIZE_LIMIT = 256 * 1024
"""Bytes read of one document: descriptions of devices are under 100 KB."""
DEPTH_LIMIT = 32
ELEMENT_LIMIT = 4096
"""Elements of one document: the largest router descriptions have about 600."""
TEXT_LIMIT = 4096
"""Characters stored of one element, or of one attribute."""
ATTRIBUTE_LIMIT = 1024
"""Attributes stored of one element: a telephone's settings put some hundred into one."""


@dataclass(frozen=True, slots=True)
class XmlElement:
    """``path`` of local names from the root to this one, its ``namespace``, its own text without outer blanks, its
    ``attributes`` by local name."""

    path: tuple[str, ...]
    namespace: str
    text: str
    attributes: tuple[tuple[str, str], ...] = ()


class _Refused(Exception):  # noqa: N818 - it ends the reading and does not leave the module
    pass


class _Reader:
    def __init__(self) -> None:
        self.elements: list[XmlElement] = []
        self._path: list[str] = []
        self._texts: list[list[str]] = []
        self._sizes: list[int] = []
        self._attributes: list[tuple[tuple[str, str], ...]] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > ELEMENT_LIMIT or len(self._path) >= DEPTH_LIMIT:
            raise _Refused("more elements, or deeper ones, than any description has")
        self._path.append(name.rpartition(" ")[2])
        self._texts.append([])
        self._sizes.append(0)
        first = list(attributes.items())[:ATTRIBUTE_LIMIT]
        self._attributes.append(tuple((key.rpartition(" ")[2], value[:TEXT_LIMIT]) for key, value in first))

    def text(self, text: str) -> None:
        if self._texts and self._sizes[-1] < TEXT_LIMIT:
            self._texts[-1].append(text[: TEXT_LIMIT - self._sizes[-1]])
            self._sizes[-1] += len(text)

    def end(self, name: str) -> None:
        self._sizes.pop()
        text = "".join(self._texts.pop()).strip()
        self.elements.append(XmlElement(tuple(self._path), name.rpartition(" ")[0], text, self._attributes.pop()))
        self._path.pop()

    @staticmethod
    def refuse(*_: object) -> None:
        raise _Refused("a document type declaration")


def read(data: bytes) -> tuple[list[XmlElement], str | None]:
    """Elements in the order in which they end, and what was wrong with the document, if anything. Never raises."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    # XML 1.0 4: entities are declared in the document type; without one, only the five predefined ones and characters
    # by number are left.
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        # Some devices end the document with NULs.
        parser.Parse(data[:SIZE_LIMIT].strip(b"\0 \t\r\n"), len(data) <= SIZE_LIMIT)
    except _Refused as refused:
        return reader.elements, str(refused)
    except expat.ExpatError as error:
        return reader.elements, f"not well-formed: {expat.errors.messages.get(error.code, 'unknown')}"
    except (ValueError, LookupError):
        # pyexpat's answer to an encoding that it does not know or that is not one byte a character.
        return reader.elements, "an unknown encoding"
    return reader.elements, None
