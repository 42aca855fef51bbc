"""What the calls of the API take and answer, told once: the table of routes says which call takes which.

Answers are by status; None is an answer without a body.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from postroom import record
from postroom.mail.life import Verb
from postroom.mail.limits import FILE_OCTETS, FILES_PER_UPLOAD, MIB
from postroom.web.api.wire import (
    attachments,
    chosen,
    coql,
    domain_keys,
    emails,
    fields,
    files,
    layouts,
    locks,
    mail,
    metadata,
    org,
    owners,
    pages,
    record_shapes,
    related_lists,
    renaming,
    roles,
    senders,
    tags,
    templates,
    users,
)
from postroom.web.api.wire.items import Done, Gone, Upserted, each, outcome, outcomes
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
MOMENT: Final[Shape] = mail.time
TO_HOLD: Final[Shape] = chosen.schema(Verb.HOLD)
TO_RELEASE: Final[Shape] = chosen.schema(Verb.RELEASE)
TO_CANCEL: Final[Shape] = chosen.schema(Verb.CANCEL)
TO_RETRY: Final[Shape] = chosen.schema(Verb.RETRY)
TO_MOVE: Final[Shape] = chosen.schema(Verb.MOVE)
NEW_RECORDS: Final[Shape] = PerModule(schema=record_shapes.new)
UPSERT: Final[Shape] = PerModule(schema=record_shapes.upsert)
CHANGE: Final[Shape] = PerModule(schema=record_shapes.changed)
CHANGES: Final[Shape] = PerModule(schema=record_shapes.changed_many)
NEW_NOTES: Final[Shape] = partial(record_shapes.new, module=record.NOTES)
CHANGED_NOTE: Final[Shape] = partial(record_shapes.changed, module=record.NOTES)
IDS: Final[Shape] = record_shapes.ids
OWNER: Final[Shape] = owners.one
OWNER_OF_MANY: Final[Shape] = owners.many
NEW_FIELDS: Final[Shape] = record_shapes.new_fields
NEW_TEMPLATES: Final[Shape] = templates.new
CHANGED_TEMPLATE: Final[Shape] = templates.changed
NEW_DOMAIN_KEYS: Final[Shape] = domain_keys.new
NAMES: Final[Shape] = partial(record_shapes.changed_many, module=renaming.NAMES, at_most=renaming.AT_ONCE, key="users")
NAME: Final[Shape] = partial(record_shapes.changed, module=renaming.NAMES, key="users")
LOCK: Final[Shape] = locks.schema
QUERY: Final[Shape] = coql.query
UPLOAD: Final[Shape] = Media(
    type="multipart/form-data",
    schema={"type": "object", "properties": {files.PART: _FILES}, "required": [files.PART]},
)
ONE_UPLOAD: Final[Shape] = Media(
    type="multipart/form-data",
    schema={"type": "object", "properties": {files.PART: _OCTETS}, "required": [files.PART]},
)

# answers
ACCEPTED: Final[Answers] = outcomes(Done[mail.Accepted], 200)
EMAILS: Final[Answers] = {200: emails.Emails, 204: None}
ONE_EMAIL: Final[Answers] = {200: emails.OneEmail}
MET: Final[Answers] = outcome(Done[chosen.Met], 200)
CALLED_BACK: Final[Answers] = {200: each("Emails", Done[mail.Accepted])}
MOVED: Final[Answers] = outcome(Done[mail.Accepted], 200, key="Emails")
FROM_ADDRESSES: Final[Answers] = {200: senders.FromAddresses, 204: None}
UPLOADED: Final[Answers] = {200: files.UploadedFiles}
DOWNLOAD: Final[Answers] = {200: Media(type=files.DOWNLOAD, schema=_OCTETS)}
ATTACHMENTS: Final[Answers] = {200: pages.Numbered, 204: None}
GONE: Final[Answers] = {200: pages.Numbered, 204: None, 304: None}
OWNED: Final[Answers] = outcomes(Done[Gone], 200)
OWNED_ONE: Final[Answers] = outcome(Done[Gone], 200)
ATTACHED: Final[Answers] = {200: attachments.UploadedAttachment}
ATTACHMENT_DELETED: Final[Answers] = {200: each("data", Done[Gone])}
ATTACHMENT: Final[Answers] = {**DOWNLOAD, 204: None}
INSERTED: Final[Answers] = outcomes(Done[record_shapes.Stored], 201)
UPDATED: Final[Answers] = outcomes(Done[record_shapes.Stored], 200)
UPDATED_ONE: Final[Answers] = outcome(Done[record_shapes.Stored], 200)
DELETED: Final[Answers] = outcomes(Done[Gone], 200)
DELETED_ONE: Final[Answers] = outcome(Done[Gone], 200)
RELATION: Final[Answers] = outcomes(Done[Gone], 200)
UPSERTED: Final[Answers] = outcomes(Upserted[record_shapes.Stored], 200)
RECORDS: Final[Answers] = {200: PerModule(schema=record_shapes.listing), 204: None, 304: None}
FOUND: Final[Answers] = {200: PerModule(schema=record_shapes.found), 204: None}
ONE_RECORD: Final[Answers] = {200: PerModule(schema=record_shapes.one), 204: None, 304: None}
NOTES: Final[Answers] = {200: partial(record_shapes.listing, module=record.NOTES), 204: None, 304: None}
ONE_NOTE: Final[Answers] = {200: partial(record_shapes.one, module=record.NOTES), 204: None, 304: None}
RELATED: Final[Answers] = {200: record_shapes.of_some_module, 204: None, 304: None}
QUERIED: Final[Answers] = {200: coql.Queried, 204: None}
MODULES: Final[Answers] = {200: metadata.Modules}
FIELDS: Final[Answers] = {200: fields.Fields}
FIELDS_ADDED: Final[Answers] = outcomes(Done[Gone], 201, key="fields")
FIELD_REMOVED: Final[Answers] = {200: each("fields", Done[Gone])}
LAYOUTS: Final[Answers] = {200: layouts.Layouts}
RELATED_LISTS: Final[Answers] = {200: related_lists.RelatedLists, 204: None}
TEMPLATES: Final[Answers] = {200: templates.Templates, 204: None}
ONE_TEMPLATE: Final[Answers] = {200: templates.OneTemplate, 204: None}
TEMPLATES_ADDED: Final[Answers] = outcomes(Done[Gone], 201, key=templates.KEY)
TEMPLATE_CHANGED: Final[Answers] = outcome(Done[Gone], 200, key=templates.KEY)
TEMPLATE_REMOVED: Final[Answers] = {200: each(templates.KEY, Done[Gone])}
DOMAIN_KEYS: Final[Answers] = {200: domain_keys.DomainKeys, 204: None}
DOMAIN_KEYS_MADE: Final[Answers] = outcomes(Done[domain_keys.Made], 201, key=domain_keys.KEY)
DOMAIN_KEY: Final[Answers] = {200: each(domain_keys.KEY, Done[Gone])}
LOCKS: Final[Answers] = {200: pages.Numbered, 204: None}
LOCKED: Final[Answers] = outcome(Done[record_shapes.Stored], 201)
LOCK_CHANGED: Final[Answers] = outcome(Done[Gone], 200)
UNLOCKED: Final[Answers] = {200: each("data", Done[Gone])}
TAGS: Final[Answers] = {200: tags.Tags, 204: None}
ROLES: Final[Answers] = {200: roles.Roles}
USERS: Final[Answers] = {200: users.Users, 204: None}
RENAMED: Final[Answers] = outcomes(Done[Gone], 200, key="users")
RENAMED_ONE: Final[Answers] = outcome(Done[Gone], 200, key="users")
ONE_USER: Final[Answers] = {200: users.OneUser, 204: None}
ORG: Final[Answers] = {200: org.Organizations}
