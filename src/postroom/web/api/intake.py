"""Files as they arrive in the body of a call (W 3.1, 3.3). A file is never whole in memory."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from starlette.requests import Request

from postroom.errors import Fault, Invalid, Reason, TooLarge
from postroom.mail.draft import FileRef
from postroom.mail.limits import FILE_OCTETS, MIB
from postroom.store.blobs import Blobs, Writer
from postroom.store.files import Upload
from postroom.web import body
from postroom.web.api.wire import files as wire
from postroom.web.call import Call
from postroom.web.multipart import Data, End, Head, Reader


async def receive(call: Call, at_most: int) -> list[Upload]:
    """The 1 to ``at_most`` files of a call, on disk; their rows are still to be written.

    Raises ``Invalid`` for what is no upload, ``TooLarge`` over 20 MB in a file, ``Unavailable``; then nothing stays.
    """
    async with AsyncExitStack() as stack:
        intake = _Intake(call.app.blobs, stack, at_most)
        async with aclosing(_events(call.request, at_most)) as events:
            async for event in events:
                await intake.take(event)
        if not intake.received:
            raise Invalid(Fault(Reason.UPLOAD_BROKEN, details={"reason": "there is no part named file"}))
        # Named only now: of a request that is refused at its last part, none of the others stays.
        return [await _keep(call, each) for each in intake.received]


@dataclass(frozen=True, slots=True)
class _Received:
    """One file, complete but without its name in the blob store."""

    head: Head
    writer: Writer


class _Intake:
    """Takes the parts of one upload; what is not a file is passed over."""

    def __init__(self, blobs: Blobs, stack: AsyncExitStack, at_most: int) -> None:
        self.received: list[_Received] = []
        self._blobs = blobs
        self._stack = stack
        self._at_most = at_most
        self._open: _Received | None = None
        self._empty = True

    async def take(self, event: Head | Data | End) -> None:
        """One event of the body; raises like ``receive``."""
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
        if len(self.received) == self._at_most:
            raise Invalid(Fault(Reason.UPLOAD_TOO_MANY, details={"limit": self._at_most}))
        writer = await self._stack.enter_async_context(self._blobs.writing(limit=FILE_OCTETS))
        self._open = _Received(head, writer)
        self._empty = True


async def _events(request: Request, at_most: int) -> AsyncGenerator[Head | Data | End]:
    reader = Reader(request.headers.get("content-type"))
    try:
        # Beside the files there are boundaries and headers.
        async for chunk in body.chunks(request, at_most * FILE_OCTETS + MIB):
            for event in reader.feed(chunk):
                yield event
    except TooLarge:
        # More than that many of the largest files; which of its files is too large need not be waited for.
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
