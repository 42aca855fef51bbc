"""``/files``: upload and download (W 3.1, 3.2). A file is never whole in memory."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from postroom.errors import Fault, Invalid, NotFound, Reason, TooLarge
from postroom.mail.draft import FileRef
from postroom.mail.limits import FILE_OCTETS, FILES_PER_UPLOAD, MIB
from postroom.store import files
from postroom.store.blobs import Blobs, Writer
from postroom.store.files import Upload, Wanted
from postroom.web import body
from postroom.web.api.wire import files as wire
from postroom.web.call import Call
from postroom.web.multipart import Data, End, Head, Reader
from postroom.web.refusals import Json

_BODY_OCTETS: Final = FILES_PER_UPLOAD * FILE_OCTETS + MIB  # the rest is for boundaries and headers
_ID: Final = re.compile(r"[0-9a-fA-F]{64}")


async def upload(call: Call) -> Response:
    """Store 1 to 10 files; the answer comes after they and their rows are on disk. A refused request leaves nothing."""
    async with AsyncExitStack() as stack:
        intake = _Intake(call.app.blobs, stack)
        async with aclosing(_events(call.request)) as events:
            async for event in events:
                await intake.take(event)
        if not intake.received:
            raise Invalid(Fault(Reason.UPLOAD_BROKEN, details={"reason": "there is no part named file"}))
        # Named only now: of a request that is refused at its last part, none of the others stays.
        new = [await _keep(call, each) for each in intake.received]
    await call.app.db.write(partial(files.add, new=new))
    return Json(wire.uploaded([each.ref for each in new]))


async def download(call: Call) -> Response:
    """The bytes of a file, as they were uploaded."""
    text = call.required("id")
    found = None
    if _ID.fullmatch(text):
        found = await call.app.db.read_together(files.find, Wanted(call.caller.org_id, bytes.fromhex(text)))
    if found is None:
        raise NotFound(Fault(Reason.FILE_UNKNOWN, details={"param_name": "id"}))
    content = call.app.blobs.open(found.digest)
    # Before the status is sent: a file that cannot be read is an answer of its own, not one that breaks off.
    first = await anext(content, b"")
    return StreamingResponse(_from(first, content), headers=wire.download_headers(found), media_type=wire.DOWNLOAD)


@dataclass(frozen=True, slots=True)
class _Received:
    """One file, complete but without its name in the blob store."""

    head: Head
    writer: Writer


class _Intake:
    """Takes the parts of one upload; what is not a file is passed over."""

    def __init__(self, blobs: Blobs, stack: AsyncExitStack) -> None:
        self.received: list[_Received] = []
        self._blobs = blobs
        self._stack = stack
        self._open: _Received | None = None
        self._empty = True

    async def take(self, event: Head | Data | End) -> None:
        """Raises ``Invalid`` for what is no upload, ``TooLarge`` over 20 MB in a file, ``Unavailable``."""
        match event:
            case Head() if event.name == wire.PART:
                await self._begin(event)
            case Data() if self._open is not None:
                self._empty = False
                await self._open.writer.write(event.octets)
            case End() if self._open is not None:
                if self._empty:
                    raise Invalid(Fault(Reason.UPLOAD_BROKEN, details={"reason": "a file is empty"}))
                self.received.append(self._open)
                self._open = None

    async def _begin(self, head: Head) -> None:
        if not head.filename:
            raise Invalid(Fault(Reason.UPLOAD_BROKEN, details={"reason": "a file has no name"}))
        if len(self.received) == FILES_PER_UPLOAD:
            raise Invalid(Fault(Reason.UPLOAD_TOO_MANY, details={"limit": FILES_PER_UPLOAD}))
        writer = await self._stack.enter_async_context(self._blobs.writing(limit=FILE_OCTETS))
        self._open = _Received(head, writer)
        self._empty = True


async def _events(request: Request) -> AsyncGenerator[Head | Data | End]:
    reader = Reader(request.headers.get("content-type"))
    try:
        async for chunk in body.chunks(request, _BODY_OCTETS):
            for event in reader.feed(chunk):
                yield event
    except TooLarge:
        # More than ten of the largest files; which of its files is too large need not be waited for.
        raise TooLarge(Fault(Reason.UPLOAD_TOO_LARGE, details={"limit": FILE_OCTETS})) from None
    reader.close()


async def _keep(call: Call, received: _Received) -> Upload:
    stored = await received.writer.finish()
    name = wire.file_name(received.head.filename or "")
    ref = FileRef(
        file_id=call.app.ids.opaque(),
        digest=stored.digest,
        name=name,
        content_type=wire.content_type(received.head.content_type, name),
        size=stored.size,
    )
    return Upload(ref=ref, org_id=call.caller.org_id, user_id=call.caller.user_id, created_at=call.app.clock())


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
