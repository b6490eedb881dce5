"""The command `watch`: a live run of interfaces, of a stream on standard input, or of a drop folder."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from sensor.cli._config import (
    config_option,
    from_file,
    notifier_of_runs,
    settings,
)
from sensor.cli._earlier import EarlierPart, earlier_part, watch_alone
from sensor.cli._options import RunOptions, log_options, output, run_options, vault_of
from sensor.cli._reload import Reload, alarm_output, at_terminal, never_stored, order_desk, record_file, recorder_of
from sensor.files import error_reason
from sensor.light_dataclass import dataclass

if TYPE_CHECKING:
    from sensor.live.evidence import EvidenceOutput
    from sensor.live.metrics import Figures, MetricsServer
    from sensor.live.outputs import JsonOutput
    from sensor.live.snapshot import Output
    from sensor.live.streams import PacketStream
    from sensor.replay.storing import RunStore
    from sensor.store.location import StoreLocation
    from sensor.store.recorder import Health, Recorder
    from sensor.vault import Vault

RECORDS = "records"

PEOPLE = (
    "what phones, tablets and computers send is not searched for personal data, because it is their owners'; "
    "--people switches that on. Listening may need the consent of those who live or work here"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions(RunOptions):
    """The options of `watch`, by the names of the parameters."""

    people: bool = False
    capture_socket: str | None = None
    folder: str | None = None
    json_size: int | None = None
    metrics_port: int | None = None
    listen: str = "127.0.0.1"
    token_file: str | None = None
    json_as: str = RECORDS
    user: str | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a live run reports to. ``all`` are updated with each snapshot; ``say`` takes sentences for the user."""

    all: list[Output]
    say: Callable[[str], None]
    json: JsonOutput | None
    evidence: EvidenceOutput | None
    recorder: Recorder | None
    reload: Callable[[], None]

    def health(self) -> Health | None:
        """How the store does; None without one."""
        return self.recorder.health if self.recorder is not None else None


@click.command()
@click.argument("interfaces", nargs=-1, metavar="INTERFACE…")
@run_options(
    json="Write records as JSON Lines as they come; - is standard output.",
    fail_on="Exit with 3 when a verdict at the end is this or worse.",
    plain="Lines instead of a page, and no colour.",
)
@click.option("--people", is_flag=True, help="Search what people's phones and computers send for personal data, too.")
@click.option(
    "--capture-socket",
    metavar="PATH",
    help="Where a capture service listens; this program then needs no privilege.",
)
@click.option(
    "--folder",
    metavar="DIR",
    help="Instead: take finished captures that are dropped into this folder, each once.",
)
@click.option(
    "--json-size",
    type=click.IntRange(1, 1_000_000),
    metavar="MB",
    help="Put the file of --json aside at this size; three old ones stay.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Metrics for Prometheus at /metrics on this port.",
)
@click.option(
    "--listen",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Address of the metrics; beyond this machine they need a token.",
)
@click.option("--token-file", metavar="FILE", help="A file with the token that who scrapes the metrics must show.")
@click.option(
    "--json-as",
    type=click.Choice([RECORDS, "ecs", "eve"]),
    default=RECORDS,
    show_default=True,
    help="The form of the lines of --json: records, documents of ECS, or Suricata's EVE lines.",
)
@click.option("--user", metavar="NAME", help="Started as root: go on as this user. Default: who called sudo.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but what goes wrong.")
@log_options
@config_option
def watch(interfaces: tuple[str, ...], **given: Any) -> int:
    """Listen to network interfaces (or to a capture on standard input: -) until you end it with Ctrl-C.

    For example on a mirror port: lanwitness watch eth1. From a router: ssh router tcpdump -i br-lan -U -w - 'not port
    22' | lanwitness watch -
    """
    options = WatchOptions(**given)
    if interfaces and from_file("folder"):
        options = replace(options, folder=None)
    if options.folder is not None:
        if interfaces:
            raise click.UsageError("either interfaces or --folder")
        if options.json_as != RECORDS:
            raise click.UsageError("--json-as is for interfaces; `export` has the formats of finished captures")
        _give_up_root(options)
        return take(options.folder, options)
    interfaces = interfaces or settings().capture.interfaces
    with ExitStack() as stack:
        streams = _streams(interfaces, options.capture_socket, stack)
        _give_up_root(options)
        return listen(streams, ", ".join(interfaces), options)


def listen(streams: list[PacketStream], capture: str, options: WatchOptions) -> int:
    """Read live streams until they end or the user ends it; the exit status. ``capture``: what the run is of."""
    from sensor.live.traffic_counter import TrafficCounter
    from sensor.live.watch import BUG, FAILED_ON, UNUSABLE, LiveRun, run_name

    options.check()
    vault = vault_of(reveal=options.reveal)
    with ExitStack() as stack:
        earlier = EarlierPart()
        if options.store is not None:
            where = _location(options.store)
            watch_alone(where, streams, stack)
            earlier = earlier_part(where, capture, streams)
        name = earlier.run or run_name(time.time_ns(), capture)
        outputs = outputs_for(options, name, capture, vault, stack, earlier)
        status = LiveRun(
            streams=streams,
            vault=vault,
            options=options.sensor_options(people=options.people),
            name=name,
            capture=capture,
            outputs=outputs.all,
            say=outputs.say,
            on_flow=outputs.json.flow if outputs.json is not None and options.flows else None,
            accounts=TrafficCounter() if options.store is not None else None,
            evidence=outputs.evidence,
            saved=earlier.saved,
            before=earlier.state,
            reload=None if at_terminal() else outputs.reload,
            store=outputs.health,
            fail_on=options.worst_status(),
        ).go()
        if outputs.recorder is not None and (lost := never_stored(outputs.recorder)):
            outputs.say(lost)
            return status if status in (FAILED_ON, BUG) else UNUSABLE
        return status


def outputs_for(
    options: WatchOptions,
    name: str,
    capture: str,
    vault: Vault,
    stack: ExitStack,
    earlier: EarlierPart | None = None,
) -> Outputs:
    """The outputs that the options and the configuration name, open as long as ``stack``. ``name``: the run's."""
    from sensor.export.jsonlines import JsonLines
    from sensor.export.shaped_lines import Lines, ShapedLines
    from sensor.live.local_state import LocalState
    from sensor.live.metrics import Figures
    from sensor.live.outputs import JsonOutput, StoreOutput
    from sensor.replay import complain
    from sensor.store.provenance import tool

    outputs: list[Output] = []
    say: Callable[[str], None] = complain
    stream, json_name = output(stack, options.json_path, private=options.reveal)
    json: JsonOutput | None = None
    if stream is not None:
        lines: Lines = JsonLines(stream, json_name)
        if options.json_as != RECORDS:
            lines = ShapedLines(lines, options.json_as)
        file = record_file(stream, options)
        json = JsonOutput(lines, name, time.monotonic, options.language, file)
        outputs.append(json)
    recorder: Recorder | None = None
    evidence: EvidenceOutput | None = None
    if options.store is not None:
        where = _location(options.store)
        earlier = earlier or EarlierPart()
        desk = order_desk(where, earlier.identity)
        recorder = recorder_of(where, capture, desk)
        evidence = _evidence(where, name, capture, vault)
        evidence.orders = desk
        if earlier.local is not None:
            outputs.append(LocalState(earlier.local, name, earlier.parts))
        outputs += [StoreOutput(recorder, name, tool(), earlier.identity), evidence]
    alarms = alarm_output(options.store, recorder, name, stack)
    outputs.append(alarms)
    if not options.people and _first_time():
        complain(PEOPLE)
    if options.json_path != "-" and not options.quiet:
        display, say = _display(plain=options.plain, language=options.language, stack=stack)
        outputs.append(display)
    if options.metrics_port is not None:
        figures = Figures(None if recorder is None else lambda: recorder.health)
        outputs.append(figures)
        stack.enter_context(metrics_server(figures, options.listen, options.metrics_port, options.token_file))
    reload = Reload(options.store, recorder, json, alarms, lambda sentence: say(sentence))
    return Outputs(outputs, say, json, evidence, recorder, reload)


def _evidence(where: StoreLocation, name: str, capture: str, vault: Vault) -> EvidenceOutput:
    from sensor import config
    from sensor.evidence.storage import EvidenceFolder, evidence_path
    from sensor.live.evidence import EvidenceOutput
    from sensor.replay import complain

    folder = EvidenceFolder(evidence_path(where, config.load().state), days=settings().retention.evidence_days)
    return EvidenceOutput(folder, name, capture, vault, complain)


def _display(*, plain: bool, language: str, stack: ExitStack) -> tuple[Output, Callable[[str], None]]:
    """A page on a terminal, lines elsewhere; and where sentences for the user go meanwhile."""
    from sensor.live.lines import LineOutput
    from sensor.live.screen import Screen
    from sensor.replay import complain

    if plain or not sys.stdout.isatty():
        return LineOutput(_line, language), complain
    screen = stack.enter_context(Screen(language=language))
    return screen, screen.say


def take(folder: str, options: WatchOptions) -> int:
    """Captures that are dropped into a folder, each a run of its own as `replay` reads it, until it is stopped."""
    from sensor.replay import UNUSABLE, complain
    from sensor.replay.storing import RunStore

    options.check()
    if options.metrics_port is not None:
        raise click.UsageError("--metrics-port is for interfaces; `serve` has the metrics of a store")
    with ExitStack() as stack:
        store = None
        if options.store is not None:
            # A capture is taken once: none may be read that a bad store would lose.
            store = RunStore(options.store, complain, notifier_of_runs(stack, options.store))
            stack.callback(store.close)
            if store.failed:
                return UNUSABLE
        return _take(folder, options, store, stack)


def _take(folder: str, options: WatchOptions, store: RunStore | None, stack: ExitStack) -> int:
    import hashlib
    import signal

    from sensor import config
    from sensor.export.progress import Progress
    from sensor.export.terminal import Terminal
    from sensor.live.drop_folder import DropFolder
    from sensor.live.service_notification import ServiceNotification
    from sensor.replay import Replay, complain

    if not options.people and _first_time():
        complain(PEOPLE)
    mark = hashlib.sha256(os.fsencode(Path(folder).resolve())).hexdigest()[:16]
    memory = config.load().state / "folders" / mark
    try:
        arrivals = DropFolder(Path(folder), memory, complain)
    except OSError as error:
        reason = error_reason(error, "cannot be used")
        raise click.UsageError(f"{memory}: {reason}; what was taken must be remembered there") from None
    service = ServiceNotification()

    def stop(*_: object) -> None:
        service.stopping()
        arrivals.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    service.ready()
    stack.callback(arrivals.close)
    stream, name = output(stack, options.json_path, private=options.reveal)
    status = Replay(
        paths=arrivals,
        vault=vault_of(reveal=options.reveal),
        options=options.sensor_options(people=options.people),
        json=stream,
        json_name=name,
        page=None
        if options.json_path == "-" or options.quiet
        else Terminal(plain=options.plain, language=options.language).page,
        say=complain,
        progress=lambda capture, path: Progress(),
        fail_on=options.worst_status(),
        store=store,
    ).run()
    return status if arrivals.taken else 0


def metrics_server(figures: Figures, address: str, port: int, token_file: str | None) -> MetricsServer:
    """The server of the metrics. UsageError where the address cannot be had, or a token is missing or too short."""
    import ipaddress

    from sensor.live.metrics import MetricsServer
    from sensor.prometheus import read_token

    try:
        beyond = not ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise click.UsageError(f"--listen: {address!r} is no address") from None
    token = None
    if token_file is not None:
        try:
            token = read_token(Path(token_file))
        except (OSError, UnicodeDecodeError):
            raise click.UsageError(f"--token-file: {token_file} cannot be read") from None
        except ValueError as error:
            raise click.UsageError(f"--token-file: {error}") from None
    if beyond and token is None:
        raise click.UsageError("--listen: beyond this machine the metrics need a token: --token-file FILE")
    try:
        return MetricsServer(figures, address, port, token)
    except OSError as error:
        raise click.UsageError(f"{address}:{port}: {error_reason(error, 'cannot be had')}") from None


def _give_up_root(options: WatchOptions) -> None:
    """Before the first packet, and before a file is made. Without root there is nothing to give up."""
    if os.geteuid() != 0:
        if options.user is not None:
            raise click.UsageError("--user is for a run that root starts")
        return
    from sensor import config
    from sensor.live.privileges import UserError, give_up_root, may_write, user_of

    try:
        give_up_root(user_of(options.user, os.environ))
        may_write(config.load().state)
    except UserError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"root cannot be given up: {error_reason(error, 'refused')}") from None


def _streams(interfaces: tuple[str, ...], through: str | None, stack: ExitStack) -> list[PacketStream]:
    from sensor.live.child import NAME
    from sensor.live.streams import CapturedStream, Launcher, StdinStream
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
    if through is not None or os.geteuid() != 0:
        return [CapturedStream(name, through) for name in dict.fromkeys(interfaces)]
    streams: list[PacketStream] = []
    for name in dict.fromkeys(interfaces):
        launcher = Launcher(name)
        stack.callback(launcher.close)
        streams.append(CapturedStream(name, start=launcher))
    return streams


def _present() -> list[str]:
    return sorted(path.name for path in Path("/sys/class/net").glob("*"))


def _location(store: str) -> StoreLocation:
    """Where the store is; an unusable argument is refused before the run begins."""
    from sensor.store.location import StoreFailed, store_location

    try:
        return store_location(store)
    except StoreFailed as error:
        raise click.UsageError(str(error)) from None


def _line(text: str) -> None:
    try:
        click.echo(text)
        sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.EIO:  # else the terminal is gone, and SIGHUP ends the run
            raise


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
