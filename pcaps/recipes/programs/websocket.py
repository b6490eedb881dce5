"""Turns `serve PORT USER PASSWORD` or `login URL USER PASSWORD plain|deflate ANSWER` into a JSON login inside a
WebSocket.
"""

import asyncio
import json
import sys

import websockets


async def serve(port: str, user: str, password: str) -> None:
    """Answers each login with ok or denied, for ten minutes at most."""

    async def talk(socket: websockets.WebSocketServerProtocol) -> None:
        async for message in socket:
            told = json.loads(message)
            right = told.get("username") == user and told.get("password") == password
            await socket.send(json.dumps({"id": told.get("id"), "result": "ok" if right else "denied"}))

    async with websockets.serve(talk, "", int(port)):
        await asyncio.sleep(600)


async def login(url: str, user: str, password: str, packed: str, answer: str) -> None:
    """Logs in once and insists on the answer."""
    async with websockets.connect(url, compression="deflate" if packed == "deflate" else None) as socket:
        await socket.send(json.dumps({"id": 1, "method": "login", "username": user, "password": password}))
        assert json.loads(await socket.recv())["result"] == answer


asyncio.run(serve(*sys.argv[2:]) if sys.argv[1] == "serve" else login(*sys.argv[2:]))
