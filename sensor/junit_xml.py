"""What every JUnit document of ours shares: text that XML takes, and the counts of its cases."""

from __future__ import annotations

import xml.etree.ElementTree as Xml

from sensor.lazy_pattern import expression

XML_REFUSES = expression("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in an XML document at all (XML 1.0 2.2)."""


def xml_text(text: str) -> str:
    """``text`` with U+FFFD for each character that no XML document may hold."""
    return XML_REFUSES.sub("\ufffd", text)


def set_counts(element: Xml.Element) -> None:
    """The numbers of a suite, or of all suites: tests, failures, errors and skipped from the cases inside."""
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("errors", str(len(element.findall(".//error"))))
    element.set("skipped", str(len(element.findall(".//skipped"))))
