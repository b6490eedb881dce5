"""The frames that scapy builds, as Wireshark reads them; and the program's errors."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.drill import frames as program
from tests.drill.pieces import capture


@pytest.mark.skipif(shutil.which("tshark") is None and os.environ.get("CI") != "true", reason="tshark is not installed")
def test_wireshark_finds_nothing_amiss_with_them(tmp_path: Path) -> None:
    """Checksums, lengths, numbers of TCP: no note of an error, and each login, name and hello is there."""
    path = capture(tmp_path / "piece.pcap")

    def fields(wanted: str, *names: str) -> list[str]:
        checks = [word for layer in ("ip", "tcp", "udp") for word in ("-o", f"{layer}.check_checksum:TRUE")]
        columns = [word for name in names for word in ("-e", name)]
        return subprocess.run(
            ["tshark", "-r", str(path), *checks, "-Y", wanted, "-T", "fields", *columns],
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout.split()  # fmt: skip

    assert fields("_ws.expert.severity >= warning && !_ws.expert.group == sequence && !tls", "frame.number") == []
    assert fields('ftp.request.command == "USER"', "ftp.request.arg") == [
        "a-abcd1234", "a-vlan-abcd1234", "b-abcd1234", "b-vlan-abcd1234",
    ]  # fmt: skip
    assert fields("tls.handshake.type == 1", "tls.handshake.extensions_server_name", "tls.record.version") == [
        "firmware.a-abcd1234.example", "0x0301", "firmware.b-abcd1234.example", "0x0301",
    ]  # fmt: skip
    assert len(set(fields("dns.flags.response == 0", "dns.qry.name"))) == 16
    assert set(fields("vlan", "vlan.id")) == {"100"}


def test_an_interface_that_is_not_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", program.__name__, "send", "nosuchif0"],
        input="00" * 60, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr


def test_without_scapy_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "scapy", None)
    monkeypatch.setitem(sys.modules, "scapy.arch.linux", None)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert program.main(["send", "eth0"]) == 2
    assert capsys.readouterr().err == "scapy is not installed (pip install 'lanwitness[lab]')\n"
