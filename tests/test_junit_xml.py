"""What JUnit documents share."""

from __future__ import annotations

import xml.etree.ElementTree as Xml

from sensor.junit_xml import set_counts, xml_text


def test_what_xml_refuses_is_replaced() -> None:
    """XML 1.0 2.2: tab, newline and carriage return are the only controls that may stand."""
    assert xml_text("a\0b\x1bc\ud800d\uffffe\tf\ng\rh") == "a\ufffdb\ufffdc\ufffdd\ufffde\tf\ng\rh"
    assert xml_text("Küche \U0001f600") == "Küche \U0001f600"


def test_counts_are_those_of_the_cases_inside() -> None:
    root = Xml.Element("testsuites")
    for outcome in ("failure", "failure", "skipped", "system-out", None):
        case = Xml.SubElement(Xml.SubElement(root, "testsuite"), "testcase")
        if outcome is not None:
            Xml.SubElement(case, outcome)
    set_counts(root)
    assert root.attrib == {"tests": "5", "failures": "2", "errors": "0", "skipped": "1"}
    set_counts(root[2])
    assert root[2].attrib == {"tests": "1", "failures": "0", "errors": "0", "skipped": "1"}
