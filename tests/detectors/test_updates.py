"""Update checks, images, manifests and components, and look-alikes that are none."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from sensor.detectors import updates as module
from sensor.detectors._chains import JudgedChain
from sensor.detectors._update_hosts import MAX_LABELS, update_hosts
from sensor.detectors._update_hosts import parse as parse_hosts
from sensor.detectors._update_signs import has_signature, image_of, images, is_manifest, update_patterns
from sensor.detectors.updates import Updates
from sensor.events import Attribute, Content, Event, Handshake, Lookup, Transfer
from sensor.model import Capability, Finding, Flow, OnRepeat, Severity, Side
from tests.detectors.test_channels import certificate
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen
from tests.devices.seen import TABLES

UIMAGE = bytes.fromhex("27051956") + bytes(60)
OUT = flow(CAMERA, CLOUD)
MINUTE = 60 * 1_000_000_000


def table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("signatures").joinpath(name).read_text("utf-8"))


def judge(*events: Event, of: Flow = OUT) -> list[Finding]:
    detector = Updates(World())
    found = [found for event in events for found in detector.observe(seen(event, of))]
    return [*detector.finish(), *found]


def url(text: str) -> Content:
    return Content(side=Side.CLIENT, name="url", data=text.encode())


def fetched(data: bytes, name: str = "/x", **more: Any) -> Transfer:
    return Transfer(
        **{"side": Side.SERVER, "application": "http", "name": name, "data": data, "size": len(data), **more}
    )


@pytest.mark.parametrize("kind", ["host", "path", "file", "agent"])
def test_the_examples_of_the_table(kind: str) -> None:
    row = table("updates.toml")[kind]
    for example in row["examples"]:
        assert update_patterns()[kind].search(example), example
    for lure in row["not"]:
        assert not update_patterns()[kind].search(lure), lure


def test_each_image_has_a_source_and_is_known_by_its_beginning() -> None:
    for row in table("updates.toml")["image"]:
        assert row["source"]
        data = bytes(row.get("offset", 0)) + bytes.fromhex(row["bytes"]) + bytes(64)
        found = image_of(data)
        assert found is not None and found.name == row["name"]
    assert len(images()) == len(table("updates.toml")["image"])


# Checks.


@pytest.mark.parametrize(
    ("event", "how"),
    [
        (url("http://fw.thermo.example/latest.json"), "request"),
        (url("http://cdn.example/thermo/firmware/version.txt?id=1"), "request"),
        (Handshake(kind="tls", version="TLS 1.2", server_name="ota.plugs.example"), "tls"),
        (Lookup(name="fw-update2.smartthings.com", kind="A"), "dns"),
    ],
)
def test_a_check_is_information(event: Event, how: str) -> None:
    (found,) = judge(event)
    assert (found.rule, found.severity, found.device, found.role) == (
        "update.check",
        Severity.INFO,
        "c0.a8.01.05",
        "client",
    )
    assert found.detail["how"] == how and found.provisions == ()


@pytest.mark.parametrize(
    "event",
    [
        url("http://www.news.example/2024/software.html"),
        url("http://gdl.news.example/creatives/2lOTA7.mp4"),
        # A query tells the version that runs; that something newer is asked for it does not.
        url("http://api.plugs.example/v1/ping?fw=1.4"),
        url("http://api.plugs.example/v1/ping?event=firmware"),
        Handshake(kind="tls", version="TLS 1.2", server_name="rota.example"),
        Lookup(name="ota.plugs.example", kind="A", answers=("192.0.2.1",), answered=True),
        Content(side=Side.SERVER, name="url", data=b"http://fw.thermo.example/"),
    ],
)
def test_what_is_no_check(event: Event) -> None:
    assert judge(event) == []


def test_a_repeated_check_counts_after_the_interval() -> None:
    detector, event = Updates(World()), url("http://fw.thermo.example/latest.json")
    for number, time in enumerate([0, MINUTE // 2, 5 * MINUTE]):
        assert list(detector.observe(seen(event, OUT, time=time, frames=(number,)))) == []
    (found,) = detector.finish()
    assert (found.count, found.last_time, found.frames) == (2, 5 * MINUTE, (0, 2))


CHAIN = (certificate(),)


@pytest.mark.parametrize(
    ("more", "channel"),
    [
        ({"version": "TLS 1.3", "cipher": "TLS_AES_128_GCM_SHA256"}, "hidden"),
        ({"kind": "quic", "version": "QUIC 1"}, "hidden"),
        ({"cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "certificates": CHAIN}, "unproven"),
        ({"cipher": "TLS_RSA_WITH_AES_128_CBC_SHA"}, "unproven"),
        ({"version": "TLS 1.0", "cipher": "TLS_RSA_WITH_AES_128_CBC_SHA"}, "unproven"),
        # The client left, or it was not seen that it sent anything.
        ({"cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "client_data": False}, None),
        ({"cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "client_data": None}, None),
        ({"version": None}, None),
    ],
)
def test_the_channel_of_a_check(more: dict[str, Any], channel: str | None) -> None:
    hello = {"kind": "tls", "version": "TLS 1.2", "server_name": "fw.thermo.example", "client_data": True, **more}
    (found,) = judge(Handshake(**hello))
    assert found.detail["channel"] == channel


def test_the_channel_of_a_check_is_validated_by_a_chain_that_checks_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hello = Handshake(
        kind="tls", version="TLS 1.2", cipher="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", server_name="fw.thermo.example",
        client_data=True, certificates=CHAIN,
    )  # fmt: skip
    old = Handshake(kind="tls", version="TLS 1.1", server_name="fw.thermo.example", client_data=True)
    for why, channel in ((("long_validity",), "validated"), (("untrusted_root",), "unproven")):
        monkeypatch.setattr(module, "judge_chain", lambda *_, why=why: JudgedChain("CN=fw", why))
        assert [one.detail["channel"] for one in judge(hello)] == [channel]
        # The weakest one is what the device makes do with.
        assert [one.detail["channel"] for one in judge(hello, old)] == ["unproven"]


@pytest.mark.parametrize(
    ("discovers", "checks", "starts", "followed"),
    [
        ([0], [MINUTE], 1, 1),
        ([0, MINUTE // 4, MINUTE], [2 * MINUTE], 1, 1),
        ([0, 60 * MINUTE], [MINUTE, 61 * MINUTE], 2, 2),
        ([0, 60 * MINUTE], [MINUTE, 30 * MINUTE], 2, 1),
        ([0], [11 * MINUTE], 1, 0),
        ([], [MINUTE], 0, 0),
    ],
)
def test_checks_that_follow_a_start(discovers: list[int], checks: list[int], starts: int, followed: int) -> None:
    detector = Updates(World())
    start = Attribute(field="dhcp.message", value="DISCOVER", side=Side.CLIENT)
    ask = Lookup(name="fw.thermo.example", kind="A", source="dns", answered=False)
    for time, event in sorted([*((t, start) for t in discovers), *((t, ask) for t in checks)], key=lambda one: one[0]):
        assert not list(detector.observe(seen(event, OUT, time=time)))
    (found,) = detector.finish()
    assert (found.detail["starts"], found.detail["starts_followed"]) == (starts, followed)
    assert found.detail["after_start"] is (starts > 0 and starts == followed)


def test_an_updater_names_itself() -> None:
    agent = Attribute(field="http.user_agent", value="ESP8266-http-Update", side=Side.CLIENT)
    found = judge(agent, url("http://192.0.2.1/x"), fetched(b"\xe9\x03\x02\x40" + bytes(2000), "/x"))
    assert [one.rule for one in found] == ["update.check", "update.cleartext"]


# Images and manifests.


def test_an_image_is_a_concern_of_the_device_that_fetches_it() -> None:
    found = judge(url("http://fw.thermo.example/fw/3.bin"), fetched(UIMAGE, "/fw/3.bin"))[-1]
    assert (found.rule, found.severity, found.device, found.role) == (
        "update.cleartext",
        Severity.MEDIUM,
        "c0.a8.01.05",
        "client",
    )
    assert found.capability is Capability.SOFTWARE_UPDATES
    assert found.provisions == ("EN 303 645 5.3-7", "EN 303 645 5.3-10")
    assert found.detail["format"] == "U-Boot legacy image" and found.detail["what"] == "image"
    assert found.detail["host"] == "fw.thermo.example" and found.detail["sha256"] == hashlib.sha256(UIMAGE).hexdigest()


def test_a_cut_image_has_no_hash() -> None:
    assert judge(fetched(UIMAGE, size=10_000_000))[0].detail["sha256"] is None
    assert judge(fetched(UIMAGE, complete=False))[0].detail["sha256"] is None


@pytest.mark.parametrize(
    ("data", "name", "severity"),
    [
        (UIMAGE, "/anything", Severity.MEDIUM),
        (b"hsqs" + bytes(90), "/x", Severity.MEDIUM),
        (bytes(32) + bytes.fromhex("3254cdab") + bytes(64), "/x", Severity.MEDIUM),
        (b"\x1f\x8b\x08" + bytes(2000), "/firmware/3.bin", Severity.LOW),
        (b"\xe9\x03\x02\x40" + bytes(2000), "/sketch.bin", Severity.LOW),
        (bytes(range(128, 256)) * 20, "/ota/lamp.img", Severity.LOW),
    ],
)
def test_images_by_bytes_or_by_name(data: bytes, name: str, severity: Severity) -> None:
    (found,) = judge(fetched(data, name))
    assert (found.rule, found.severity, found.detail["what"]) == ("update.cleartext", severity, "image")


@pytest.mark.parametrize(
    ("data", "name", "more"),
    [
        (b"\x1f\x8b\x08" + bytes(2000), "/style.css.gz", {}),
        (b"MZ" + bytes(2000), "/setup.exe", {}),
        (b"\xe9 is how this text begins in Latin-1", "/index.html", {}),
        (b"\xff\xd8\xff\xe0" + bytes(2000), "/firmware/picture.jpg", {}),
        (bytes(range(128, 256)) * 20, "/video.bin", {}),
        (b"x" * 20, "/ota/lamp.img", {}),
        (b"<html><body>version=1 url=2</body>", "/firmware/", {"media_type": "text/html"}),
        (b'{"ok": true}', "/firmware/status", {}),
    ],
)
def test_what_is_no_update(data: bytes, name: str, more: dict[str, Any]) -> None:
    assert judge(fetched(data, name, **more)) == []


def test_a_manifest_is_reported() -> None:
    data = b'{"latest": "3.1.4", "url": "http://fw.thermo.example/fw/3.1.4.bin", "sha256": "00"}'
    (found,) = judge(fetched(data, "/firmware/latest.json", media_type="application/json"))
    assert (found.rule, found.severity, found.detail["what"], found.detail["sha256"]) == (
        "update.cleartext",
        Severity.MEDIUM,
        "manifest",
        None,
    )


def test_manifests_have_a_version_and_a_place() -> None:
    assert is_manifest(b"version=1.2\nfile=image.bin\n") and is_manifest(b"<fw><version>1</version><url>u</url></fw>")
    assert not is_manifest(b"version=1.2\n") and not is_manifest(b"url=x\n") and not is_manifest(b"version=1\0url=2")


@pytest.mark.parametrize(
    ("data", "signed"),
    [
        (b'{"version": "3", "url": "u", "signature": "MEUCIQ"}', True),
        (b"version=3\nurl=u\nsig=ab12\n", True),
        (b"-----BEGIN PGP SIGNED MESSAGE-----\nversion: 3\nurl: u\n-----BEGIN PGP SIGNATURE-----\n", True),
        (b'{"version": "3", "url": "u", "sha256": "00", "design": "x", "signal": 3}', False),
    ],
)
def test_a_manifest_may_carry_a_signature(data: bytes, signed: bool) -> None:
    assert has_signature(data) is signed
    (found,) = judge(fetched(data, "/firmware/latest.json"))
    assert found.detail["signature"] is signed


def test_an_image_sent_up_is_the_receivers() -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n' + UIMAGE
    (found,) = judge(fetched(form, "/upgrade.cgi", side=Side.CLIENT), of=flow(LAPTOP, CAMERA))
    assert (found.device, found.role) == ("c0.a8.01.05", "server")


def test_an_image_that_leaves_the_home_is_not_reported() -> None:
    assert judge(fetched(UIMAGE, side=Side.CLIENT), of=OUT) == []


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHECKS", 8)
    monkeypatch.setattr(module, "MAX_FLOWS", 8)
    detector = Updates(World())
    for number in range(100):
        one = flow(CAMERA, CLOUD)
        one.uid = number
        assert not list(detector.observe(seen(url(f"http://fw.{number}.example/"), one)))
    assert len(detector._requests) == len(list(detector.finish())) == 8


def asked(name: str, vendor: str | None, *more: Event, platform: str | None = None) -> list[Finding]:
    """What is found at the end of a run in which the camera, of that maker, asked for a name."""
    world = World()
    detector = Updates(world)
    events = [Lookup(name=name, kind="A", answers=(), source="dns", answered=False), *more]
    found = [one for event in events for one in detector.observe(seen(event, OUT))]
    device = world.device_of(OUT.client)
    assert device is not None
    known = {"vendor": vendor, "platform": platform}
    world.identities[device] = {name: value for name, value in known.items() if value}
    finished = list(detector.finish())
    assert [one.detail for one in detector.finish()] == [one.detail for one in finished]
    return found + finished


@pytest.mark.parametrize("vendor", ["Samsung", None, "LG"])
def test_a_host_of_the_devices_own_maker_is_a_check(vendor: str | None) -> None:
    found = asked("otnprd9.samsungcloudsolution.net", vendor)
    assert len(found) == (vendor == "Samsung")
    if found:
        assert (found[0].rule, found[0].severity, found[0].detail["maker"]) == (
            "update.check",
            Severity.INFO,
            "Samsung",
        )
        assert "Perflyst" in found[0].detail["source"]


def test_a_name_below_a_host_counts_and_one_beside_it_does_not() -> None:
    assert asked("cdn.samsungotn.net", "Samsung")
    assert not asked("notsamsungotn.net", "Samsung") and not asked("net", "Samsung") and not asked("", "Samsung")


def test_where_a_host_serves_other_things_only_the_path_shows_it() -> None:
    assert not asked("support.wdc.com", "Western Digital")
    assert asked("support.wdc.com", "Western Digital", url("http://support.wdc.com/nas/list.asp?devtype=x"))
    assert not asked("support.wdc.com", "Western Digital", url("http://support.wdc.com/downloads"))


def test_a_host_of_the_platform_that_a_device_runs_on_is_a_check() -> None:
    for vendor in (None, "Medion"):
        assert asked("otnprd9.samsungcloudsolution.net", vendor, platform="Samsung")
        assert not asked("otnprd9.samsungcloudsolution.net", vendor, platform="Vewd")


def test_a_name_that_says_it_itself_is_a_check_of_every_device() -> None:
    found = asked("firmware.meethue.com", "Belkin")
    assert len(found) == 1 and found[0].detail["maker"] == "Philips"


def test_a_server_name_of_tls_counts_as_a_name() -> None:
    hello = Handshake(kind="tls", version=None, server_name="snu.lge.com")
    assert [one.detail["how"] for one in asked("x.example", "LG", hello)] == ["tls"]


def test_names_in_the_table_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHECKS", 3)
    names = [Lookup(name=f"h{n}.samsungotn.net", kind="A", answers=(), source="dns", answered=False) for n in range(9)]
    assert len(asked("x.example", "Samsung", *names)) == 3
    assert not asked("a." * 100_000 + "example", "Samsung")


def test_the_table_of_hosts_has_makers_sources_and_dates() -> None:
    data = table("update_hosts.toml")
    hosts = update_hosts().by_host
    assert len({row.maker for row in hosts.values()}) >= 45 and len(hosts) == len(data["host"])
    for row in hosts.values():
        found = TABLES.makers.find(row.maker)
        assert found is None or (found.name == row.maker and not found.module) or row.maker == "Tuya", row.maker
        assert row.source and row.date <= str(update_hosts().checked)
        assert row.host.count(".") >= 1 and row.host == row.host.lower() and "*" not in row.host
        assert row.host.count(".") < MAX_LABELS and all(path.startswith("/") for path in row.paths)
    assert all("licence" in source or source["title"] for source in data["source"].values())


@pytest.mark.parametrize("row", ['host = "x.example"\nwhat = []', 'host = "x.example"\nwhat = ["shop"]', "host = 5"])
def test_a_broken_table_of_hosts_is_refused(row: str) -> None:
    head = 'checked = 2026-01-01\n[source.s]\ntitle = "t"\ndate = 2026-01-01\n[[host]]\nmaker = "X"\nsource = "s"\n'
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse_hosts(tomllib.loads(head + row))


def test_the_table_of_hosts_grows_old_after_a_year() -> None:
    found = update_hosts()
    assert found.stale(found.checked + timedelta(days=365)) is None
    assert str(found.checked) in (found.stale(found.checked + timedelta(days=366)) or "")


def test_an_archive_with_the_name_of_an_image_is_one() -> None:
    (found,) = judge(fetched(b"PK\x03\x04" + bytes(2000), "/firmware/3.bin"))
    assert (found.rule, found.severity) == ("update.cleartext", Severity.LOW)
    assert judge(fetched(b"PK\x03\x04" + bytes(2000), "/photos/3.zip")) == []


def test_whoever_asks_a_device_at_home_for_software_is_no_device_that_checks() -> None:
    checks = judge(url("http://ota.maker.example/firmware/latest.json"), of=flow(CLOUD, CAMERA))
    assert [one.rule for one in checks if one.rule == "update.check"] == []
    assert any(one.rule == "update.check" for one in judge(url("http://ota.maker.example/firmware/latest.json")))


@pytest.mark.parametrize(
    ("event", "manner"),
    [
        (url("http://news.example/"), OnRepeat.FLOW),
        (url("http://fw.thermo.example/"), OnRepeat.AGAIN),
        (url("http://otnprd9.samsungcloudsolution.net/"), OnRepeat.AGAIN),
        (Content(side=Side.SERVER, name="url", data=b"http://fw.thermo.example/"), OnRepeat.NOTHING),
        (Content(side=Side.CLIENT, name="payload", data=b"http://fw.thermo.example/"), OnRepeat.NOTHING),
        (Attribute(field="http.user_agent", value="fwupd/1.9.5", side=Side.CLIENT), OnRepeat.AGAIN),
        (Attribute(field="http.user_agent", value="curl/8.5.0", side=Side.CLIENT), OnRepeat.NOTHING),
        (Attribute(field="dhcp.message", value="DISCOVER", side=Side.CLIENT), OnRepeat.AGAIN),
        (Attribute(field="dhcp.hostname", value="DISCOVER", side=Side.CLIENT), OnRepeat.NOTHING),
        (fetched(UIMAGE), OnRepeat.SAME),
        (Lookup(name="fw.thermo.example", kind="A"), OnRepeat.AGAIN),
        (Handshake(kind="tls", version=None, server_name="fw.thermo.example"), OnRepeat.AGAIN),
    ],
)
def test_what_is_heard_again(event: Event, manner: OnRepeat) -> None:
    assert Updates(World()).on_repeat(event) is manner


def test_once_an_updater_named_itself_each_request_may_be_a_check() -> None:
    detector = Updates(World())
    list(detector.observe(seen(Attribute(field="http.user_agent", value="fwupd/1.9.5", side=Side.CLIENT), OUT)))
    assert detector.on_repeat(url("http://news.example/")) is OnRepeat.AGAIN


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, 1), ({"kind": "AAAA"}, 1), ({"kind": "PTR"}, 0), ({"kind": "TXT"}, 0), ({"answered": True}, 0),
        ({"source": "mdns"}, 0), ({"source": "llmnr"}, 0), ({"name": ""}, 0), ({"name": "fw.Thermo.example."}, 1),
    ],
)  # fmt: skip
def test_which_questions_are_checks(more: dict[str, Any], found: int) -> None:
    assert len(judge(Lookup(**{"name": "fw.thermo.example", "kind": "A", **more}))) == found


@pytest.mark.parametrize(
    ("apart", "count"), [(MINUTE - 1, 1), (MINUTE, 2), (MINUTE + 1, 2)]
)  # fmt: skip
def test_a_minute_is_between_two_checks(apart: int, count: int) -> None:
    detector = Updates(World())
    for time in (10 * MINUTE, 10 * MINUTE + apart):
        list(detector.observe(seen(url("http://fw.thermo.example/latest.json"), OUT, time=time, frames=(time,))))
    (found,) = detector.finish()
    assert (found.count, len(found.frames)) == (count, count)


@pytest.mark.parametrize(
    ("starts", "message", "side", "client", "counted"),
    [
        ((0, 128), "DISCOVER", Side.CLIENT, CAMERA, 2), ((0, 127), "DISCOVER", Side.CLIENT, CAMERA, 1),
        # 127 s from one repetition to the next each: one start that finds no server.
        ((0, 127, 254, 381), "DISCOVER", Side.CLIENT, CAMERA, 1), ((0,), "REQUEST", Side.CLIENT, CAMERA, 0),
        ((0,), "DISCOVER", Side.SERVER, CAMERA, 0), ((0,), "DISCOVER", Side.CLIENT, CLOUD, 0),
        # A clock that goes back: what was repeated before that is another start.
        ((200, 0), "DISCOVER", Side.CLIENT, CAMERA, 2),
    ],
)  # fmt: skip
def test_what_is_a_start(starts: tuple[int, ...], message: str, side: Side, client: bytes, counted: int) -> None:
    """RFC 2131 4.1: a client repeats its DISCOVER after 4, 8, 16, 32 and 64 s."""
    detector, second = Updates(World()), 1_000_000_000
    for time in starts:
        event = Attribute(field="dhcp.message", value=message, side=side)
        list(detector.observe(seen(event, flow(client, b"\xff" * 4), time=time * second)))
    list(detector.observe(seen(Lookup(name="fw.thermo.example", kind="A"), OUT, time=2000 * second)))
    (found,) = detector.finish()
    assert (found.detail["starts"], found.detail["after_start"]) == (counted, False)


@pytest.mark.parametrize(("after", "followed"), [(0, 1), (600, 1), (601, 0), (-1, 0)])
def test_ten_minutes_after_a_start_a_check_follows_it(after: int, followed: int) -> None:
    detector, second = Updates(World()), 1_000_000_000
    list(detector.observe(seen(Attribute(field="dhcp.message", value="DISCOVER", side=Side.CLIENT), OUT, time=10**12)))
    list(detector.observe(seen(Lookup(name="fw.thermo.example", kind="A"), OUT, time=10**12 + after * second)))
    (found,) = detector.finish()
    assert (found.detail["starts_followed"], found.detail["after_start"]) == (followed, bool(followed))


def test_each_start_is_followed_once_however_often_it_checks() -> None:
    detector = Updates(World())
    start = Attribute(field="dhcp.message", value="DISCOVER", side=Side.CLIENT)
    for event, time in ((start, 0), (url("http://fw.thermo.example/a"), 1), (url("http://fw.thermo.example/b"), 2),
                        (start, 60)):  # fmt: skip
        list(detector.observe(seen(event, OUT, time=time * MINUTE)))
    (found,) = detector.finish()
    assert (found.detail["starts"], found.detail["starts_followed"]) == (2, 1) and not found.detail["after_start"]


@pytest.mark.parametrize("ends", [(CAMERA, CLOUD), (LAPTOP, CAMERA), (CLOUD, CLOUD), (CLOUD, CAMERA)])
def test_who_checks(ends: tuple[bytes, bytes]) -> None:
    found = judge(url("http://fw.thermo.example/latest.json"), of=flow(*ends))
    expected = {CAMERA: "c0.a8.01.05", LAPTOP: "c0.a8.01.09", CLOUD: None}[ends[0]]
    assert [one.device for one in found] == ([] if ends == (CLOUD, CAMERA) else [expected])


def test_a_makers_host_and_a_name_that_says_it_itself_at_one_host() -> None:
    """A path that says it makes the check one of every device; before that only the maker's own did."""
    maker, named = "http://otnprd9.samsungcloudsolution.net/x", "http://otnprd9.samsungcloudsolution.net/firmware/1"
    assert judge(url(maker)) == [] and len(judge(url(maker), url(named))) == 1
    assert [one.detail["maker"] for one in judge(url(named), url(maker))] == ["Samsung"]


def test_a_query_is_no_part_of_the_path_that_is_shown() -> None:
    (found,) = judge(url("HTTP://FW.Thermo.Example:8080/latest.json?serial=7QK20418855A"))
    assert (found.detail["host"], found.detail["path"]) == ("fw.thermo.example", "/latest.json")
    (long,) = judge(url("http://fw.thermo.example/" + "a" * 300))
    assert len(long.detail["path"]) == 160


def test_a_request_is_forgotten_with_its_flow() -> None:
    detector = Updates(World())
    assert not detector.awaits(OUT)
    list(detector.observe(seen(url("http://fw.thermo.example/x"), OUT)))
    assert detector.awaits(OUT)
    (found,) = detector.observe(seen(fetched(UIMAGE), OUT))
    assert found.detail["host"] == "fw.thermo.example"
    assert list(detector.flow_ended(OUT)) == [] and not detector.awaits(OUT)
    (found,) = detector.observe(seen(fetched(UIMAGE), OUT))
    assert found.detail["host"] is None


@pytest.mark.parametrize(
    ("data", "name", "more", "found"),
    [
        # A kilobyte at least where only the name tells; a first byte only together with a name; no page.
        (bytes(range(128, 256)) * 8, "/ota/lamp.img", {}, 1),
        ((bytes(range(128, 256)) * 8)[:-1], "/ota/lamp.img", {}, 0),
        (bytes(range(128, 256)) * 8, "/ota/lamp.txt", {}, 0),
        (bytes(range(128, 256)) * 8, "/lamp.img", {}, 0),
        (b"\xe9\x03\x02\x40" + bytes(200), "/sketch.bin", {}, 1),
        (b"\xe9\x03\x02\x40" + bytes(200), "/sketch", {}, 0),
        (b"version=1\nurl=2\n", "/firmware/x", {"media_type": "text/plain"}, 1),
        (b"version=1\nurl=2\n", "/firmware/x", {"media_type": "text/html; charset=utf-8"}, 0),
        (b"version=1\nurl=2\n", "/x", {}, 0),
        (b"version=1\n", "/firmware/x", {}, 0),
    ],
)
def test_what_a_name_adds(data: bytes, name: str, more: dict[str, Any], found: int) -> None:
    assert len(judge(fetched(data, name, **more))) == found


@pytest.mark.parametrize(
    ("side", "ends", "device"),
    [
        (Side.SERVER, (CAMERA, CLOUD), "c0.a8.01.05"), (Side.CLIENT, (LAPTOP, CAMERA), "c0.a8.01.05"),
        (Side.SERVER, (CLOUD, CAMERA), ""), (Side.CLIENT, (CAMERA, CLOUD), ""), (Side.SERVER, (CLOUD, CLOUD), None),
        (Side.SERVER, (LAPTOP, CAMERA), "c0.a8.01.09"),
    ],
)  # fmt: skip
def test_whoever_takes_the_image_answers_for_it(side: Side, ends: tuple[bytes, bytes], device: str | None) -> None:
    found = judge(fetched(UIMAGE, side=side), of=flow(*ends))
    assert [one.device for one in found] == ([] if device == "" else [device])


def test_an_image_has_no_signature_field_and_a_manifest_no_hash() -> None:
    (image,) = judge(fetched(UIMAGE))
    (manifest,) = judge(fetched(b"version=3\nurl=u\n", "/firmware/x"))
    (by_name,) = judge(fetched(bytes(range(128, 256)) * 20, "/ota/lamp.img"))
    assert (image.detail["signature"], manifest.detail["sha256"], by_name.detail["format"]) == (None, None, None)
    assert manifest.detail["signature"] is False and by_name.detail["sha256"] and manifest.detail["format"] is None
    assert image.identity != manifest.identity


@pytest.mark.parametrize("first", ["validated", "unproven", "hidden"])
@pytest.mark.parametrize("second", ["validated", "unproven", "hidden"])
def test_the_weakest_channel_counts(first: str, second: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grades = iter((first, second))
    monkeypatch.setattr(module, "_channel", lambda *_: next(grades))
    hello = Handshake(kind="tls", version="TLS 1.2", server_name="fw.thermo.example")
    (found,) = judge(hello, hello)
    order = ("unproven", "hidden", "validated")
    assert found.detail["channel"] == min(first, second, key=order.index)


def test_a_host_has_one_row_that_says_what_it_is_for() -> None:
    head = 'checked = 2026-01-01\n[source.s]\ntitle = "t"\nversion = "2"\ndate = 2026-01-01\n'
    row = '[[host]]\nmaker = "X"\nsource = "s"\nhost = "a.example"\nwhat = ["check"]\n'
    found = parse_hosts(tomllib.loads(head + row + row.replace("a.example", "b.example"))).find("x.b.example")
    assert found is not None and (found.host, found.source, found.date) == ("b.example", "t 2", "2026-01-01")
    for bad in (row + row, row.replace('"check"', '"check", "shop"'), row.replace('"check"', "")):
        with pytest.raises(ValueError):
            parse_hosts(tomllib.loads(head + bad))


def test_the_sure_beginnings_are_tried_first() -> None:
    """An image of which one byte alone is known must not hide one that is certain."""
    sure = [image.sure for image in images()]
    assert sure == sorted(sure, reverse=True) and set(sure) == {True, False}
    for image in images():
        found = image_of(bytes(image.offset) + image.magic + bytes(90))
        assert found is not None and found.name == image.name
        assert image.offset == 0 or image_of(bytes(image.offset + 1) + image.magic + bytes(90)) is None
    form = b"--x\r\nContent-Disposition: form-data\r\n\r\n"
    assert image_of(form + UIMAGE) is not None and image_of(b"-" + form + UIMAGE) is not None
    assert image_of(b"x" + form + UIMAGE) is None and image_of(b"--" + b"x" * 4096 + b"\r\n\r\n" + UIMAGE) is None


def test_a_makers_host_is_no_check_of_a_device_that_is_not_known() -> None:
    """Between strangers nobody's maker is known."""
    detector = Updates(World())
    list(detector.observe(seen(Lookup(name="cdn.samsungotn.net", kind="A"), flow(CLOUD, CLOUD))))
    assert list(detector.finish()) == []
    named = Updates(World())
    list(named.observe(seen(Lookup(name="firmware.meethue.com", kind="A"), flow(CLOUD, CLOUD))))
    assert [one.device for one in named.finish()] == [None]


def test_an_object_without_a_name_is_known_by_its_bytes_alone() -> None:
    (found,) = judge(fetched(UIMAGE, None))  # type: ignore[arg-type]
    assert found.detail["path"] is None and found.detail["format"] == "U-Boot legacy image"
    assert judge(fetched(bytes(range(128, 256)) * 20, None)) == []  # type: ignore[arg-type]
