"""Turns what a client on this host says into segments of one byte each: `drip LOCAL_PORT ADDRESS PORT`, a relay that
ends by itself.
"""

import asyncio
import socket
import sys


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Each byte of the client leaves alone; what the server says comes back as it is."""
    theirs, ours = await asyncio.open_connection(sys.argv[2], int(sys.argv[3]))
    ours.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def back() -> None:
        while heard := await theirs.read(4096):
            writer.write(heard)
            await writer.drain()
        writer.close()

    task = asyncio.create_task(back())
    while said := await reader.read(4096):
        for byte in said:
            ours.write(bytes([byte]))
            await ours.drain()
            await asyncio.sleep(0.001)
    ours.write_eof()
    await asyncio.wait_for(task, 10)


async def main() -> None:
    """Serves for two minutes."""
    async with await asyncio.start_server(relay, "127.0.0.1", int(sys.argv[1])):
        await asyncio.sleep(120)


asyncio.run(main())
