"""Certificates refused and accepted: by the client's own data, its alerts and its leaving, and by nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from sensor.certificates import load, tolerant
from sensor.detectors import _certificates
from sensor.detectors._interceptors import interceptor_of, interceptors
from sensor.detectors._validation_words import validation_message
from sensor.detectors.validation import REFUSALS, Validation
from sensor.events import Handshake
from sensor.model import Finding, Severity, Side
from tests.detectors.certificates import NOW, STAMP, Authority, named
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

MAKER = Authority.make(CN="Maker Device CA", O="Maker")
OTHER = Authority.make(CN="Somebody Else")
MITM = Authority.make(CN="mitmproxy", O="mitmproxy")
PUBLIC = Authority.make(CN="Public Root")


@pytest.fixture(autouse=True)
def public_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One authority of ours plays a public root."""
    root = load(PUBLIC.der)
    assert root is not None
    monkeypatch.setattr(_certificates, "_roots", lambda: {root.subject.public_bytes(): (root,)})
    _certificates.judge_at_any_time.cache_clear()
    yield
    _certificates.judge_at_any_time.cache_clear()


def shown(chain: tuple[bytes, ...] = (), **more: Any) -> Handshake:
    """A whole handshake of TLS 1.2 in which the chain was shown."""
    return Handshake(
        **{
            "kind": "tls",
            "version": "TLS 1.2",
            "cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "offered_ciphers": ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
            "server_name": "cloud.example",
            "certificates": chain,
            **more,
        }
    )


def accepted(chain: tuple[bytes, ...], **more: Any) -> Handshake:
    return shown(chain, **{"established": True, "client_data": True, **more})


def refused(chain: tuple[bytes, ...], alert: str = "unknown_ca", **more: Any) -> Handshake:
    return shown(chain, **{"established": False, "alert": alert, "alert_side": Side.CLIENT, **more})


def left(chain: tuple[bytes, ...], **more: Any) -> Handshake:
    return shown(chain, client_data=False, **more)


def findings(
    *events: Handshake, server: bytes = CLOUD, lab: str | None = None, time: int = STAMP, application: str = "tls"
) -> list[Finding]:
    world = World()
    world.interception_ca = lab
    detector = Validation(world)
    for number, event in enumerate(events):
        made = flow(CAMERA, server, 443, application)
        assert list(detector.observe(seen(event, made, time=time + number, frames=(10 + number,)))) == []
    first = list(detector.finish())
    assert [one.detail for one in first] == [one.detail for one in detector.finish()], "finish changes no state"
    return first


def only(*events: Handshake, **more: Any) -> Finding:
    (found,) = findings(*events, **more)
    assert found.rule == "tls.validation" and found.role == "client" and found.device == "c0.a8.01.05"
    return found


@pytest.mark.parametrize("alert", sorted(REFUSALS))
def test_the_alerts_of_certificates_are_refusals(alert: str) -> None:
    found = only(*(refused(MITM.chain(), alert) for _ in range(12)))
    assert found.severity is Severity.INFO and found.detail["outcome"] == "refused"
    assert (found.detail["refused"], found.detail["accepted"], found.detail["alerts"]) == (12, 0, [alert])
    assert "12 of 12" in found.summary and found.detail["went_on"] is False and found.count == 12


def test_leaving_a_chain_that_does_not_check_out_is_a_refusal() -> None:
    found = only(left(MITM.chain()), left(MITM.chain()))
    assert (found.detail["outcome"], found.detail["refused"], found.detail["alerts"]) == ("refused", 2, [])
    expired = PUBLIC.chain(begins=NOW - timedelta(days=100))
    assert only(left(expired)).detail["refused"] == 1


def test_leaving_a_sound_chain_says_nothing() -> None:
    assert findings(left(PUBLIC.chain()), left(PUBLIC.chain())) == []
    assert findings(left(OTHER.chain(published=True))) == [], "an old public root may be behind it"


def test_a_session_that_is_taken_up_again_was_not_refused() -> None:
    resumed = shown((), established=True, client_data=True)
    assert findings(left(MAKER.chain()), resumed) == []
    assert only(refused(MAKER.chain()), resumed).detail["refused"] == 1


def test_an_interceptors_chain_that_was_accepted() -> None:
    found = only(accepted(MITM.chain()), accepted(MITM.chain()))
    assert found.severity is Severity.HIGH and found.detail["why"] == ["interceptor", "private_issuer"]
    assert (found.detail["interceptor"], found.detail["went_on"], found.detail["accepted"]) == ("mitmproxy", True, 2)
    assert found.frames == (10, 11) and found.count == 2 and "mitmproxy" in found.summary
    assert only(accepted(MITM.chain(whole=False))).severity is Severity.HIGH


def test_a_public_chain_is_no_interceptors_whatever_its_names() -> None:
    assert findings(accepted(PUBLIC.chain("mitmproxy"), server_name="mitmproxy")) == []


def test_the_laboratorys_own_interceptor() -> None:
    digest = hashlib.sha256(OTHER.der).hexdigest()
    for lab in ("Somebody Else", "CN=Somebody Else", "somebody else", digest):
        found = only(accepted(OTHER.chain()), lab=lab)
        assert found.severity is Severity.HIGH and found.detail["why"][0] == "lab_ca", lab
    assert only(accepted(OTHER.chain()), lab="Somebody").severity is Severity.INFO


def test_a_private_authority_alone_proves_nothing() -> None:
    found = only(accepted(MAKER.chain()))
    assert found.severity is Severity.INFO and found.detail["why"] == ["private_issuer"]
    assert found.detail["went_on"] is None and found.advice == "Nothing to do."
    assert findings(accepted(PUBLIC.chain())) == []


def test_two_unrelated_issuers_of_one_name() -> None:
    found = only(accepted(PUBLIC.chain()), accepted(OTHER.chain()))
    assert found.severity is Severity.HIGH and found.detail["why"] == ["unrelated_issuers", "private_issuer"]
    assert found.detail["value"] == "CN=Somebody Else"
    two_private = only(accepted(MAKER.chain()), accepted(OTHER.chain()))
    assert two_private.severity is Severity.INFO, "neither is public: a maker may have two"
    assert findings(accepted(PUBLIC.chain()), accepted(OTHER.chain(published=True))) == []
    apart = findings(accepted(PUBLIC.chain()), accepted(OTHER.chain("b.example"), server_name="b.example"))
    assert [one.severity for one in apart] == [Severity.INFO]
    refusing = only(accepted(PUBLIC.chain()), refused(OTHER.chain()))
    assert refusing.severity is Severity.INFO and refusing.detail["outcome"] == "refused"


@pytest.mark.parametrize(
    ("begins", "reason"), [(NOW - timedelta(days=100), "expired"), (NOW + timedelta(days=1), "not_yet_valid")]
)
def test_chains_out_of_their_time(begins: Any, reason: str) -> None:
    for authority in (PUBLIC, MAKER):
        found = only(accepted(authority.chain(begins=begins)))
        assert found.severity is Severity.HIGH and found.detail["why"][0] == reason
    assert only(refused(PUBLIC.chain(begins=begins))).detail["outcome"] == "refused"


def test_a_capture_without_a_clock_accuses_nobody() -> None:
    early = PUBLIC.chain(begins=NOW + timedelta(days=1))
    assert findings(accepted(early), time=1000) == [], "1970"
    second = PUBLIC.chain("b.example", begins=NOW + timedelta(days=2))
    assert findings(accepted(early), accepted(second, server_name="b.example")) == [], "all public chains are early"
    sound = accepted(PUBLIC.chain("c.example"), server_name="c.example")
    assert len(findings(accepted(early), accepted(second, server_name="b.example"), sound)) == 2


def test_a_wrong_name() -> None:
    found = only(accepted(PUBLIC.chain("other.example")))
    assert found.severity is Severity.HIGH and found.detail["why"] == ["name_mismatch"]
    private = only(accepted(MAKER.chain("other.example")))
    assert private.severity is Severity.INFO, "a pinned certificate needs no name"
    assert findings(accepted(PUBLIC.chain("other.example"), server_name=None)) == []


def test_a_client_that_stops_checking() -> None:
    found = only(*(refused(MITM.chain()) for _ in range(5)), accepted(MITM.chain()))
    assert found.severity is Severity.HIGH and found.detail["stopped_checking"] is True
    assert (found.detail["refused"], found.detail["accepted"]) == (5, 1) and "refused" in found.summary
    assert "5 times" in found.summary
    private = only(refused(MAKER.chain()), accepted(MAKER.chain()))
    assert private.severity is Severity.MEDIUM and private.detail["stopped_checking"] is True
    speculative = only(left(MITM.chain()), accepted(MITM.chain()))
    assert speculative.detail["stopped_checking"] is False, "one connection that was not used is no refusal"
    later = only(accepted(MAKER.chain()), refused(MAKER.chain()))
    assert later.severity is Severity.INFO and later.detail["stopped_checking"] is False
    assert "not all of its programs" in later.summary


def hidden(**more: Any) -> Handshake:
    return shown((), version="TLS 1.3", cipher="TLS_AES_128_GCM_SHA256", **more)


def test_tls_1_3_hides_the_certificate() -> None:
    assert findings(hidden(established=True, client_data=True)) == []
    assert findings(hidden(client_data=False)) == [], "why it left is hidden"
    readable = only(hidden(established=False, alert="unknown_ca", alert_side=Side.CLIENT))
    assert (readable.detail["outcome"], readable.detail["hidden"], readable.detail["refused"]) == ("refused", 1, 1)
    unreadable = only(*[hidden(established=False, alert="encrypted", alert_side=Side.CLIENT)] * 3)
    assert unreadable.detail["refused"] == 3 and "hidden" in unreadable.summary
    assert findings(hidden(established=False, alert="encrypted", alert_side=Side.SERVER)) == []


def test_what_the_server_says_is_no_refusal() -> None:
    assert findings(refused(MITM.chain(), alert_side=Side.SERVER)) == [], "it refuses the client's certificate"
    assert findings(shown(MITM.chain(), established=True, client_data=None)) == [], "the server's data"
    assert findings(shown(MITM.chain())) == [], "the capture was cut"


def test_half_a_handshake_says_nothing() -> None:
    assert findings(accepted(MITM.chain(), offered_ciphers=())) == [], "the client's hello is missing"
    assert findings(accepted(MITM.chain(), version=None)) == [], "the server's hello is missing"


def test_the_tls_client_may_be_the_one_that_was_called() -> None:
    world = World()
    detector = Validation(world)
    made = flow(CLOUD, CAMERA, 20, "ftp-data")
    list(detector.observe(seen(accepted(MITM.chain(), client_side=Side.SERVER), made, time=STAMP)))
    (found,) = detector.finish()
    assert found.device == "c0.a8.01.05" and found.role == "client" and found.remote


def test_a_device_at_home_has_no_public_certificate() -> None:
    expired = MAKER.chain(begins=NOW - timedelta(days=100))
    assert findings(accepted(expired, server_name=None), server=LAPTOP) == []
    assert findings(accepted(expired, server_name="hub.local")) == []
    assert only(accepted(MITM.chain()), server=LAPTOP).severity is Severity.HIGH, "an interceptor in the home"
    assert only(refused(MAKER.chain()), server=LAPTOP).detail["outcome"] == "refused"


def test_a_carrier_of_others_handshakes_is_not_the_client() -> None:
    assert findings(accepted(MITM.chain()), application="radius") == []


def test_ssh_and_damage_are_left_alone() -> None:
    assert findings(accepted(MITM.chain(), kind="ssh")) == []
    assert findings(accepted((b"\x30\x03\x02\x01\x01",))) == []


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.validation.MAX_SERVERS", 3)
    names = [f"h{number}.example" for number in range(9)]
    assert len(findings(*(accepted(MITM.chain(), server_name=name) for name in names))) == 3


def test_a_country_of_eleven_letters() -> None:
    """Burp's own name breaks X.520 (6.3.1: two letters) and is read all the same."""
    with tolerant():
        country = x509.NameAttribute(NameOID.COUNTRY_NAME, "PortSwigger", _validate=False)
        name = x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, "PortSwigger CA")])
    found = only(accepted(Authority.of(name).chain()))
    assert found.detail["interceptor"] == "Burp Suite (PortSwigger)"


@pytest.mark.parametrize("row", interceptors(), ids=lambda row: row.product)
def test_each_interceptor_knows_its_issuer(row: Any) -> None:
    assert row.source and row.examples and row.silent
    for text, wanted in [*((one, True) for one in row.examples), *((one, False) for one in row.silent)]:
        assert row.issued(x509.Name.from_rfc4514_string(text)) is wanted, text
        assert not any(other.issued(x509.Name.from_rfc4514_string(text)) for other in interceptors() if other != row)
    assert not row.issued(named(CN="DigiCert Global G2 TLS RSA SHA256 2020 CA1", O="DigiCert Inc"))


def test_one_alert_before_it_accepts_is_enough_whatever_came_between() -> None:
    """It checked once; connections that it merely left do not take that back."""
    chain = OTHER.chain()
    for events in ((refused(chain), left(chain)), (left(chain), refused(chain)), (left(chain), left(chain))):
        (found,) = findings(*events, accepted(chain))
        assert found.detail["stopped_checking"] is True, events
    (found,) = findings(accepted(chain), refused(chain), left(chain))
    assert found.detail["stopped_checking"] is False


def test_a_sound_chain_may_be_refused() -> None:
    """A client that pins another one says so; that it merely leaves a sound chain proves nothing."""
    found = only(refused(PUBLIC.chain(), "certificate_unknown"))
    assert (found.detail["outcome"], found.detail["refused"], found.detail["why"]) == ("refused", 1, [])


def test_other_alerts_and_other_ends_are_no_refusal_of_a_sound_chain() -> None:
    for more in ({"alert": "handshake_failure"}, {"alert_side": Side.SERVER}, {"established": None}):
        assert findings(refused(PUBLIC.chain(), **more)) == []
    # Of a chain that does not check out a client left, whatever its alert says; the server that left is nobody's check.
    found = only(refused(MITM.chain(), "handshake_failure"))
    assert (found.detail["refused"], found.detail["alerts"]) == (1, ["handshake_failure"])
    assert findings(refused(MITM.chain(), "handshake_failure", alert_side=Side.SERVER)) == []


def test_refusals_of_one_name_are_counted_over_all_its_issuers() -> None:
    events = [refused(MAKER.chain()), refused(OTHER.chain(), "bad_certificate"), refused(OTHER.chain())]
    found = only(*events)
    assert (found.detail["refused"], found.detail["accepted"], found.detail["handshakes"]) == (3, 0, 3)
    assert found.detail["value"] == "CN=Somebody Else", "the one that was refused most"
    assert found.detail["alerts"] == ["unknown_ca", "bad_certificate"] and found.frames == (10, 11, 12)
    assert found.count == 3 and found.detail["stopped_checking"] is False and found.detail["went_on"] is False


def test_an_acceptance_is_counted_for_its_own_issuer_alone() -> None:
    found = only(refused(MAKER.chain()), refused(MAKER.chain()), accepted(MITM.chain()))
    assert (found.detail["outcome"], found.detail["refused"], found.detail["accepted"]) == ("accepted", 0, 1)
    assert (found.detail["stopped_checking"], found.frames, found.count) == (False, (12,), 1)
    assert found.last_time == STAMP + 2 and found.detail["handshakes"] == 3


def test_of_what_tls_1_3_hides_each_end_is_counted_by_itself() -> None:
    sent, gone = hidden(established=True, client_data=True), hidden(client_data=False)
    found = only(*(sent, sent), gone, hidden(established=False, alert="encrypted", alert_side=Side.CLIENT))
    assert (found.detail["hidden"], found.detail["left"], found.detail["refused"]) == (4, 1, 1)
    assert (found.detail["alerts"], found.frames, found.detail["handshakes"]) == (["encrypted"], (13,), 4)
    quic = hidden(kind="quic", established=False, alert="unknown_ca", alert_side=Side.CLIENT)
    for version in ("QUIC 1", "TLS 1.3"):
        assert only(replace(quic, version=version)).detail["hidden"] == 1
    for more in ({"alert": "close_notify"}, {"alert": None}, {"established": True}, {"alert_side": Side.SERVER}):
        assert findings(hidden(**{"established": False, "alert": "encrypted", "alert_side": Side.CLIENT, **more})) == []


def test_a_handshake_that_failed_took_up_no_session() -> None:
    """Only a session that goes on shows that the client had kept it (RFC 5246 7.3)."""
    broken, resumed = shown((), established=False), shown((), established=True)
    assert only(left(MITM.chain()), broken).detail["refused"] == 1
    assert findings(left(MITM.chain()), resumed) == []
    one = only(left(MITM.chain()), refused(MITM.chain()), resumed)
    assert one.detail["refused"] == 1, "the one that it left was taken up again"


def test_a_public_chain_under_another_name_is_no_measure_for_an_issuer() -> None:
    found = only(accepted(PUBLIC.chain("other.example")), accepted(OTHER.chain()))
    assert found.detail["why"] == ["name_mismatch"] and found.detail["value"] == "CN=Public Root"


def test_a_chain_to_a_public_root_is_nobodys_interceptor() -> None:
    """The laboratory may name an authority that its devices know; what checks out everywhere shows no fault."""
    assert findings(accepted(PUBLIC.chain()), lab="Public Root") == []
    with pytest.MonkeyPatch.context() as patched:
        root = load(MITM.der)
        assert root is not None
        patched.setattr(_certificates, "_roots", lambda: {root.subject.public_bytes(): (root,)})
        _certificates.judge_at_any_time.cache_clear()
        assert findings(accepted(MITM.chain())) == []


def test_a_clock_is_set_from_the_year_2000_on() -> None:
    """2000-02-01 00:00:00 UTC is 949,363,200 s after 1970."""
    early = accepted(PUBLIC.chain())
    assert findings(early, time=949_363_200 * 10**9 - 1) == []
    assert only(early, time=949_363_200 * 10**9).detail["why"] == ["not_yet_valid"]
    # A clock that was never set makes chains early, and nothing late.
    late = PUBLIC.chain(begins=NOW - timedelta(days=365 * 60), days=90)
    assert only(accepted(late), time=1000).detail["why"] == ["expired"]


def test_an_unset_clock_counts_for_the_whole_run() -> None:
    world = World()
    detector = Validation(world)
    for time in (1000, STAMP):
        event = accepted(PUBLIC.chain(begins=NOW + timedelta(days=1)))
        list(detector.observe(seen(event, flow(CAMERA, CLOUD, 443, "tls"), time=time)))
    assert list(detector.finish()) == []


def test_private_chains_say_nothing_of_the_clock() -> None:
    """Anybody may date their own certificates; only public ones are dated by a clock that runs."""
    private = [accepted(MAKER.chain(f"{n}.example", begins=NOW + timedelta(days=1)), server_name=f"{n}.example")
               for n in "ab"]  # fmt: skip
    assert [one.detail["why"][0] for one in findings(*private)] == ["not_yet_valid"] * 2
    with_public = accepted(PUBLIC.chain("c.example", begins=NOW + timedelta(days=1)), server_name="c.example")
    assert len(findings(*private, with_public)) == 3, "one public chain alone is no clock"


def test_one_name_is_one_server_however_it_is_written() -> None:
    found = only(accepted(MITM.chain()), accepted(MITM.chain(), server_name="Cloud.Example."))
    assert (found.detail["accepted"], found.detail["server_name"]) == (2, "cloud.example")
    two = findings(accepted(MITM.chain()), accepted(MITM.chain("b.example"), server_name="b.example"))
    assert len({one.identity for one in two}) == 2
    long = "a" * 300
    assert only(accepted(MITM.chain(), server_name=long)).detail["server_name"] == "a" * 255


def test_a_server_without_a_name_is_known_by_its_address() -> None:
    found = only(accepted(MITM.chain(), server_name=None))
    assert found.detail["server_name"].startswith("203.0.113.7")


def test_what_talks_to_itself_or_comes_from_outside_is_nobodys_check() -> None:
    for client, server in ((CAMERA, CAMERA), (CLOUD, LAPTOP)):
        detector = Validation(World())
        list(detector.observe(seen(accepted(MITM.chain()), flow(client, server, 443, "tls"), time=STAMP)))
        assert list(detector.finish()) == [], (client, server)


@pytest.mark.parametrize("name", ["hub.lan", "a.home", "x.internal", "y.localdomain", "z.home.arpa", "q.fritz.box"])
def test_names_that_no_public_authority_certifies(name: str) -> None:
    """RFC 6762, RFC 8375 and customary names; the same word at another place is a name like any other."""
    early = MAKER.chain(begins=NOW - timedelta(days=100))
    assert findings(accepted(early, server_name=name)) == []
    assert only(accepted(early, server_name=name + ".example")).severity is Severity.HIGH
    assert only(accepted(early, server_name=name.replace(".", "-"))).severity is Severity.HIGH


def test_issuers_alerts_and_frames_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.validation.MAX_CHAINS", 2)
    monkeypatch.setattr("sensor.detectors.validation.MAX_LISTED", 2)
    monkeypatch.setattr("sensor.detectors.validation.FRAMES", 3)
    found = only(*(refused(one.chain(), alert) for one in (MAKER, OTHER, MITM) for alert in sorted(REFUSALS)[:3]))
    assert (found.detail["handshakes"], found.detail["refused"], len(found.detail["alerts"])) == (9, 6, 2)
    assert found.frames == (10, 11, 12, 13, 14, 15), "three of each issuer that is compared"


@pytest.mark.parametrize(
    ("detail", "message", "parameters"),
    [
        ({"outcome": "refused", "refused": 2}, "refused", {"refused": 2, "seen": 3}),
        ({"outcome": "refused", "refused": 2, "hidden": 4, "value": None}, "refused.hidden", {"handshakes": 5}),
        ({"outcome": "refused", "refused": 2, "hidden": 4}, "refused", {"seen": 3}),
        ({"outcome": "refused", "refused": 2, "value": None}, "refused", {"seen": 3}),
        ({"why": ["interceptor", "expired"]}, "intercepted", {"interceptor": "mitmproxy"}),
        ({"why": ["lab_ca"]}, "intercepted", {"interceptor": None}),
        *(({"why": [why, "private_issuer"]}, "unchecked", {"why": why})
          for why in ("unrelated_issuers", "expired", "not_yet_valid", "name_mismatch")),
        ({"why": ["private_issuer"]}, "private", {"refused": 0}),
        ({"why": []}, "private", {}),
        ({"refused": 3}, "private.mixed", {"accepted": 1, "refused": 3}),
        ({"refused": 3, "stopped_checking": True}, "private", {"stopped": True}),
    ],
)  # fmt: skip
def test_what_is_said(detail: dict[str, Any], message: str, parameters: dict[str, Any]) -> None:
    whole = {
        "server_name": "cloud.example", "why": [], "refused": 0, "accepted": 1, "stopped_checking": False, "hidden": 0,
        "outcome": "accepted", "value": "CN=x", "handshakes": 5, "interceptor": "mitmproxy", **detail,
    }  # fmt: skip
    found = validation_message(whole)
    assert found.id == f"tls.validation.{message}" and found.parameters["name"] == "cloud.example"
    assert parameters.items() <= found.parameters.items()


def test_one_name_of_a_chain_is_enough_for_an_interceptor() -> None:
    """An issuer may have several common names, and a chain other issuers beside the interceptor's."""
    mitm = named(CN="mitmproxy", O="mitmproxy")
    twice = x509.Name([*mitm, x509.NameAttribute(NameOID.COMMON_NAME, "a second name")])
    assert interceptor_of([named(CN="Somebody"), mitm]) is not None and interceptor_of([twice]) is not None
    assert interceptor_of([named(CN="Somebody")]) is None and interceptor_of([]) is None


def test_what_else_is_wrong_with_an_accepted_chain_is_added_up() -> None:
    """One chain out of its time and one in time, of one issuer under one name."""
    chains = (PUBLIC.chain(begins=NOW - timedelta(days=100)), PUBLIC.chain())
    for first, second in (chains, chains[::-1]):
        assert only(accepted(first), accepted(second)).detail["why"] == ["expired"]
    resumed = only(refused(MAKER.chain()), left(OTHER.chain()), shown((), established=True))
    assert (resumed.detail["value"], resumed.detail["refused"]) == ("O=Maker,CN=Maker Device CA", 1)


def test_a_published_chain_without_a_root_of_today_dates_the_capture() -> None:
    early = [
        accepted(OTHER.chain(f"{n}.example", begins=NOW + timedelta(days=1), published=True),
                 server_name=f"{n}.example") for n in "ab"
    ]  # fmt: skip
    assert [one.detail["why"] for one in findings(*early)] == []
    (one,) = findings(early[0])
    assert one.detail["why"] == ["not_yet_valid"]
