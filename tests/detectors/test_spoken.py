"""Protocols' names in sentences: those people know, for every protocol that is read."""

import pytest

from sensor.detectors._spoken import SPOKEN, protocol_title
from sensor.parsing.registry import protocols


@pytest.mark.parametrize(
    ("name", "said"), [("mqtt", "MQTT"), ("ftp", "FTP"), ("telnet", "Telnet"), ("rfb", "VNC"), ("pop3", "POP3")]
)
def test_names_people_know(name: str, said: str) -> None:
    assert protocol_title(name) == said


def test_no_name_reads_like_a_program_wrote_it() -> None:
    assert not {name for name in protocols() if set(protocol_title(name)) & set("_.")}
    assert not {name for name in protocols() if "-" in protocol_title(name) and name not in SPOKEN}
