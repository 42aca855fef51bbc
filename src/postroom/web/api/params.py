"""Every parameter of the API, told once, and which of them belong together: a call takes one of the groups."""

from typing import Final

from postroom.mail.limits import RECORDS_PER_REQUEST
from postroom.record import MODULES
from postroom.record.relations import RELATIONS
from postroom.web.api.wire import deleted, domain_keys, emails, locks, pages, records, templates, users
from postroom.web.api.wire.sieve import FILTER
from postroom.web.param import MOMENT, Kind, Param, Place, choice, count, flag, matching, text, word
from postroom.web.shape import NUMBER, OPAQUE


def _per_page(most: int) -> Param:
    return Param(
        name="per_page",
        kind=count(most=most),
        default=str(most),
        means=f"How many a page holds; more than {most} are read as {most}.",
    )


_NUMBER: Final = text(pattern=NUMBER)
_OPAQUE: Final = text(pattern=OPAQUE)
_MODULES: Final = text(enum=[each.name for each in MODULES])
_FIELDS: Final = f"Up to {records.FIELDS_AT_MOST} of the module's fields, parted by commas; others are passed over."
_LENIENT: Final = ", ".join(f"`{each}`" for each in sorted(records.WITHOUT_FIELDS))
_PAGE: Final = Param(name="page", kind=count(), default="1", means="Which page, counted from 1.")
_MODULE: Final = Param(name="module", required=True, kind=_MODULES, means="The module's API name.")

# of users (W 6.3); one client sends quotes around the type (W 13.3)
_USERS_TYPE: Final = choice(*users.TYPES, users.CURRENT, quotes="'\"")
USERS: Final = (
    Param(name="type", kind=_USERS_TYPE, default="AllUsers", means="Which users."),
    _PAGE,
    _per_page(users.PER_PAGE),
)
FROM_ADDRESSES: Final = (
    Param(
        name="user_id",
        kind=_NUMBER,
        means="The user whose addresses they are; only an Administrator may name another one.",
    ),
)

# of mails (W 1.8)
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
SEND: Final = (
    Param(
        name=IDEMPOTENCY_KEY,
        place=Place.HEADER,
        kind=word(255),
        means="Whoever sends the same request again with the same key gets the first answer, and no second mail.",
    ),
)

# of a record's mails (W 8.1)
EMAILS: Final = (
    Param(
        name="type",
        kind=choice(*emails.TYPES),
        means="Which mails; all where nothing is given. Those that begin with `all_contacts` are of Accounts alone.",
    ),
    Param(
        name="owner_id",
        kind=_NUMBER,
        means="Whose mails, with `type=user_emails`: the caller's where nothing is given; only an Administrator may"
        " name another one.",
    ),
    Param(
        name="index",
        kind=matching(emails.INDEX),
        default=emails.FIRST,
        means="The `next_index` or `prev_index` of another page.",
    ),
    Param(
        name=FILTER,
        means="None but mails that have exactly this: `{comparator: equal, field: {api_name}, value}` in JSON, of the"
        " fields `subject`, `from`, `to`, `cc`, `owner`.",
    ),
)
ATTACHED: Final = (
    Param(name="message_id", required=True, kind=_OPAQUE, means="The id that the mail was accepted with."),
    Param(name="id", required=True, kind=_OPAQUE, means="The id of the file, one of the mail's `attachments`."),
    Param(name="user_id", kind=_NUMBER, means="Who sent the mail; passed over, as the mail tells it."),
    Param(name="name", means="What the file is called; passed over, as its id tells it."),
)

# of files (W 3.2)
DOWNLOAD: Final = (Param(name="id", required=True, kind=_OPAQUE, means="The id that the upload was answered with."),)

# of metadata (W 6.2)
METADATA: Final = (_MODULE,)
FIELDS: Final = (
    Param(
        name="module",
        required=True,
        kind=text(enum=[*(each.name for each in MODULES), locks.LOCKS.name]),
        means="The module's API name.",
    ),
)

# of templates (W 8.2)
TEMPLATES: Final = (
    Param(name="module", kind=_MODULES, means="The module's API name; the templates of all where nothing is given."),
    Param(name="category", means="None but the templates of this category."),
    Param(name="sort_by", kind=choice(*templates.ORDERS), default="modified_time", means="What they are ordered by."),
    Param(name="sort_order", kind=choice("asc", "desc"), default="desc", means="Upwards or downwards."),
    Param(name="filters", means="Conditions, whose form no source tells, so each is refused."),
    _PAGE,
    _per_page(templates.PER_PAGE),
)

# of keys to sign with (W 8.6)
DOMAIN_KEYS: Final = (_PAGE, _per_page(domain_keys.PER_PAGE))

# of records (W 7.1, 7.3)
_SOME_FIELDS: Final = Param(name="fields", means=f"{_FIELDS} All where nothing is given.")
_SINCE: Final = Param(
    name="If-Modified-Since",
    kind=MOMENT,
    place=Place.HEADER,
    means="A moment, ISO 8601 or as HTTP writes it; what has not changed since is left out, or 304.",
)
_WORKFLOW: Final = Param(name="wf_trigger", kind=flag(), means="Whether automation follows; there is none.")
_NUMBERED: Final = (
    Param(name="sort_by", default="id", means="The field that the records are ordered by."),
    Param(name="sort_order", kind=choice("asc", "desc"), default="desc", means="Upwards or downwards."),
    _PAGE,
    _per_page(pages.PER_PAGE),
)
_PAGED: Final = (
    Param(name="fields", required=True, means=f"{_FIELDS} Under {_LENIENT} it may be left out, which gives all."),
    *_NUMBERED,
    Param(
        name="page_token",
        means="The `next_page_token` or `previous_page_token` of another page; `page` is then passed over.",
    ),
)
RELATED: Final = (*_PAGED, _SINCE)
ATTACHMENTS: Final = (
    Param(name="fields", required=True, means=f"Which fields are shown. Under {_LENIENT} it may be left out."),
    _PAGE,
    _per_page(pages.PER_PAGE),
)
LOCKS: Final = (Param(name="fields", means="Which fields are shown. All where nothing is given."),)
GONE: Final = (
    Param(name="type", kind=choice(*deleted.TYPES), default="all", means="All deletions are permanent."),
    _PAGE,
    _per_page(pages.PER_PAGE),
    _SINCE,
)
ONE_RECORD: Final = (_SOME_FIELDS, _SINCE)
RECORDS: Final = (
    *_PAGED,
    Param(name="ids", means=f"None but the records with these ids, up to {RECORDS_PER_REQUEST}, parted by commas."),
    Param(name="cvid", means="A view of one's own; there are none, so each is refused."),
    Param(name="approved", kind=choice("true", "false", "both"), means="All records are approved: `false` gives none."),
    _SINCE,
)
DELETE: Final = (_WORKFLOW,)
DELETE_MANY: Final = (
    Param(name="ids", required=True, means=f"The ids of up to {RECORDS_PER_REQUEST} records, parted by commas."),
    _WORKFLOW,
)
DELINK_MANY: Final = DELETE_MANY[:1]

# of searches (W 7.4)
SEARCH: Final = (
    Param(
        name="criteria",
        means="Comparisons like `(Last_Name:starts_with:Da)`, joined by `and` and `or`, in brackets; ten at the most.",
    ),
    Param(name="email", means="How an e-mail address begins."),
    Param(name="phone", means="How the digits of a telephone number begin."),
    Param(
        name="word", means="How words of the record begin, long texts apart; two characters at least.", example="Dahl"
    ),
    _SOME_FIELDS,
    *_NUMBERED,
)


def _placeholder(name: str, kind: Kind, means: str, example: str | None = None) -> Param:
    return Param(name=name, place=Place.PATH, required=True, kind=kind, means=means, example=example)


# A list is called as what it holds.
_RELATED: Final = text(enum=sorted({each.name for each in RELATIONS if each.field is not None}))

# what stands in braces in the paths of the table
PLACEHOLDERS: Final = (
    _placeholder("module", _MODULES, "The module's API name."),
    _placeholder("id", _NUMBER, "The id of the record, the user, the field, the template or the key."),
    _placeholder(
        "related", _RELATED, "The list's API name; `GET /settings/related_lists` tells which a module has.", "Pipelines"
    ),
    _placeholder("related_id", _NUMBER, "The id of the record in the list."),
    _placeholder("attachment_id", _NUMBER, "The file's id."),
    _placeholder("lock_id", _NUMBER, "The lock's id."),
    _placeholder("note_id", _NUMBER, "The note's id."),
    _placeholder("message_id", _OPAQUE, "The id that the mail was accepted with."),
)
