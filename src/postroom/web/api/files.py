"""``/files``: upload and download (W 3.1, 3.2). A file is never whole in memory."""

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from starlette.responses import Response, StreamingResponse

from postroom.errors import Fault, NotFound, Reason
from postroom.mail.draft import FileRef
from postroom.mail.limits import FILES_PER_UPLOAD
from postroom.store import files
from postroom.store.files import Wanted
from postroom.web.api.intake import receive
from postroom.web.api.wire import files as wire
from postroom.web.call import Call
from postroom.web.refusals import Json

_ID: Final = re.compile(r"[0-9a-fA-F]{64}")


async def upload(call: Call) -> Response:
    """Store 1 to 10 files; the answer comes after they and their rows are on disk. A refused request leaves nothing."""
    new = await receive(call, FILES_PER_UPLOAD)
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
    return await content(call, found)


async def content(call: Call, ref: FileRef) -> Response:
    """The bytes of a stored file."""
    stored = call.app.blobs.open(ref.digest)
    # Before the status is sent: a file that cannot be read is an answer of its own, not one that breaks off.
    first = await anext(stored, b"")
    return StreamingResponse(_from(first, stored), headers=wire.download_headers(ref), media_type=wire.DOWNLOAD)


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
