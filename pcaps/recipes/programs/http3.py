"""Turns `serve ADDRESS PORT CERTIFICATE KEY` or `get ADDRESS PORT NAME PATH CA [PADDING]` into HTTP/3 spoken by
aioquic.
"""

import asyncio
import sys
from collections.abc import Callable

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

PAGE = b"<html><body>" + b"A page that only the two ends can read. " * 50 + b"</body></html>"


class Http3(QuicConnectionProtocol):
    """Either end: hands HTTP/3 events to `heard`."""

    heard: Callable[["Http3", H3Event], None]
    http: H3Connection | None = None

    def quic_event_received(self, event: QuicEvent) -> None:
        if self.http is None:
            self.http = H3Connection(self._quic)
        for said in self.http.handle_event(event):
            self.heard(said)


class Server(Http3):
    def heard(self, event: H3Event) -> None:  # type: ignore[override]
        if isinstance(event, HeadersReceived) and self.http is not None:
            self.http.send_headers(event.stream_id, [(b":status", b"200"), (b"content-type", b"text/html")])
            self.http.send_data(event.stream_id, PAGE, end_stream=True)
            self.transmit()


class Client(Http3):
    done: "asyncio.Future[bool]"

    def heard(self, event: H3Event) -> None:  # type: ignore[override]
        if isinstance(event, DataReceived) and event.stream_ended and not self.done.done():
            self.done.set_result(True)


async def run() -> None:
    """Serves for ten minutes at most; gets one page within ten seconds."""
    what, address, port, *more = sys.argv[1:]
    if what == "serve":
        configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
        configuration.load_cert_chain(more[0], more[1])
        await serve(address, int(port), configuration=configuration, create_protocol=Server)
        await asyncio.sleep(900)
        return
    name, path, authority, padding = (*more, "0")[:4]
    # More protocols to choose from make a ClientHello that does not fit one Initial packet.
    offered = [*H3_ALPN, *(f"an-invented-protocol/{n}" for n in range(int(padding)))]
    configuration = QuicConfiguration(is_client=True, alpn_protocols=offered, server_name=name)
    configuration.load_verify_locations(authority)
    async with connect(address, int(port), configuration=configuration, create_protocol=Client) as client:
        assert isinstance(client, Client)
        client.done = asyncio.get_running_loop().create_future()
        client.http = client.http or H3Connection(client._quic)
        client.http.send_headers(
            client._quic.get_next_available_stream_id(),
            [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", name.encode()), (b":path", path.encode())],
            end_stream=True,
        )
        client.transmit()
        await asyncio.wait_for(client.done, 10)


asyncio.run(run())
