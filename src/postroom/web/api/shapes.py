"""What the calls of the API take and answer, told once: the table of routes says which call takes which.

Answers are by status; None is an answer without a body.
"""

from collections.abc import Mapping
from typing import Final

from postroom.mail.limits import FILE_OCTETS, FILES_PER_UPLOAD, MIB
from postroom.web.api.wire import emails, files, mail, metadata, org, record_shapes, senders, users
from postroom.web.api.wire.items import Done, outcome, outcomes
from postroom.web.shape import Media, PerModule, Shape

Answers = Mapping[int, Shape | None]

# OpenAPI 3.1.1 §4.8.14.4: what is no text has no type.
_OCTETS: Final = {"contentMediaType": "application/octet-stream"}
_FILES: Final = {
    "type": "array",
    "description": f"Each a part of this name with a file name, {FILE_OCTETS // MIB} MB at the most.",
    "items": _OCTETS,
    "minItems": 1,
    "maxItems": FILES_PER_UPLOAD,
}

# bodies
MAILS: Final[Shape] = mail.schema
NEW_RECORDS: Final[Shape] = PerModule(schema=record_shapes.new)
CHANGE: Final[Shape] = PerModule(schema=record_shapes.changed)
CHANGES: Final[Shape] = PerModule(schema=record_shapes.changed_many)
UPLOAD: Final[Shape] = Media(
    type="multipart/form-data",
    schema={"type": "object", "properties": {files.PART: _FILES}, "required": [files.PART]},
)

# answers
ACCEPTED: Final[Answers] = outcomes(Done[mail.Accepted], 200)
EMAILS: Final[Answers] = {200: emails.Emails, 204: None}
ONE_EMAIL: Final[Answers] = {200: emails.OneEmail}
FROM_ADDRESSES: Final[Answers] = {200: senders.FromAddresses, 204: None}
UPLOADED: Final[Answers] = {200: files.UploadedFiles}
DOWNLOAD: Final[Answers] = {200: Media(type=files.DOWNLOAD, schema=_OCTETS)}
INSERTED: Final[Answers] = outcomes(Done[record_shapes.Stored], 201)
UPDATED: Final[Answers] = outcomes(Done[record_shapes.Stored], 200)
UPDATED_ONE: Final[Answers] = outcome(Done[record_shapes.Stored], 200)
DELETED: Final[Answers] = outcomes(Done[record_shapes.Gone], 200)
DELETED_ONE: Final[Answers] = outcome(Done[record_shapes.Gone], 200)
RECORDS: Final[Answers] = {200: PerModule(schema=record_shapes.listing), 204: None}
ONE_RECORD: Final[Answers] = {200: PerModule(schema=record_shapes.one), 204: None}
MODULES: Final[Answers] = {200: metadata.Modules}
FIELDS: Final[Answers] = {200: metadata.Fields}
USERS: Final[Answers] = {200: users.Users, 204: None}
ONE_USER: Final[Answers] = {200: users.OneUser, 204: None}
ORG: Final[Answers] = {200: org.Organizations}
