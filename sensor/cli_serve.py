"""The command `serve`: a store on a loopback port of this machine, by a server that is made for it; any other address is refused."""

from __future__ import annotations

import socket

import click

LOOPBACK = ("127.0.0.1", "::1")
REQUEST_HEADER = 16 * 1024
"""Bytes of a request's header: browsers send under 8 KiB, and nothing here needs more."""

CONTACTS = ("mailto:", "https://", "tel:")
"""What RFC 9116 2.5.3 takes as a contact."""


@click.command()
@click.option("--store", required=True, metavar="PATH_OR_URL", help="The store that replay --store filled.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port on this machine.")
@click.option("--bind", metavar="ADDRESS", help="127.0.0.1 or ::1; both by default. No other address yet.")
@click.option(
    "--contact",
    metavar="URI",
    help="Whom to tell of a flaw, for /.well-known/security.txt (mailto:, https:// or tel:).",
)
def serve(store: str, port: int, bind: str | None, contact: str | None) -> int:
    """Show a store in a browser on this machine, with metrics at /metrics. Nothing can be changed through it; Ctrl+C ends it."""
    if bind is not None and bind not in LOOPBACK:
        raise click.BadParameter(
            "only 127.0.0.1 and ::1: beyond this machine the dashboard needs a login and TLS, which come later (docs/plan.md)",
            param_hint="--bind",
        )
    if contact is not None and (not contact.startswith(CONTACTS) or not contact.isprintable() or " " in contact):
        raise click.BadParameter("a URI that begins with mailto:, https:// or tel:", param_hint="--contact")
    from sensor.export.terminal import safe
    from sensor.store.place import StoreFailed, place

    try:
        from dashboard import create_app

        app = create_app(place(store), contact=contact)
    except StoreFailed as error:
        raise click.ClickException(safe(str(error), 400)) from None
    from waitress.server import create_server

    sockets = listening(port, (bind,) if bind is not None else LOOPBACK)
    server = create_server(
        app, sockets=sockets, ident=None, expose_tracebacks=False, max_request_header_size=REQUEST_HEADER, max_request_body_size=REQUEST_HEADER
    )  # fmt: skip
    hosts = " and ".join(f"http://{'[::1]' if s.family == socket.AF_INET6 else '127.0.0.1'}:{port}/" for s in sockets)
    click.echo(
        f"The dashboard of {safe(store, 400)} is at {hosts} (Ctrl+C ends it)"
        if "://" not in store
        else f"The dashboard is at {hosts} (Ctrl+C ends it)"
    )
    try:
        server.run()
    finally:
        server.close()
    return 0


def listening(port: int, addresses: tuple[str, ...]) -> list[socket.socket]:
    """A bound socket for each address; without one for ::1 where this machine has no IPv6 and both were wanted. ClickException where it cannot be."""
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
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((address, port))
        except OSError as error:
            made.close()
            # EADDRNOTAVAIL for ::1: IPv6 is switched off. A port that is taken is never passed over: somebody else would answer there.
            import errno

            if sockets and error.errno == errno.EADDRNOTAVAIL:
                continue
            for one in sockets:
                one.close()
            told = "is in use; choose another with --port" if error.errno == errno.EADDRINUSE else "cannot be used"
            raise click.ClickException(f"port {port} on {address} {told}") from None
        sockets.append(made)
    return sockets
