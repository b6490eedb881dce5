"""An invented person, and a file that tells of her; the addresses are those of RFC 2606, the number one of Ofcom's for drama."""

from __future__ import annotations

from sensor.personas.read import parse
from sensor.personas.search import Personas

FILE = """
[[persona]]
id = "anna"
email = "Anna.Example@example.com"
phone = "+44 20 7946 0123"
name = "Anna Example"
address = "12 Sample Road, 12345 Nowhere"
location = "52.520008, 13.404954"
ssid = "Annas WLAN"
mac = "02:00:5e:00:53:01"
account = "annas75"
password = "correct horse"
serial = "SN-2041-7788-AB"
string = ["blue elephant", "Grüße aus Köln"]
"""


def made(*, fast: bool = True, file: str = FILE) -> Personas:
    return parse(file, "people.toml", fast=fast)


def told(personas: Personas, data: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """(kind, encoding) of what is found in one object."""
    return [(personas.seeds[seed].kind, encoding) for seed, encoding in personas.find(data)]
