"""Types that packages share: side, endpoint, flow, secret, observation, device, finding, verdict."""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sensor.catalogue import Message, worded
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

if TYPE_CHECKING:
    from sensor.events import Event


class Side(enum.IntEnum):
    """An end of a flow: CLIENT opened it, SERVER was asked."""

    CLIENT = 0
    SERVER = 1

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Transport(enum.Enum):
    """What carries a flow. ``LINK`` is a frame without IP, ``IP`` a packet that is neither TCP nor UDP."""

    __hash__ = object.__hash__  # a member equals itself alone; that of `Enum` is a call of Python for each look-up

    TCP = "tcp"
    UDP = "udp"
    IP = "ip"
    LINK = "link"


class Protection(enum.Enum):
    """Whether a flow's application bytes could be read on the wire."""

    __hash__ = object.__hash__  # a member equals itself alone; that of `Enum` is a call of Python for each look-up

    ENCRYPTED = "encrypted"
    CLEARTEXT = "cleartext"
    UNKNOWN = "unknown"


TEXTS = 8192
"""Addresses whose text is remembered: what a busy home talks to in a day."""


@lru_cache(TEXTS)
def mac_text(mac: bytes) -> str | None:
    """``b"\\x02..."`` (6 bytes) as ``"02:…"``; None for an absent MAC."""
    return mac.hex(":") if mac else None


@lru_cache(TEXTS)
def address_text(address: bytes) -> str | None:
    """4 or 16 bytes as an IP address in text; None for an absent one."""
    if len(address) == 4:
        return ".".join(map(str, address))  # twice as fast as `ipaddress`: forged senders are many
    return str(ipaddress.ip_address(address)) if address else None


@lru_cache(TEXTS)
def address_bytes(text: str) -> bytes:
    """4 or 16 bytes of an IP address in text. ValueError for other text."""
    if text.count(".") == 3:
        try:
            packed = bytes(map(int, text.split(".")))
        except ValueError:
            packed = b""
        if address_text(packed) == text:  # else blanks, signs or leading zeros, which the library decides on
            return packed
    return ipaddress.ip_address(text).packed


def reverse_address(name: str) -> str | None:
    """The address that a reverse-mapping name stands for (RFC 1035 3.5, RFC 3596 2.5), None for another name."""
    labels = name.lower().rstrip(".").split(".")
    digits = labels[-3::-1]
    try:
        if labels[-2:] == ["in-addr", "arpa"] and len(digits) == 4:
            return str(ipaddress.IPv4Address(".".join(digits)))
        if labels[-2:] == ["ip6", "arpa"] and len(digits) == 32 and all(len(digit) == 1 for digit in digits):
            return str(ipaddress.IPv6Address(bytes.fromhex("".join(digits))))
    except ValueError:
        pass
    return None


UNKNOWN_ENDPOINT = "unknown"
"""The text of an end with neither address nor MAC."""

_ENDPOINT = expression(r"\[([0-9a-fA-F:.]+)\](?::([0-9]{1,5}))?|([0-9.]+):([0-9]{1,5})|([0-9a-fA-F:.]+)")
_MAC = expression(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a flow: ``address`` 4 or 16 bytes (b"" without IP), ``port`` or None, ``mac`` 6 bytes (b"" if
    unknown).

    Its text is ``192.0.2.1:80``, ``[2001:db8::1]:80``, a bare address without a port, a MAC without an address.
    """

    address: bytes
    port: int | None
    mac: bytes

    @classmethod
    def parse(cls, text: str | None) -> Endpoint | None:
        """The endpoint that a record names; None for text that is none. Of an address and its MAC a text has the
        address alone.
        """
        if text == UNKNOWN_ENDPOINT:
            return cls(b"", None, b"")
        found = _ENDPOINT.fullmatch(text or "")
        if found is None:
            return None
        if _MAC.fullmatch(found[0]):
            return cls(b"", None, bytes.fromhex(found[0].replace(":", "")))
        port = found[2] or found[4]
        try:
            address = ipaddress.ip_address(found[1] or found[3] or found[5]).packed
        except ValueError:
            return None
        return cls(address, int(port) if port else None, b"")

    @property
    def host(self) -> str:
        """The text without the port."""
        return (address_text(self.address) if self.address else mac_text(self.mac)) or UNKNOWN_ENDPOINT

    def __str__(self) -> str:
        host = self.host
        if not self.address or self.port is None:
            return host
        return f"[{host}]:{self.port}" if len(self.address) == 16 else f"{host}:{self.port}"


@dataclass(slots=True)
class Flow:
    """Both directions between two endpoints of one transport (RFC 7011, RFC 5103).

    Counters are pairs (client, server): ``packets``, ``bytes`` (IP packet lengths), ``payload`` (transport payload on
    the wire). Times are nanoseconds since 1970 UTC by the capture's clock.
    """

    uid: int
    transport: Transport
    client: Endpoint
    server: Endpoint
    first_time: int
    last_time: int
    first_frame: int
    packets: tuple[int, int] = (0, 0)
    bytes: tuple[int, int] = (0, 0)
    payload: tuple[int, int] = (0, 0)
    application: str | None = None
    """Name of the outermost protocol that was recognised; inner ones are in ``layers``."""
    layers: tuple[str, ...] = ()
    protection: Protection = Protection.UNKNOWN
    cleartext_bytes: int = 0
    """Payload that crossed before an upgrade to encryption (STARTTLS, CONNECT)."""
    server_name: str | None = None
    lost_bytes: int = 0
    lost_pieces: int = 0
    """Gaps in its streams: at least so many packets were lost to the capture."""
    reordered_segments: int = 0
    """TCP segments that the capture holds before the bytes which they acknowledge."""
    doubled_packets: int = 0
    """Packets with payload that came twice from the same side within a few milliseconds, as long as it was read."""

    def end(self, side: Side) -> Endpoint:
        """The endpoint on that side."""
        return self.client if side is Side.CLIENT else self.server

    def by_protection(self, total: int) -> tuple[int, int, int]:
        """Its ``total`` payload bytes by protection: clear, encrypted, unknown."""
        protection = self.protection
        if protection is Protection.CLEARTEXT:
            return total, 0, 0
        # Before an upgrade (STARTTLS, CONNECT) the conversation was readable.
        clear = min(self.cleartext_bytes, total)
        return (clear, total - clear, 0) if protection is Protection.ENCRYPTED else (clear, 0, total - clear)


def _encoded(text: str) -> bytes:
    """Text as it was on the wire; half of a surrogate pair, which JSON's escapes can make, as its escape."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


class Secret:
    """A secret's bytes in memory. It has no readable form: printing, logging or comparing it in a test shows its length
    class only.

    Only ``sensor.vault`` may call :meth:`expose` (a test holds this).
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes | str) -> None:
        self._value = _encoded(value) if isinstance(value, str) else bytes(value)

    def expose(self) -> bytes:
        """The bytes themselves, for masking, hashing and comparing in memory."""
        return self._value

    @property
    def length_class(self) -> str:
        """``"<8"``, ``"8-11"``, ``"12-15"`` or ``"16+"`` (characters where the bytes are UTF-8, else bytes)."""
        try:
            size = len(self._value.decode("utf-8"))
        except UnicodeDecodeError:
            size = len(self._value)
        return "<8" if size < 8 else "8-11" if size < 12 else "12-15" if size < 16 else "16+"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"Secret({self.length_class})"


@dataclass(frozen=True, slots=True)
class Observation:
    """An event with the flow, the time (ns) and the frames (1-based, in this capture) it was seen in, and the
    ``protocol`` that said it.
    """

    event: Event
    flow: Flow
    time: int
    frames: tuple[int, ...]
    protocol: str = "unknown"


class OnRepeat(enum.Enum):
    """How a listener takes an observation that equal bytes between equal ends bring again."""

    AGAIN = "again"
    """It must hear it again: the outcome depends on what it remembers, or on the time."""
    LATER = "later"
    """It must hear it again, but when, and in which order with others, changes nothing: it adds up."""
    FLOW = "flow"
    """It remembers it for the flow alone: it must hear it again where the flow is read on, before what is new."""
    SAME = "same"
    """Its findings are the same ones, and nothing else changes."""
    NOTHING = "nothing"
    """A repeat finds nothing and changes nothing."""


class Severity(enum.IntEnum):
    """How much a finding matters, mildest first."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


SEVERITIES = [severity.name.lower() for severity in reversed(Severity)]
"""As records have them, worst first."""


class Capability(enum.Enum):
    """The five baseline capabilities of consumer IoT (Consumer IoT Security Statement of Support, 2022)."""

    NO_DEFAULT_PASSWORDS = "no_default_passwords"
    VULNERABILITY_DISCLOSURE = "vulnerability_disclosure"
    SOFTWARE_UPDATES = "software_updates"
    SECURE_COMMUNICATION = "secure_communication"
    PERSONAL_DATA = "personal_data"


CAPABILITIES = [capability.value for capability in Capability]
"""As records have them, in the order of the statement."""


class Status(enum.Enum):
    """What is said of a provision or capability, worst first; the last five are for what traffic does not decide."""

    VIOLATED = "violated"
    CONCERN = "concern"
    RECOMMENDATION_MISSED = "recommendation_missed"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    SIGN_SEEN = "sign_seen"
    NO_VIOLATION_SEEN = "no_violation_seen"
    NONE_ON_RECORD = "none_on_record"
    PARTLY_ON_RECORD = "partly_on_record"
    ON_RECORD = "on_record"
    NOT_OBSERVABLE = "not_observable"
    NOT_APPLICABLE = "not_applicable"


STATUSES = [status.value for status in Status]
"""As records have them, worst first."""


class SensorState(enum.StrEnum):
    """What a live sensor sees of the network, the state that hides the most first (docs/output.md, ``sensor``)."""

    DOWN = "down"
    SILENT = "silent"
    OWN_ONLY = "own_only"
    LOSING = "losing"
    ONE_WAY = "one_way"
    ONE_STATION = "one_station"
    DUPLICATES = "duplicates"
    UNKNOWN = "unknown"
    STARTING = "starting"
    ENDED = "ended"
    OK = "ok"

    @property
    def rank(self) -> int:
        """Its place in that order, from 0."""
        return _SENSOR_STATE_RANKS[self]


_SENSOR_STATE_RANKS = {state: rank for rank, state in enumerate(SensorState)}

BLIND = frozenset({SensorState.DOWN, SensorState.SILENT, SensorState.OWN_ONLY})
"""States in which little or nothing of the home is seen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The packets a claim rests on: capture path as given, frames counted from 1 in it."""

    capture: str
    frames: tuple[int, ...]


@dataclass(slots=True)
class Finding:
    """A judged thing: a rule that fired, who answers for it, the packets. Repeats fold into ``count`` and
    ``last_time``.

    ``identity`` is what makes two of them the same finding; ``id`` in the records is a hash of rule, ends and identity.
    ``device`` and ``peer_device`` are device ids (None where that end is not local).
    """

    rule: str
    severity: Severity
    device: str | None
    peer_device: str | None
    role: str | None
    capability: Capability | None
    provisions: tuple[str, ...]
    client: Endpoint | None
    server: Endpoint | None
    protocol: str
    time: int
    last_time: int
    frames: tuple[int, ...]
    message: Message
    """What was found, in words once it is shown."""
    detail: dict[str, Any] = field(default_factory=dict)
    identity: tuple[object, ...] = ()
    has_secret: bool = False
    """The last item of ``identity`` is a secret's fingerprint."""
    remote: bool = False
    """The other end is outside the local network (EN 303 645 5.5-6 against 5.5-7)."""
    server_name: str | None = None
    """The name by which the client of the flow called its server, as far as it was known by then."""
    count: int = 1

    @property
    def summary(self) -> str:
        """What was found, in the language of records."""
        return worded("summary", *self.message)

    @property
    def advice(self) -> str:
        """What to do about it, in the language of records."""
        return worded("advice", *self.message)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is believed of a device in one respect: value, confidence 0..1, and the reasons (``field``, ``value``,
    ``signature``, frames).
    """

    value: str
    confidence: float
    because: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence for a claim: the field it was seen in, the value seen, the signature that read it, its
    frames.
    """

    field: str
    value: str
    signature: str
    frames: tuple[int, ...]
