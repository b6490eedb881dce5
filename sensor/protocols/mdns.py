"""Multicast DNS and DNS-SD (RFC 6762, 6763): a sender's services, and the names that it queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sensor.events import Attribute, Lookup, Weird
from sensor.model import Side, Transport, reverse_address
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.dns_message import (
    AAAA,
    ANSWERS_LIMIT,
    HINFO,
    PTR,
    SRV,
    TXT,
    A,
    Record,
    kind_name,
    parse,
    recognise_on,
)
from sensor.parsing.formats.dns_name import Name, name_text, query_text
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

PORT = 5353
ATTRIBUTES_LIMIT = 256
"""Attributes taken from one message: a printer with every service has about 80."""
LOCAL = b"local"
CARRIERS = (b"_tcp", b"_udp")


def recognise(opening: Opening) -> Match:
    """A DNS message on mDNS's port."""
    return recognise_on(PORT, opening)


class Mdns(DatagramParser):
    """Queries, responses and probes.

    Records in a response, and those proposed in a probe (RFC 6762 8.2), belong to the sender; a query's known answers
    do not. A reflector repeats those of other hosts: their address records tell them apart.
    """

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        message = parse(cursor.rest())
        if message.response:
            yield from attributes([*message.answers, *message.additionals], side)
            yield from _answers(message.answers)
        else:
            for question in message.questions:
                yield Lookup(name=query_text(question.name), kind=kind_name(question.kind), source="mdns")
            yield from attributes(message.authorities, side)
        if message.damage:
            yield Weird(name="malformed_mdns", detail=message.damage)


def service_of(name: Name) -> tuple[str, str] | None:
    """``(instance, "_ipp._tcp")`` of a DNS-SD name (RFC 6763 4.1, 7.1), None for other names.

    The instance is empty for a bare or sub-typed service.
    """
    lower = tuple(label.lower() for label in name)
    for index in range(len(lower) - 1):
        if lower[index + 1] in CARRIERS and lower[index].startswith(b"_"):
            service = f"{_text(lower[index])}.{_text(lower[index + 1])}"
            subtyped = index > 0 and lower[index - 1] == b"_sub"
            instance = "" if subtyped else ".".join(_text(label) for label in name[:index])
            return instance, service
    return None


def _text(label: bytes) -> str:
    return label.decode("utf-8", "backslashreplace")


def host_of(name: Name) -> str:
    """``hall-lamp`` of ``hall-lamp.local``; empty for names of other things than hosts."""
    if len(name) < 2 or name[-1].lower() != LOCAL or name[0].startswith(b"_"):
        return ""
    return name_text(name[:-1])


def _record_attributes(record: Record) -> Iterator[tuple[str, str | bytes]]:
    """Field and value of each attribute of its sender in a record."""
    target = record.target or ()
    if record.kind in (A, AAAA):
        yield "mdns.host", host_of(record.name)
        return
    if record.kind == HINFO and len(record.strings) == 2:
        yield "mdns.hinfo", b" ".join(record.strings)
        return
    if record.kind == PTR and service_of(record.name) is None:
        # A reverse mapping: responders announce those of their own addresses.
        yield "mdns.host", host_of(target)
        return
    found = service_of(target if record.kind == PTR else record.name)
    if record.kind not in (PTR, SRV, TXT) or found is None:
        return
    instance, service = found
    yield "mdns.service", service
    if instance:
        yield "mdns.instance", f"{instance}.{service}"
    if record.kind == SRV:
        yield "mdns.host", host_of(target)
    elif record.kind == TXT:
        for text in record.strings:
            if text:
                yield "mdns.txt", service.encode() + b" " + text


class _Owners:
    """The addresses of the hosts that one message names, and of the services that it places on them."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._hosts: dict[str, list[str]] = {}
        self._places: dict[tuple[str, str], str] = {}
        for record in records:
            if not record.ttl:
                continue
            if record.kind in (A, AAAA):
                self._hosts.setdefault(query_text(record.name), []).append(record.text)
            elif record.kind == SRV and record.target and (service := service_of(record.name)) is not None:
                self._places[service] = query_text(record.target)

    def addresses(self, record: Record) -> tuple[str, ...]:
        """The addresses of the host that a record is about; empty where the message does not say."""
        service = service_of((record.target or ()) if record.kind == PTR else record.name)
        if record.kind in (A, AAAA, HINFO):
            name = query_text(record.name)
        elif record.kind == PTR and service is None:
            address = reverse_address(query_text(record.name))
            return (address,) if address else ()
        elif service is not None and service in self._places:
            name = self._places[service]
        else:
            # A service without a host of its own is on the only host of the message, if there is one.
            name = next(iter(self._hosts)) if len(self._hosts) == 1 else ""
        return tuple(self._hosts.get(name, ())[:ANSWERS_LIMIT])


def attributes(records: Sequence[Record], side: Side) -> Iterator[Attribute]:
    """The attributes in ``records``, each once; a record without time to live is a good-bye (RFC 6762 10.1)."""
    reported: set[tuple[str, str | bytes, tuple[str, ...]]] = set()
    owners = _Owners(records)
    for record in records:
        for field, value in _record_attributes(record) if record.ttl else ():
            attribute = (field, value, owners.addresses(record))
            if attribute not in reported:
                if len(reported) >= ATTRIBUTES_LIMIT:
                    return
                reported.add(attribute)
                yield from attribute_events(field, value, side, attribute[2])


def _answers(records: Iterable[Record]) -> Iterator[Lookup]:
    """Answers by name and kind. A service's own description (TXT) is no answer to a name."""
    texts: dict[tuple[str, int], list[str]] = {}
    for record in records:
        if record.kind in (A, AAAA, PTR, SRV) and record.ttl:
            texts.setdefault((query_text(record.name), record.kind), []).append(record.text)
    for (name, kind), answers in texts.items():
        unique = tuple(dict.fromkeys(answers))[:ANSWERS_LIMIT]
        yield Lookup(name=name, kind=kind_name(kind), answers=unique, answered=True, code="NOERROR", source="mdns")


PROTOCOL = Protocol(
    name="mdns",
    title="mDNS",
    discloses={"name": ("mdns.host", "mdns.instance"), "identity": ("mdns.txt", "mdns.hinfo")},
    parser=Mdns,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    independent=True,
    ports=frozenset({PORT}),
)
