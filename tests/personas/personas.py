"""An invented persona: addresses of RFC 2606, a telephone number that Ofcom reserves for drama."""

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


def personas(*, fast: bool = True, file: str = FILE) -> Personas:
    return parse(file, "people.toml", fast=fast)


def matches(searched: Personas, data: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """(kind, encoding) of each value found in one object."""
    return [(searched.seeds[seed].kind, encoding) for seed, encoding in searched.find(data)]
