"""`lanwitness serve`: refusals, output, addresses, TLS beyond this machine, end by a signal."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dashboard.auth.certificate import own
from sensor.cli import serve as module
from sensor.cli.serve import listening, serve
from sensor.store.location import store_location
from sensor.store.writer import Writer

ROOT = Path(__file__).resolve().parents[2]


def refused(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(serve, list(arguments))
    assert "Traceback" not in found.output
    return found.exit_code, found.output


def test_an_address_must_be_one(tmp_path: Path) -> None:
    code, output = refused("--store", str(tmp_path / "s.db"), "--bind", "everywhere")
    assert code == 2 and "an IP address of this machine" in output


def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    code, output = refused("--store", str(tmp_path / "s.db"), "--tls-cert", "x")
    assert code == 2 and "belong together" in output


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    Writer(store_location(str(tmp_path / "s.db"))).close()
    (tmp_path / "x").write_text("no certificate")
    code, output = refused(
        "--store", str(tmp_path / "s.db"), "--tls-cert", str(tmp_path / "x"), "--tls-key", str(tmp_path / "x")
    )
    assert code == 1 and "cannot be used" in output


def test_a_store_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    code, output = refused("--store", str(tmp_path / "no folder" / "none.db"))
    assert code == 1 and "none.db" in output


@pytest.mark.parametrize("contact", ["javascript:x", "mailto:a b", "https://x\r\nX: y"])
def test_a_contact_is_a_uri_of_three_kinds(contact: str, tmp_path: Path) -> None:
    assert refused("--store", str(tmp_path / "s.db"), "--contact", contact)[0] == 2


def test_a_port_in_use_is_a_sentence_and_nothing_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(click.ClickException, match="in use"):
        listening(other.getsockname()[1], ("127.0.0.1",))


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def served(tmp_path: Path, *options: str) -> Iterator[tuple[int, str]]:
    """The command as a program of its own, before any sensor has run: its port, and what it printed up to the link."""
    port = free()
    command = [
        sys.executable,
        "-m",
        "sensor",
        "serve",
        "--store",
        str(tmp_path / "s.db"),
        "--port",
        str(port),
        *options,
    ]
    program = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "LANWITNESS_STATE": str(tmp_path / "state")},
    )
    assert program.stdout is not None
    output = ""
    try:
        while "set-up.link" not in output:
            line = program.stdout.readline()
            assert line, output
            output += line
        assert "/set-up/" not in output, "others read what a service prints"
        link = tmp_path / "state" / "dashboard" / "set-up.link"
        assert stat.S_IMODE(link.stat().st_mode) == 0o600 and str(link) in output
        output += link.read_text()
        yield port, output
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) in (0, 130)
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()
        program.stdout.close()


def test_on_this_machine_by_plain_http_with_a_link_for_the_first_user(tmp_path: Path) -> None:
    with served(tmp_path) as (port, output):
        assert (tmp_path / "s.db").exists()
        token = re.search(rf"http://127\.0\.0\.1:{port}(/set-up/[\w-]{{43}})", output)
        assert token and "password (admin)" in output
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for path, code in (("/", 303), (token[1], 200), ("/healthz", 200), ("/metrics", 200)):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == code, path
        connection.close()
    assert list((tmp_path / "state" / "dashboard" / "uploads").iterdir()) == []


def test_on_a_terminal_the_link_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(click, "echo", said.append)
    monkeypatch.setattr(module.sys.stdout, "isatty", lambda: True, raising=False)
    module._show_link("http://127.0.0.1:8080/set-up/x", "admin", tmp_path / "set-up.link")
    assert len(said) == 1 and said[0].endswith("a password (admin): http://127.0.0.1:8080/set-up/x")
    assert not list(tmp_path.iterdir())


def test_beyond_this_machine_tls_only_and_metrics_with_a_token(tmp_path: Path) -> None:
    with served(tmp_path, "--bind", "127.0.0.2", "--invite", "viewer") as (port, output):
        assert "https://" not in output, "127.0.0.2 is loopback, too"
    with served(tmp_path, "--bind", "0.0.0.0") as (port, output):
        folder = tmp_path / "state" / "dashboard"
        assert f"https://{socket.gethostname()}:{port}/set-up/" in output and "metrics.token" in output
        fingerprint = re.search(r"SHA-256 is ([0-9A-F:]{95})", output)
        context = ssl.create_default_context(cafile=str(folder / "tls.crt"))
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.status == 401 and answer.read()
        connection.request(
            "GET", "/metrics", headers={"Authorization": f"Bearer {(folder / 'metrics.token').read_text().strip()}"}
        )
        answer = connection.getresponse()
        assert answer.status == 200 and b"lanwitness_runs" in answer.read()
        connection.close()
        assert fingerprint and fingerprint[1] == own(folder, ["localhost"]).fingerprint
        assert stat.S_IMODE((folder / "tls.key").stat().st_mode) == 0o600


def test_a_given_certificate(tmp_path: Path) -> None:
    pair = own(tmp_path / "given", ["127.0.0.1"])
    with served(tmp_path, "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)) as (port, output):
        assert f"https://127.0.0.1:{port}/" in output and "SHA-256" not in output
        context = ssl.create_default_context(cafile=str(pair.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        connection.request("GET", "/log-in")
        answer = connection.getresponse()
        assert answer.status == 200 and "Strict-Transport-Security" in answer.headers
        answer.read()
        connection.close()


def test_the_language_of_the_pages(tmp_path: Path) -> None:
    code, output = refused("--store", str(tmp_path / "s.db"), "--language", "fr")
    assert code == 2 and "'en', 'de'" in output
    configuration = tmp_path / "home.toml"
    configuration.write_text('[dashboard]\nlanguage = "de"\n', "utf-8")
    for options, shown in (
        (("--config", str(configuration)), "de"),
        (("--config", str(configuration), "--language", "en"), "en"),
        ((), "en"),
    ):
        own = tmp_path / str(len(options))
        own.mkdir()
        with served(own, *options) as (port, _):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/log-in", headers={"Accept-Language": "en"})
            assert f'<html lang="{shown}"'.encode() in connection.getresponse().read()
            connection.close()
