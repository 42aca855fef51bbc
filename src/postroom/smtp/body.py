"""The octets of a composed mail, its files drawn from their store as they are wanted."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TypeAlias

from postroom.mail.compose import Composed
from postroom.mail.draft import FileRef
from postroom.mail.encoding import Base64Lines

# Reads a stored file in pieces of any size; raises what the store raises.
OpenFile: TypeAlias = Callable[[FileRef], AsyncIterator[bytes]]


async def flow(composed: Composed, open_file: OpenFile) -> AsyncGenerator[bytes, None]:
    """The message in pieces, files in base64; of a file no more than a piece is in memory. Close it when done."""
    for segment in composed.segments:
        if isinstance(segment, bytes):
            yield segment
            continue
        lines = Base64Lines()
        pieces = open_file(segment)
        try:
            async for piece in pieces:
                yield lines.feed(piece)
        finally:
            # Not left to the garbage collector: a file or a connection to the store may be open in there.
            if isinstance(pieces, AsyncGenerator):
                await pieces.aclose()
        yield lines.finish()
