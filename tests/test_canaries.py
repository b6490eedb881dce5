"""No secret leaves the program unmasked: planted secrets are searched for in all output.

Random ones are planted in every protocol that has any. Output: the records, the page, standard error, the log, and
inside the program everything that parsers yield in the open (names, resources, reasons). Only the JSON of ``--reveal``
may hold them, and it must, so that each case is known to plant what is found.
"""

from __future__ import annotations

import ast
import base64
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest

import sensor.protocols
from sensor.cli.main import cli
from sensor.cli.replay import replay as replay_command
from sensor.evidence import pcapng
from sensor.export.transactions import Transactions
from sensor.listeners import Listeners
from sensor.model import Observation
from sensor.parsing.registry import protocols
from sensor.replay import read_records
from sensor.run import Options
from sensor.vault import Vault
from tests.canary import binary, lines, web  # noqa: F401 - they fill CASES
from tests.canary.plant import CASES, C, Canary, Case, damaged, packets, pcap

SENDS_NONE = {
    "rsh": "the host's word is enough there (RFC 1282 has no password)",
    "ftp-data": "a connection that another one announces; the settings in its files are planted in HTTP and TFTP",
}
FOLDER = Path(sensor.protocols.__path__[0])
HAS_STORE = any(option.name == "store" for option in replay_command.params)
"""Whether runs can be stored in a database, which is searched too then."""


class Ran:
    """The output of one run of the program, by place."""

    def __init__(self, status: object, records: str, **elsewhere: str) -> None:
        self.status = status
        self.records = records
        self.elsewhere = elsewhere


Run = Callable[..., Ran]


@pytest.fixture
def run(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs `lanwitness replay` in this process."""
    monkeypatch.delenv("LANWITNESS_DEBUG", raising=False)
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    caplog.set_level(logging.DEBUG)
    observations: list[str] = []
    observe = Listeners.observe

    def overheard(self: Listeners, observation: Observation) -> None:
        observations.append(repr(observation))
        observe(self, observation)

    monkeypatch.setattr(Listeners, "observe", overheard)

    def replay(where: Path, *options: str) -> Ran:
        out, store = tmp_path / "records.jsonl", tmp_path / "store.sqlite"
        store.unlink(missing_ok=True)
        shutil.rmtree(tmp_path / "store.sqlite.evidence", ignore_errors=True)
        observations.clear()
        caplog.clear()
        capfd.readouterr()
        store_options = ["--store", str(store)] if HAS_STORE else []
        arguments = ["replay", "--plain", "--flows", "--json", str(out), *store_options, *options, str(where)]
        status = cli.main(arguments, standalone_mode=False)
        page, error = capfd.readouterr()
        stored = "\n".join(
            part.read_bytes().decode("latin-1") for part in tmp_path.glob("store.sqlite*") if part.is_file()
        )
        assert bool(stored) is HAS_STORE
        packets = "\n".join(_payloads(part) for part in tmp_path.glob("store.sqlite.evidence/*"))
        return Ran(
            status,
            out.read_text("utf-8"),
            page=page,
            error=error,
            log=caplog.text,
            events="\n".join(observations),
            transactions=_transactions(where),
            store=stored,
            packets=packets,
        )

    return replay


def _transactions(where: Path) -> str:
    """What `export` writes of questions and answers."""
    found = []
    for path in sorted(where.iterdir()) if where.is_dir() else [where]:
        vault = Vault(bytes(32))
        transactions = Transactions(vault)
        assert not isinstance(read_records(str(path), vault, Options(), transactions), str)
        found.append(transactions.finished)
    return json.dumps(found, ensure_ascii=False)


def _payloads(file: Path) -> str:
    """A file of stored packets, then its packets without their headers, joined: a secret may span them."""
    data = file.read_bytes()
    joined = b"".join(packet.data[54:] for packet in pcapng.read(data))
    return (data + b"\n" + joined).decode("latin-1")


def findings(records: str) -> list[dict[str, object]]:
    return [r for r in map(json.loads, records.splitlines()) if r["record"] == "finding"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_but_revealed_json_shows_a_secret(case: Case, run: Run, tmp_path: Path) -> None:
    canary = Canary()
    capture = tmp_path / "capture.pcap"
    capture.write_bytes(pcap(packets(case.make(canary), case.carrier, case.number)))

    masked = run(capture)
    assert masked.status == 0
    for place, output in {"records": masked.records, **masked.elsewhere}.items():
        assert not canary.shows_in(output), place
    protocols_found = {r["protocol"] for r in findings(masked.records) if str(r["rule"]).startswith("credential.")}
    assert case.shown in protocols_found

    revealed = run(capture, "--reveal")
    assert all(one.shows_in(revealed.records) for one in canary.each()), "not all of what was planted is found"
    for place, output in revealed.elsewhere.items():
        assert not canary.shows_in(output), place


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nor_does_a_conversation_that_goes_wrong(case: Case, run: Run, tmp_path: Path) -> None:
    canary = Canary()
    folder = tmp_path / "captures"
    folder.mkdir()
    for number, data in enumerate(damaged(case, case.make(canary))):
        (folder / f"{number}.pcap").write_bytes(data)
    ran = run(folder)
    assert ran.status == 0
    for place, output in {"records": ran.records, **ran.elsewhere}.items():
        assert not canary.shows_in(output), place


def _file_of(module: str) -> Path | None:
    """The file of a module of parsers or of what they stand on."""
    if not module.startswith(("sensor.protocols.", "sensor.parsing.")):
        return None
    path = FOLDER.parent.joinpath(*module.split(".")[1:])
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _makes_logins(module: str, seen: set[str]) -> bool:
    """Whether a module of parsers, or one of ours that it stands on, makes a `Login`."""
    file = _file_of(module)
    if module in seen or file is None:
        return False
    seen.add(module)
    under: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Login":
            return True
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            under |= {name for name in names if _file_of(name)} or {node.module}
    return any(_makes_logins(each, seen) for each in under)


def test_every_protocol_with_logins_has_a_canary() -> None:
    planted = {case.protocol for case in CASES}
    with_logins = {
        name
        for name, protocol in protocols().items()
        if _makes_logins(getattr(protocol.parser, "__module__", ""), set())
    }
    assert with_logins >= {"ftp", "http", "mqtt", "kerberos", "ospf", "tplink-smarthome"}
    assert with_logins - planted - SENDS_NONE.keys() == set()
    assert planted <= protocols().keys()


def test_the_forms_are_found() -> None:
    canary = Canary()
    secret = canary.word()
    for shown in (
        secret.decode(),
        secret.decode().upper(),
        secret[::-1].decode(),
        secret[:12].decode(),
        secret.hex(),
        base64.b64encode(b"x" + secret).decode(),
        base64.urlsafe_b64encode(b"anna:" + secret).decode(),
        quote_from_bytes(secret),
        "".join(f"%{byte:02X}" for byte in secret),
        json.dumps(secret.decode().encode("utf-16-le").decode("latin-1")),
    ):
        assert canary.shows_in(f"some {shown} text")
    assert not canary.shows_in("some text " + Canary().text())


def test_no_value_of_a_persona_is_shown(run: Run, tmp_path: Path) -> None:
    """Neither as itself nor in base64; but by ``--reveal``, and then in JSON alone."""
    canary = Canary()
    value = canary.word()
    body = b'{"a":"%s","b":"%s"}' % (value, base64.b64encode(value))
    request = b"POST / HTTP/1.1\r\nHost: x.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    capture, people = tmp_path / "capture.pcap", tmp_path / "people.toml"
    capture.write_bytes(pcap(packets([(C, request)], "tcp", 80)))
    people.write_text(f'[[persona]]\nid = "p"\nstring = "{value.decode()}"\n')
    ran = run(capture, "--persona", str(people))
    assert ran.status == 0 and "personal.persona" in {one["rule"] for one in findings(ran.records)}
    for place, output in {"records": ran.records, **ran.elsewhere}.items():
        assert not canary.shows_in(output), place
    revealed = run(capture, "--persona", str(people), "--reveal")
    assert canary.shows_in(revealed.records)
    for place, output in revealed.elsewhere.items():
        assert not canary.shows_in(output), place
