"""Events: what parsers read on the wire, and what they ask the flow to do. A closed set.

An event knows no time, no flow and no device; the pipeline adds those and makes an ``Observation`` of it. The set is
small and closed: a new protocol is a new file in ``protocols/``, a new kind of event is a change of design.

Evidence: an event rests on the message in which it was yielded. A parser whose event rests on several messages (USER,
PASS, 230) keeps ``self.here()`` of each and hands them over in ``spans``.
"""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from sensor.light_dataclass import dataclass
from sensor.model import Flow, Secret, Side


class Span(NamedTuple):
    """Bytes ``start`` to ``end`` of one side of a conversation (for datagrams: the datagram's number and the one
    after).
    """

    side: Side
    start: int
    end: int


MODERN_VERSIONS = frozenset({"TLS 1.2", "TLS 1.3", "DTLS 1.2", "DTLS 1.3"})

AUTHENTICATED = ("_GCM_", "_CCM", "CHACHA20_POLY1305")
"""Parts of the names of suites with authenticated encryption (RFC 5116; RFC 9325 4.2 advises these)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was on the wire. ``spans`` empty means: the message it was yielded in."""

    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Event):
    """A credential that crossed, once, when its answer is known (or the conversation ends without one).

    ``mechanism``: ``password`` ``token`` ``cookie`` ``community`` ``key``. ``clear``: the secret itself could be read;
    otherwise ``secret`` is what a cracking tool would take (documented by each parser). ``scheme``: the exact way,
    lower case (``basic``, ``digest-md5``, ``cram-md5``, ``ntlmv2``, ``user/pass`` …). ``name``: cookie, header or
    parameter. ``accepted``/``basis``: only when the protocol itself says so after this login ("230 after PASS").
    HTTP-like protocols leave ``accepted`` None and give ``status`` (answer's code) and ``resource`` (URL without
    query): the detector judges by contrast with `Access`. ``verifier``: the end that checks the login. ``served``:
    nobody logged in with it; the ``verifier`` shows the secret in an answer. ``operation``: at ``resource``, where a
    message names one (SOAP): some are for everybody, others are not.
    """

    mechanism: str
    username: str | None
    secret: Secret | None
    scheme: str
    clear: bool = True
    name: str | None = None
    accepted: bool | None = None
    basis: str | None = None
    status: int | None = None
    resource: str | None = None
    verifier: Side = Side.SERVER
    served: bool = False
    operation: str | None = None
    action: str | None = field(default=None, compare=False)
    """What the request with it asked for, as in `Access` (``GET``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(Event):
    """A service was used without a login, or refused one: ``resource`` (URL, topic, port mapping), ``action`` (``GET``,
    ``connect``, ``write`` …).

    ``granted``: True/False by the protocol's own answer, None unknown. ``control``: it changes state or gives control
    (not just reading). ``status``: numeric answer where there is one (HTTP 401 without a login is what `Login` is
    contrasted with). ``username``: the name that alone opened it, without a secret. ``operation``: as in `Login`.
    """

    resource: str
    action: str
    granted: bool | None
    control: bool = False
    status: int | None = None
    username: str | None = None
    operation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Event):
    """One end tells something of itself: ``field`` such as ``dhcp.hostname``, ``http.server``, ``mdns.txt``; ``value``
    as text; ``side`` is the teller.

    Field names are ``<protocol>.<what>``, lower case, and are the file names in ``signatures/devices/``.
    ``addresses``: those of the host that it is about, as text, where the message itself names them. A sender with none
    of them repeats another's words.
    """

    field: str
    value: str
    side: Side
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Event):
    """A name was asked for or answered. ``kind``: A, AAAA, PTR …; ``answers``: text forms; ``answered``: a response;
    ``source``: dns, mdns, llmnr, nbns.

    ``code``: response code name (``NOERROR``, ``NXDOMAIN`` …) or None in a question.
    """

    name: str
    kind: str
    answers: tuple[str, ...] = ()
    answered: bool = False
    code: str | None = None
    source: str = "dns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding(Event):
    """Somebody says that ``address`` (text) belongs to ``mac`` (``aa:bb:…``): ARP, NDP or a DHCP lease (``via``);
    ``seconds`` the lease's length; ``side``: who says it, where it speaks for itself (ARP).
    """

    mac: str
    address: str
    via: str
    seconds: int | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Event):
    """A router tells which addresses are on this link: ``prefix`` in CIDR (router advertisement, DHCP mask); ``router``
    the teller's address or None.
    """

    prefix: str
    router: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake(Event):
    """A secure channel was negotiated, told once, as soon as all that stays visible was seen (or the conversation
    ended).

    ``kind``: ``tls`` ``dtls`` ``quic`` ``ssh``. ``version`` such as ``TLS 1.2`` (None: no ServerHello seen); ``cipher``
    the IANA suite name; ``certificates`` DER, leaf first. ``key`` and ``key_bits``: what the two made for this
    connection alone, as far as it is readable (up to TLS 1.2): ``DH``, ``RSA`` or a curve's name, and its size.
    ``established``: True when protected application data followed, False when refused (``alert`` names why), None
    unknown. ``client_data``: True when the client itself sent protected application data, so it accepted what the
    server showed; False when it left without any; None where that could not be seen. ``client_side``: the end that
    plays the client, which the flow's server may do (FTP's active mode); ``alert_side``: the end that sent ``alert``.
    ``host_key``: of SSH the server's public key, as it is on the wire.
    """

    kind: str
    version: str | None
    cipher: str | None = None
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    selected_alpn: str | None = None
    offered_versions: tuple[str, ...] = ()
    offered_ciphers: tuple[str, ...] = ()
    ja3: str | None = None
    ja3s: str | None = None
    ja4: str | None = None
    certificates: tuple[bytes, ...] = ()
    key: str | None = None
    key_bits: int | None = None
    established: bool | None = None
    client_data: bool | None = None
    alert: str | None = None
    alert_side: Side | None = None
    client_side: Side = Side.CLIENT
    host_key: bytes | None = None

    @property
    def modern(self) -> bool:
        """Whether TLS 1.2 or newer with authenticated encryption was negotiated (RFC 9325 3.1.1, 4.2)."""
        if self.kind == "quic":
            return True  # RFC 9001 5.3: authenticated encryption of TLS 1.3 alone
        return self.version in MODERN_VERSIONS and any(part in (self.cipher or "") for part in AUTHENTICATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerName(Event):
    """The client's own request names the server that it goes to (HTTP's Host): ``name`` as sent, without a port.

    Not from a request to a proxy, which names another server.
    """

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Event):
    """An object of application data crossed readable: a body, a file, a published message, a mail.

    ``side`` sent it; ``application`` an IANA service name; ``name`` path, topic or file name; ``media_type`` as
    declared; ``size`` bytes of it on the wire; ``data`` the decoded beginning, at most ``DATA_LIMIT`` bytes;
    ``control`` for commands to a device (SOAP action, RPC).
    """

    side: Side
    application: str
    name: str | None = None
    media_type: str | None = None
    size: int = 0
    data: bytes = field(default=b"", repr=False)
    control: bool = False
    complete: bool = True


DATA_LIMIT = 256 * 1024
"""Bytes of one object that are kept for recognition and search: magic, structure and forms stand in the first quarter
of a megabyte.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content(Event):
    """Readable bytes that are no object of their own but may hold personal data: ``name`` such as ``url``, ``header``,
    ``payload``.
    """

    side: Side
    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weird(Event):
    """Traffic off its protocol (Zeek's word): ``name`` from a small set, ``detail`` for a person; never a secret."""

    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From the next byte of both sides on, this stream is ``protocol`` (STARTTLS, CONNECT, WebSocket); None: find out
    by content. ``hint`` is handed to its parser: what it takes over of the protocol before.
    """

    protocol: str | None
    hint: object = None


@dataclass(frozen=True, slots=True)
class Inner:
    """``data`` of ``side`` inside this message is ``protocol`` (NTLMSSP, SASL, SOAP, MQTT in WebSocket). One inner
    parser lives per ``channel``.

    Its events come back through the outer parser's ``from_inner``, which may hold or change them (to add the answer's
    code).
    """

    data: bytes = field(repr=False)
    protocol: str
    side: Side
    channel: int = 0


@dataclass(frozen=True, slots=True)
class Expect:
    """A flow to ``port`` on the host of ``side`` is announced and is ``protocol`` (FTP data, SDP to RTP, TFTP's new
    port).

    ``port`` 0: the port that the side uses in this flow too, which a parser does not know (RFC 1350 4: the answer comes
    to it from another one); the side stays client or server there, whoever sends first. ``address`` overrides the host
    (text, where the message names one). ``hint`` is handed to the new flow's parser.
    """

    protocol: str
    port: int
    side: Side
    udp: bool = False
    address: str | None = None
    hint: object = None


@dataclass(frozen=True, slots=True)
class Skip:
    """The next ``length`` bytes of ``side`` (from the end of the current message) are of no interest: count them, do
    not bring them.
    """

    side: Side
    length: int


@dataclass(frozen=True, slots=True)
class Enough:
    """Nothing more of this flow is of interest: it is only counted from now on."""


Directive = Upgrade | Inner | Expect | Skip | Enough


def is_about_another(event: Event, flow: Flow) -> bool:
    """Whether the message of an attribute names the addresses of its subject, and none is the sender's."""
    return isinstance(event, Attribute) and bool(event.addresses) and flow.end(event.side).host not in event.addresses
