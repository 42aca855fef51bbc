"""A server that keeps the octets of each request, and answers as it is told."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

HOUR = 3600
TOKEN = "1000.aa.bb"


@dataclass(frozen=True, slots=True)
class Heard:
    """A request: its first line, and every octet."""

    line: str
    octets: bytes

    @property
    def key(self) -> bytes | None:
        """Its idempotency key."""
        lines = self.octets.split(b"\r\n\r\n")[0].split(b"\r\n")
        return next((line[17:] for line in lines if line.startswith(b"Idempotency-Key: ")), None)


# What to say to a request; None: to close without a word.
Say = Callable[[Heard], bytes | None]


@dataclass(kw_only=True)
class Recorder:
    """What was heard, in order."""

    say: Say
    url: str = ""
    heard: list[Heard] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The first lines."""
        return [each.line for each in self.heard]

    def asked(self, what: str) -> list[Heard]:
        """The requests with this in their first line."""
        return [each for each in self.heard if what in each.line]


def answer(body: Any = None, status: int = 200, **headers: str) -> bytes:
    """An answer in JSON; none has no body."""
    content = b"" if body is None else json.dumps(body).encode()
    fields = {"Content-Type": "application/json;charset=UTF-8", "Content-Length": str(len(content))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


def granted(token: str = TOKEN, **more: object) -> bytes:
    """A token answer (W 4.5)."""
    return answer({"access_token": token, "expires_in": HOUR, "token_type": "Bearer", **more})


def accepted(**more: object) -> bytes:
    """The answer to a mail (W 1.3)."""
    done = {"code": "SUCCESS", "message": "Your mail has been sent successfully.", "status": "success"}
    return answer({"data": [{**done, "details": {"message_id": "ab" * 32, **more}}]})


def script(*said: bytes | None, token: bytes | None = None) -> Say:
    """Say these one after the other, the last one again and again; a token to whoever asks for one."""
    waiting = list(said)

    def say(heard: Heard) -> bytes | None:
        if "/oauth/" in heard.line:
            return token or granted()
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return say


@contextmanager
def recording(say: Say) -> Iterator[Recorder]:
    """Listen on a free port of this machine."""
    recorder = Recorder(say=say)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while head := _head(self.rfile):
                lines = head.split(b"\r\n")
                length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
                heard = Heard(lines[0].decode(), head + self.rfile.read(length))
                recorder.heard.append(heard)
                said = recorder.say(heard)
                if said is None:
                    return
                self.wfile.write(said)

    with _Server(("127.0.0.1", 0), Handler) as server:
        recorder.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False


def _head(stream: Any) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        head += line
    return head
