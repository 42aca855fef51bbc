"""A client for Bigin's own cloud and for Postroom alike: ``Client`` for threads, ``AsyncClient`` for tasks.

How a call goes:

1. ``mails``, ``files``, ``records`` and ``settings`` make it, as a value: a ``talk.Call``, in which no clock or socket
   has a part.
2. ``driver`` does it. ``conversation.Conversation`` tells the driver step by step what to send and when to wait: a
   token first, the request, again where that is safe.
3. ``tokens`` keeps the access token for all who have the same credentials.
4. ``reading`` makes of the answer what the call gives, or raises one of ``errors``.

Nothing here is shared with the server: it is another program that knows the wire.
"""

from postroom.client import files, mails, records, settings
from postroom.client.centers import CENTERS, Center, Place, cloud, own
from postroom.client.conversation import Means, Patience
from postroom.client.credentials import Credentials
from postroom.client.driver import AsyncClient, Client
from postroom.client.errors import CallFailed
from postroom.client.mails import Email, FromAddress, Mail, Mailbox, Sent
from postroom.client.multipart import Upload
from postroom.client.reading import Done
from postroom.client.talk import Call, Page
from postroom.client.tokens import Tokens, user_folder

__all__ = [
    "CENTERS",
    "AsyncClient",
    "Call",
    "CallFailed",
    "Center",
    "Client",
    "Credentials",
    "Done",
    "Email",
    "FromAddress",
    "Mail",
    "Mailbox",
    "Means",
    "Page",
    "Patience",
    "Place",
    "Sent",
    "Tokens",
    "Upload",
    "cloud",
    "files",
    "mails",
    "own",
    "records",
    "settings",
    "user_folder",
]
