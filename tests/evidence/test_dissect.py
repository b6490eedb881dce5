"""Dissection by Wireshark, with every secret of the capture covered."""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sensor.evidence import dissect as module
from sensor.evidence.dissect import COVER, MAX_LINES, NoDissector, covered, dissect, dissect_stored, shown_forms
from sensor.evidence.packet import EvidencePacket
from sensor.replay import read
from sensor.run import Options
from sensor.vault import Vault
from tests.cli.test_main import lanwitness
from tests.replaying import PCAPS

CANARY = "canary-of-a-test"
CAPTURE = PCAPS / "ftp_login" / "capture.pcap"


@pytest.mark.parametrize(
    "line",
    [
        f"Request arg: {CANARY}",
        CANARY.encode().hex(),
        CANARY.encode().hex(":").upper(),
        "password=" + CANARY.replace("-", "%2D"),
        base64.b64encode(CANARY.encode()).decode(),
    ],
)
def test_every_form_is_covered(line: str) -> None:
    shown = covered(line.replace("%2D", "-"), [CANARY])
    assert "********" in shown and not any(form in shown for form in shown_forms(CANARY))


@pytest.mark.parametrize("user", ["a", "an", "ann", "anna", "admin", "administrator"])
def test_base64_of_a_pair_does_not_give_the_secret_away(user: str) -> None:
    text = base64.b64encode(f"{user}:{CANARY}".encode()).decode()
    shown = covered(f"Authorization: Basic {text}", [CANARY])
    clear = base64.b64decode(shown.split()[-1].replace("*", "") + "===", validate=False) if "*" not in shown else b""
    assert CANARY.encode()[4:-4] not in clear and "********" in shown


needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


@needs_tshark
def test_a_finding_is_dissected_by_tshark() -> None:
    result = read(str(CAPTURE), Vault(bytes(32), reveal=True), Options())
    assert not isinstance(result, str)
    name, found = next(
        (n, f)
        for n, f in result.findings.items()
        if f.rule == "credential.cleartext" and f.detail["username"] == "anton"
    )
    run = lanwitness("explain", name, CAPTURE)
    assert run.returncode == 0, run.stderr
    assert "Request command: PASS" in run.stdout and "ftp" in run.stdout
    for frame in found.frames:
        assert f"packet {frame}\n" in run.stdout
    secrets = {(f.detail.get("secret") or {}).get("value") or "" for f in result.findings.values()}
    assert not any(secret in run.stdout for secret in secrets if len(secret) >= 3)


@needs_tshark
def test_an_unknown_finding_or_capture_is_an_error() -> None:
    run = lanwitness("explain", "000000000000", CAPTURE)
    assert run.returncode == 2 and "no finding" in run.stderr
    assert lanwitness("explain", "000000000000", PCAPS / "README.md").returncode == 2


def test_without_tshark_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NoDissector, match="tshark"):
        list(dissect(str(CAPTURE), [1], []))


@needs_tshark
def test_a_capture_that_is_cut_short_is_dissected_up_to_there(tmp_path: Path) -> None:
    """tshark fails behind the last whole packet; a file that is no capture fails before the first."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(CAPTURE.read_bytes()[:-7])
    lines = list(dissect(str(cut), [4, 1], ()))
    assert [line for line in lines if line.startswith("packet")] == ["packet 1", "packet 4"]
    cut.write_text("no capture at all")
    with pytest.raises(OSError, match="tshark cannot read it"):
        list(dissect(str(cut), [1], ()))


@needs_tshark
def test_tshark_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """pyshark's kill in that instant lost the exit status, and a whole dissection was taken for a crash."""
    killed: list[int] = []
    monkeypatch.setattr(asyncio.subprocess.Process, "kill", lambda self: killed.append(self.pid))
    assert list(dissect(str(CAPTURE), [1], ())) and not killed


@needs_tshark
def test_it_runs_where_asyncio_has_neither_child_watchers_nor_a_loop_of_the_main_thread() -> None:
    """As Python 3.14 has it: get_child_watcher, set_child_watcher and the watchers are gone, get_event_loop raises."""
    code = f"""
import asyncio, threading
def gone(*_, **__): raise RuntimeError("There is no current event loop")
for name in [name for name in vars(asyncio) if "child_watcher" in name or name.endswith("ChildWatcher")]:
    if name != "ThreadedChildWatcher":
        delattr(asyncio, name)
asyncio.get_event_loop = gone
asyncio.get_event_loop_policy().__class__.get_event_loop = gone
from sensor.evidence.dissect import dissect
print(sum(line.startswith("packet ") for line in dissect({str(CAPTURE)!r}, [1, 4, 13], ())))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=PCAPS.parent)
    assert (done.stdout, done.returncode) == ("3\n", 0), done.stderr


def test_without_tshark_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(NoDissector, match="sudo apt install tshark"):
        list(dissect(str(CAPTURE), [1], ()))


def test_the_longest_secret_is_covered_first() -> None:
    """Of one that begins like another, the rest would be left."""
    assert covered("say open-sesame-now twice", ["open-sesame", "open-sesame-now"]) == "say ******** twice"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("hash of eightlet", "hash of ********"),
        ("hash of seven77", "hash of seven77"),
        # Dissectors cut long fields: the first or the last six bytes of one secret are enough.
        (base64.b64encode(b"..sesame").decode(), "********"),
        (base64.b64encode(b"en-now..").decode(), "********"),
        (base64.b64encode(b"..esame..").decode(), base64.b64encode(b"..esame..").decode()),
        (b"..sesame".hex(), "********"),
        ("a" + b"..sesame".hex(), "********"),
        # Hex of the hash, with the bytes it stands for: six of them.
        ("00:11:22:33:44:55", "********"),
        ("00 11 22 33 44 55", "********"),
        ("00:11:22:33:44:54", "00:11:22:33:44:54"),
        (base64.b64encode(bytes.fromhex("ff001122334455ff")).decode(), "********"),
    ],
)
def test_parts_of_secrets_and_their_ends(line: str, shown: str) -> None:
    assert covered(line, ["x$eightlet$seven77$00112233445566778899", "sesame-open-now"]) == shown


def test_few_bytes_of_hex_are_covered_as_digits_alone() -> None:
    """Five bytes stand in other data by chance; twelve digits are six."""
    for digits, bare in (("00112233aa", False), ("00112233aabb", True)):
        word = base64.b64encode(b"\xff\xfe" + bytes.fromhex(digits) + b"\xfd" * 4).decode()
        assert covered(f"{digits} and {word}", [digits]) == f"******** and {COVER if bare else word}"


class _Layer:
    """A layer as pyshark has it."""

    def __init__(self, name: str, fields: dict[str, str | None]) -> None:
        self.layer_name = name
        self.field_names = list(fields)
        self._fields = fields

    def get_field(self, name: str) -> object:
        shown = self._fields[name]
        return SimpleNamespace(showname=shown) if shown else 7


def test_the_lines_of_a_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name of the layer, then its fields as Wireshark shows them, or by name; long packets and lines are cut."""
    layers = [_Layer("ftp", {"arg": f"Request arg: {CANARY}", "code": None}), _Layer("eth", {})]
    packets = [SimpleNamespace(number=4, layers=layers), SimpleNamespace(number=9, layers=[_Layer("x", {})] * 500)]
    monkeypatch.setattr(module, "read_packets", lambda _path, _frames, read: [read(one) for one in packets])
    lines = list(dissect("x.pcap", [4, 9], [CANARY]))
    assert lines[:5] == ["packet 4", "  ftp", "    Request arg: ********", "    code: 7", "  eth"]
    assert lines[5:] == ["packet 9", *["  x"] * MAX_LINES]


def test_stored_packets_are_named_by_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wireshark is given the bytes of the packets, not what was found; it counts anew."""

    def read_back(path: str, frames: range, secrets: tuple[str, ...]) -> list[str]:
        data = Path(path).read_bytes()
        assert b"PASS ***" in data and b"why" not in data and list(frames) == [1, 2] and not secrets
        return ["packet 1", "  ftp", "packet 2", "  packet 2 of the server"]

    monkeypatch.setattr(module, "dissect", read_back)
    packets = [
        EvidencePacket("c.pcap", 31, 1, 1, b"PASS ***", 8, ((5, 8),), (("f1", "why"),)),
        EvidencePacket("c.pcap", 35, 2, 1, b"230 ok", 6, (), ()),
    ]
    assert list(dissect_stored(packets)) == [
        "packet 31 (3 bytes of it are filler)", "  ftp", "packet 35", "  packet 2 of the server",
    ]  # fmt: skip


@pytest.mark.parametrize(("secret", "shown"), [("ab", "pin ab"), ("abc", "pin ********")])
def test_how_short_a_secret_is_covered(secret: str, shown: str) -> None:
    assert covered(f"pin {secret}", [secret]) == shown


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("sesam", "ff********ff"), ("sesame", COVER), ("sesame-open-now", COVER)],
)
def test_a_word_with_six_bytes_of_a_secret_is_covered_as_a_whole(secret: str, shown: str) -> None:
    """What stands beside them in a word of hex may be more of it; five bytes are covered alone."""
    assert covered("ff" + secret.encode().hex() + "ff", [secret]) == shown
