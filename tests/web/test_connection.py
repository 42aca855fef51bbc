import asyncio
import socket
import struct
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn.server import ServerState

from postroom.web.connection import Connection
from tests.web.raw import request


def test_nobody_answers_a_client_that_asked_ahead_and_went_away(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        asked, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            asked.set()
            await go.wait()
            try:
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
                for _ in range(5):
                    await asyncio.sleep(0)  # it is sent, and fails
                await send({"type": "http.response.body", "body": b"{}"})
            finally:
                done.set()

        config = uvicorn.Config(answer, http=Connection, log_config=None)
        config.load()
        state, loop = ServerState(), asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
        async with server:
            client = socket.create_connection(server.sockets[0].getsockname())
            # While there is a second request nothing is read, so that its end is only noticed by writing.
            client.sendall(request("GET", "/") * 2)
            await asked.wait()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()  # by a reset, at once
            go.set()
            await done.wait()

    # On the loop that serves outside of tests.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(ask(), 30))
    assert caplog.records == []
