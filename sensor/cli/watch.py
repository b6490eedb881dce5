"""The command `watch`: arguments into a live run, its trouble into a sentence and an exit status."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from sensor.cli import _files as files
from sensor.cli._config import (
    alerts_of,
    config_option,
    corrections_source,
    from_file,
    retention_of,
    runs_told,
    settings,
)
from sensor.cli._options import FAIL_ON, check_networks, output, vault_of

if TYPE_CHECKING:
    from sensor.live.metrics import Figures, Server
    from sensor.live.outputs import AlertOutput
    from sensor.live.streams import Stream
    from sensor.run import Options
    from sensor.store.location import StoreLocation

PEOPLE = (
    "what phones, tablets and computers send is not searched for personal data, because it is their owners'; "
    "--people switches that on. Listening may need the consent of those who live or work here"
)


@click.command()
@click.argument("interfaces", nargs=-1, metavar="INTERFACE…")
@click.option("--json", "json_path", metavar="FILE", help="Write records as JSON Lines as they come; - is standard output.")  # fmt: skip
@click.option("--local-net", "local", multiple=True, metavar="CIDR", help="A local network (repeatable); private ranges by default.")  # fmt: skip
@click.option("--users", metavar="FILE", help="Your own names, kinds, merges and splits of devices (TOML).")
@click.option("--facts", metavar="FILE", help="What a lab knows and packets cannot tell (TOML).")
@click.option("--persona", metavar="FILE", help="Seeded truths of a test account to search for in every form (TOML).")
@click.option("--geo", metavar="FILE", help="Countries of addresses, in MaxMind's format (GeoLite2, DB-IP, IPinfo …).")
@click.option("--reveal", is_flag=True, help="Write the secrets themselves into the JSON records.")
@click.option("--flows", is_flag=True, help="Write a record for every flow.")
@click.option("--store", metavar="PATH_OR_URL", help="Keep the run in this database (a path means an SQLite file).")
@click.option("--people", is_flag=True, help="Search what people's phones and computers send for personal data, too.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit with 3 when a verdict at the end is this or worse.")
@click.option("--capture-socket", metavar="PATH", help="Where a capture service listens; this program then needs no privilege.")  # fmt: skip
@click.option("--folder", metavar="DIR", help="Instead: take finished captures that are dropped into this folder, each once.")  # fmt: skip
@click.option("--metrics-port", type=click.IntRange(0, 65535), metavar="PORT", help="Metrics for Prometheus at /metrics on this port.")  # fmt: skip
@click.option("--listen", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address of the metrics; beyond this machine they need a token.")  # fmt: skip
@click.option("--token-file", metavar="FILE", help="A file with the token that who scrapes the metrics must show.")
@click.option("--plain", is_flag=True, help="Lines instead of a page, and no colour.")
@config_option
def watch(interfaces: tuple[str, ...], **options: Any) -> int:
    """Listen to network interfaces (or to a capture on standard input: -) until you end it with Ctrl-C.

    For example on a mirror port: lanwitness watch eth1. From a router: ssh router tcpdump -i br-lan -U -w - 'not port 22' | lanwitness watch -
    """
    if interfaces and from_file("folder"):
        options["folder"] = None
    if options["folder"] is not None:
        if interfaces:
            raise click.UsageError("either interfaces or --folder")
        return take(options["folder"], options)
    interfaces = interfaces or settings().capture.interfaces
    streams = _streams(interfaces, options["capture_socket"])
    return listen(streams, ", ".join(interfaces), options)


def listen(streams: list[Stream], capture: str, options: dict[str, Any], alerts: AlertOutput | None = None) -> int:
    """Run it. ``options`` as those of `watch`."""
    from sensor import config, removal
    from sensor.evidence.storage import Folder, beside
    from sensor.export.jsonlines import JsonLines
    from sensor.live.evidence import Evidence
    from sensor.live.lines import LineOutput
    from sensor.live.metrics import Figures
    from sensor.live.outputs import Alarm, Json, StoreOutput, store_sentence
    from sensor.live.screen import Screen
    from sensor.live.snapshot import Output
    from sensor.live.traffic_counter import TrafficCounter
    from sensor.live.watch import Watch, run_name
    from sensor.model import Status
    from sensor.replay import complain
    from sensor.store.provenance import tool
    from sensor.store.recorder import Recorder

    check_networks(options["local"])
    json_path, store = options["json_path"], options["store"]
    if options["flows"] and json_path is None:
        raise click.UsageError("--flows writes records: it needs --json FILE")
    if options["reveal"]:
        complain("--reveal: the records will hold secrets in the clear; keep them where only you can read them")
    say = complain
    name = run_name(time.time_ns(), capture)
    with ExitStack() as stack:
        stream, json_name = output(stack, json_path)
        tellers: list[Output] = []
        recorder: Recorder | None = None
        vault, evidence = vault_of(reveal=options["reveal"]), None
        json = Json(JsonLines(stream, json_name), name, time.monotonic) if stream is not None else None
        if json is not None:
            tellers.append(json)
        if store is not None:
            state = config.load().state
            recorder = Recorder(
                _place(store),
                lambda health: complain(store_sentence(health)),
                retain=removal.daily(_place(store), state, retention_of(settings()), complain),
            )
            tellers.append(StoreOutput(recorder, name, tool()))
            evidence = Evidence(
                Folder(beside(_place(store), state), days=settings().retention.evidence_days),
                name,
                capture,
                vault,
                complain,
            )
            tellers.append(evidence)
        if alerts is None and settings().alerts.anywhere:
            alerts = alerts_of(
                settings(),
                corrections_source(recorder, _place(store)) if recorder is not None and store is not None else None,
                complain,
            )
            stack.callback(alerts.close)
        if alerts is not None:
            tellers.append(Alarm(alerts, name, tool()))
        if not options["people"] and _first_time():
            complain(PEOPLE)
        if json_path != "-":
            if sys.stdout.isatty() and not options["plain"]:
                screen = stack.enter_context(Screen())
                say = screen.say
                tellers.append(screen)
            else:
                tellers.append(LineOutput(_line))
        if options["metrics_port"] is not None:
            written = recorder
            figures = Figures(None if written is None else lambda: written.health)
            tellers.append(figures)
            stack.enter_context(
                metrics_server(figures, options["listen"], options["metrics_port"], options["token_file"])
            )
        fail_on = options["fail_on"]
        return Watch(
            streams=streams,
            vault=vault,
            options=_options(options),
            name=name,
            capture=capture,
            tellers=tellers,
            say=say,
            on_flow=json.flow if json is not None and options["flows"] else None,
            accounts=TrafficCounter() if store is not None else None,
            evidence=evidence,
            fail_on=Status(fail_on) if fail_on else None,
        ).go()


def take(folder: str, options: dict[str, Any]) -> int:
    """Captures that are dropped into a folder, each a run of its own as `replay` reads it, until it is stopped."""
    import hashlib
    import signal

    from sensor import config
    from sensor.export.progress import Progress
    from sensor.export.terminal import Terminal
    from sensor.live.drop_folder import DropFolder
    from sensor.model import Status
    from sensor.replay import Replay, complain
    from sensor.replay.storing import RunStore

    check_networks(options["local"])
    if options["metrics_port"] is not None:
        raise click.UsageError("--metrics-port is for interfaces; `serve` has the metrics of a store")
    if not options["people"] and _first_time():
        complain(PEOPLE)
    mark = hashlib.sha256(os.fsencode(Path(folder).resolve())).hexdigest()[:16]
    memory = config.load().state / "folders" / mark
    try:
        arrivals = DropFolder(Path(folder), memory, complain)
    except OSError as error:
        raise click.UsageError(f"{memory}: {(error.strerror or 'cannot be used').lower()}; what was taken must be remembered there") from None  # fmt: skip
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: arrivals.stop())
    with ExitStack() as stack:
        stack.callback(arrivals.close)
        stream, name = output(stack, options["json_path"])
        fail_on = options["fail_on"]
        status = Replay(
            paths=arrivals,
            vault=vault_of(reveal=options["reveal"]),
            options=_options(options),
            json=stream,
            json_name=name,
            page=None if options["json_path"] == "-" else Terminal(plain=options["plain"]).page,
            say=complain,
            progress=lambda capture, path: Progress(),
            fail_on=Status(fail_on) if fail_on else None,
            store=RunStore(options["store"], complain, runs_told(stack, options["store"]))
            if options["store"] is not None
            else None,
        ).run()
    return status if arrivals.taken else 0


def _options(options: dict[str, Any]) -> Options:
    from sensor.run import Options

    return Options(
        local=tuple(options["local"]),
        users=files.users(options["users"]),
        facts=files.facts(options["facts"]),
        personas=files.personas(options["persona"]),
        geo=files.geo(options["geo"]),
        flows=options["flows"],
        people=options["people"],
    )


def metrics_server(figures: Figures, address: str, port: int, token_file: str | None) -> Server:
    """Where the metrics are served. UsageError where it cannot be, or where a token is missing or too short."""
    import ipaddress

    from sensor.live.metrics import TOKEN, Server

    try:
        beyond = not ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise click.UsageError(f"--listen: {address!r} is no address") from None
    token = None
    if token_file is not None:
        try:
            token = Path(token_file).read_text("ascii").strip()
        except (OSError, ValueError):
            raise click.UsageError(f"--token-file: {token_file} cannot be read") from None
        if len(token) < TOKEN or not token.isprintable() or " " in token:
            raise click.UsageError(f"--token-file: a token has at least {TOKEN} characters without spaces")
    if beyond and token is None:
        raise click.UsageError("--listen: beyond this machine the metrics need a token: --token-file FILE")
    try:
        return Server(figures, address, port, token)
    except OSError as error:
        raise click.UsageError(f"{address}:{port}: {(error.strerror or 'cannot be had').lower()}") from None


def _streams(interfaces: tuple[str, ...], through: str | None) -> list[Stream]:
    from sensor.live.child import NAME
    from sensor.live.streams import CapturedStream, StdinStream
    from sensor.replay import complain

    if not interfaces:
        raise click.UsageError(f"which interface? There are: {', '.join(_present()) or 'none'}")
    if "-" in interfaces:
        if len(interfaces) > 1:
            raise click.UsageError("- (standard input) stands alone")
        if sys.stdin.isatty():
            raise click.UsageError("- reads a capture from standard input, and that is a terminal; pipe one in")
        return [StdinStream("-", cast(Any, sys.stdin.buffer).raw)]
    for name in interfaces:
        if not NAME.fullmatch(name) or name in (".", ".."):
            raise click.UsageError(f"{name!r} is no name of an interface. There are: {', '.join(_present())}")
        if through is None and name not in _present():
            complain(f"{name}: there is no such interface yet; it is waited for. There are: {', '.join(_present())}")
    return [CapturedStream(name, through) for name in dict.fromkeys(interfaces)]


def _present() -> list[str]:
    return sorted(path.name for path in Path("/sys/class/net").glob("*"))


def _place(store: str) -> StoreLocation:
    """Where the store is; unusable arguments are told at once."""
    from sensor.store.location import StoreFailed, store_location

    try:
        return store_location(store)
    except StoreFailed as error:
        raise click.UsageError(str(error)) from None


def _line(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


def _first_time() -> bool:
    """Whether this is the first live run of this installation; from then on it is not."""
    from sensor import config

    mark = config.load().state / "watched"
    try:
        if mark.exists():
            return False
        mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.touch()
    except OSError:
        pass
    return True
