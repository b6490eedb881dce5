"""The command `serve`: the dashboard of a store, by plain HTTP on this machine, by TLS beyond it."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.catalogue import LANGUAGES
from sensor.cli._config import config_option, retention_of, settings
from sensor.cli._options import log_options
from sensor.cli._store import store_errors
from sensor.files import error_reason, write_atomic

if TYPE_CHECKING:
    from dashboard.auth.access import AccessControl
    from dashboard.daily_tidy import DailyTidy
    from sensor.store.location import StoreLocation

LOOPBACK = ("127.0.0.1", "::1")

CONTACTS = ("mailto:", "https://", "tel:")
"""What RFC 9116 2.5.3 takes as a contact."""

FOLDER = "dashboard"
"""Of the state folder: users, the log of changes, certificate, token."""

LINK_FILE = "set-up.link"
"""In that folder: the last one-time link, where it went to no terminal."""


@click.command()
@click.option("--store", required=True, metavar="PATH_OR_URL", help="The store that replay --store or watch fills.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port.")
@click.option(
    "--bind",
    metavar="ADDRESS",
    help="An address of this machine, or 0.0.0.0 or :: for all; "
    "by default 127.0.0.1 and ::1, which only this machine reaches.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A further name by which browsers may ask for the dashboard (repeatable).",
)
@click.option(
    "--tls-cert", metavar="FILE", help="Certificate with its chain (PEM), in place of one made for this machine."
)
@click.option("--tls-key", metavar="FILE", help="The certificate's key (PEM).")
@click.option("--invite", type=click.Choice(("viewer", "admin")), help="Print a one-time link for one more user.")
@click.option(
    "--max-upload",
    type=click.IntRange(1, 1024 * 1024),
    default=2048,
    show_default=True,
    metavar="MB",
    help="Largest capture that may be sent in.",
)
@click.option(
    "--contact",
    metavar="URI",
    help="Whom to tell of a flaw, for /.well-known/security.txt (mailto:, https:// or tel:).",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="The language of the pages; by default what each browser asks for. A choice on a page counts more.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but a one-time link and what goes wrong.")
@log_options
@config_option
def serve(
    store: str,
    port: int,
    bind: str | None,
    hosts: tuple[str, ...],
    tls_cert: str | None,
    tls_key: str | None,
    invite: str | None,
    max_upload: int,
    contact: str | None,
    language: str | None,
    quiet: bool,
) -> int:
    """Show a store in a browser, with metrics at /metrics; Ctrl+C ends it.

    The first start prints a link that works once: there a name and a password are chosen. Beyond this machine it speaks
    TLS only.
    """
    beyond = _beyond(bind)
    if contact is not None and (not contact.startswith(CONTACTS) or not contact.isprintable() or " " in contact):
        raise click.BadParameter("a URI that begins with mailto:, https:// or tel:", param_hint="--contact")
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    from dashboard import create_app
    from dashboard.auth.accounts import ADMIN
    from dashboard.server import DashboardServer, TlsAdapter
    from sensor.live.service_notification import ServiceNotification
    from sensor.store.location import store_location
    from sensor.text import safe

    access, pair = _access(bind, hosts, beyond=beyond, tls=tls_cert, key=tls_key, largest=max_upload * 1000 * 1000)
    with store_errors():
        where = store_location(store)
        _make_store(where)
        app = create_app(where, contact=contact, access=access, speaks=language)
    try:
        tls = TlsAdapter(*pair[:2]) if pair is not None else None
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = error_reason(error, "cannot be used")
        raise click.ClickException(
            f"{pair[0] if pair else ''}: the certificate or its key cannot be used ({reason})"
        ) from None
    sockets = listening(port, (bind,) if bind is not None else LOOPBACK)
    bases = [_url(sock, bind, tls=tls is not None, hosts=hosts) for sock in sockets]
    serving = DashboardServer(app, sockets, tls, access.upload)
    # Stopped by systemd as by Ctrl+C: reading ends, and no upload stays behind.
    signal.signal(signal.SIGTERM, _end)
    with ExitStack() as stack:
        stack.callback(app.extensions["jobs"].close)
        serving.start()
        stack.callback(serving.stop)
        stack.callback(app.extensions["watch"].close)
        if where.path is None:
            stack.callback(_daily_tidy(where).close)
        service = ServiceNotification()
        service.ready()
        stack.callback(service.stopping)
        if not quiet:
            shown = f" of {safe(store, 400)}" if "://" not in store else ""
            click.echo(f"The dashboard{shown} is at {' and '.join(bases)} (Ctrl+C ends it)")
            if pair is not None and pair[2]:
                click.echo(f"Your browser does not know its certificate; its SHA-256 is {pair[2]}")
            if access.metrics_token is not None:
                click.echo(f"/metrics asks for the token in {access.folder / 'metrics.token'}")
        role = ADMIN if access.accounts.empty else invite
        if role is not None:
            access.audit.write("link.printed", user=None, role=role)
            _show_link(f"{bases[0]}set-up/{access.accounts.link(role)}", role, access.folder / LINK_FILE)
        serving.wait()
    return 0


def _show_link(link: str, role: str, file: Path) -> None:
    """On a terminal the link itself; what goes to a journal is read by others, so there it stands in a file."""
    what = f"to choose a name and a password ({role})"
    if sys.stdout.isatty():
        click.echo(f"Open this once, within a day, {what}: {link}")
        return
    try:
        write_atomic(file, f"{link}\n".encode())
    except OSError as error:
        raise click.ClickException(f"{file}: {error_reason(error, 'cannot be written')}") from None
    click.echo(f"A link that works once, within a day, {what} is in {file}")


def _daily_tidy(where: StoreLocation) -> DailyTidy:
    """Retention of a hub, where the log-in of the store owns it."""
    from dashboard.daily_tidy import DailyTidy, hub_retention
    from sensor import config
    from sensor.replay import complain

    return DailyTidy(hub_retention(where, config.load().state, retention_of(settings())), complain)


def _make_store(where: StoreLocation) -> None:
    """Before the first `watch` there is none: an empty one is made, and pages say what to do. Raises StoreFailed."""
    if where.path is not None and not where.path.exists():
        from sensor.store.writer import Writer

        Writer(where).close()


def _end(*_: object) -> None:
    # Raised and not sent on as SIGINT, which a program that a script began in the background ignores.
    raise KeyboardInterrupt


def _beyond(bind: str | None) -> bool:
    """Whether other machines can reach that address."""
    if bind is None:
        return False
    try:
        return not ipaddress.ip_address(bind).is_loopback
    except ValueError:
        raise click.BadParameter("an IP address of this machine", param_hint="--bind") from None


def _access(
    bind: str | None, hosts: tuple[str, ...], *, beyond: bool, tls: str | None, key: str | None, largest: int
) -> tuple[AccessControl, tuple[Path, Path, str] | None]:
    """Access control, and certificate, key and fingerprint ("" for a given one); None for plain HTTP."""
    from dashboard.auth import certificate
    from dashboard.auth.access import AccessControl
    from dashboard.auth.accounts import Accounts
    from dashboard.auth.api_tokens import ApiTokens
    from dashboard.auth.audit import Audit
    from dashboard.auth.guard import LOOPBACK as NAMES
    from dashboard.views.service import token
    from sensor import config

    folder = config.load().state / FOLDER
    names = {*NAMES, *(host.lower() for host in hosts)}
    pair: tuple[Path, Path, str] | None = None
    try:
        if beyond:
            names |= set(certificate.names_of(bind or ""))
        if tls is not None and key is not None:
            pair = (Path(tls), Path(key), "")
        elif beyond:
            own = certificate.own(folder, names)
            pair = (own.certificate, own.key, own.fingerprint)
        return AccessControl(
            folder=folder,
            accounts=Accounts(folder),
            audit=Audit(folder),
            tokens=ApiTokens(folder),
            hosts=frozenset(names),
            beyond=beyond,
            tls=pair is not None,
            trusted=tls is not None,
            # A name beside those of this machine: a proxy forwards requests, and the peer's address proves nothing.
            metrics_token=token(folder) if beyond or hosts else None,
            upload=largest,
        ), pair
    except (OSError, ValueError) as error:
        reason = error_reason(error, "cannot be used")
        raise click.ClickException(f"{folder}: {reason}") from None


def _url(sock: socket.socket, bind: str | None, *, tls: bool, hosts: tuple[str, ...]) -> str:
    address, port = sock.getsockname()[:2]
    if ipaddress.ip_address(address).is_unspecified:
        address = socket.gethostname()
    if hosts:
        address = hosts[0]
    return f"{'https' if tls else 'http'}://{f'[{address}]' if ':' in address else address}:{port}/"


def listening(port: int, addresses: tuple[str, ...]) -> list[socket.socket]:
    """A bound socket for each address; none for ::1 where this machine has no IPv6 and both were wanted.

    Raises ClickException where an address or the port cannot be had.
    """
    sockets: list[socket.socket] = []
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            made = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            if sockets:
                continue
            raise click.ClickException(f"{address}: this machine has no such address") from None
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if family == socket.AF_INET6:
                # :: stands for every address, those of IPv4 as well.
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
            made.bind((address, port))
        except OSError as error:
            made.close()
            # EADDRNOTAVAIL for ::1: IPv6 is off. A port in use is an error: another program would answer there.
            if sockets and error.errno == errno.EADDRNOTAVAIL:
                continue
            for one in sockets:
                one.close()
            reason = "is in use; choose another with --port" if error.errno == errno.EADDRINUSE else "cannot be used"
            raise click.ClickException(f"port {port} on {address} {reason}") from None
        sockets.append(made)
    return sockets
