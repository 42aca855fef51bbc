"""Templates as clients see them, and as they describe them (W 8.2)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from postroom.errors import Fault, Reason
from postroom.mail.draft import Format
from postroom.mail.limits import TEMPLATE_DESCRIPTION_CHARACTERS, TEMPLATE_NAME_CHARACTERS, TEMPLATES_PER_REQUEST
from postroom.mail.zone import moment
from postroom.record import PIPELINES
from postroom.record.relations import MAILED
from postroom.store import templates as store
from postroom.store.templates import Wording
from postroom.web.api.wire import forms
from postroom.web.api.wire.forms import Faults, Form, Key, Path
from postroom.web.api.wire.items import body_of, read_items
from postroom.web.api.wire.mail import ATTACHMENTS, CONTENT, FORMAT, SUBJECT
from postroom.web.api.wire.pages import NumberedInfo
from postroom.web.api.wire.records import Context
from postroom.web.api.wire.values import Id, MailFormat, ModuleName, Moment, Named, Opaque, made_id, person
from postroom.web.shape import Json, Schemas

KEY: Final = "email_templates"
PER_PAGE: Final = 200  # the default and the most, as of records (W 7.1); W 8.2 names no number

# What a list may be in the order of; what has no value comes last.
ORDERS: Final[Mapping[str, Callable[[store.Template], Any]]] = {
    "id": lambda one: one.id,
    "name": lambda one: one.name.casefold(),
    "created_time": lambda one: one.created_at,
    "modified_time": lambda one: one.modified_at,
    "last_usage_time": lambda one: one.used_at,
}


class Attachment(Struct, frozen=True, kw_only=True):
    """A file that goes with each mail; its size is in octets."""

    id: Id
    file_id: Opaque
    file_name: str
    size: int


class Template(Struct, frozen=True, kw_only=True):
    """One template; what a list shows of it has no content."""

    id: Id
    name: str
    module: ModuleName
    subject: str
    content: str | None
    mail_content: str | None
    mail_format: MailFormat
    attachments: list[Attachment]
    description: str | None
    category: str | None
    created_time: Moment
    created_by: Named
    modified_time: Moment
    modified_by: Named
    last_usage_time: Moment | None
    active: bool = True
    favorite: bool = False
    associated: bool = False
    consent_linked: bool = False
    folder: None = None
    editor_mode: None = None
    last_version_statistics: None = None


class Templates(Struct, frozen=True, kw_only=True):
    """A page of templates."""

    email_templates: list[Template]
    info: NumberedInfo


class OneTemplate(Struct, frozen=True, kw_only=True):
    """A list of the one template."""

    email_templates: list[Template]


def in_order(found: Sequence[store.Template], by: str, *, ascending: bool) -> list[store.Template]:
    """The templates in that order; among equals, by id."""
    value = ORDERS[by]
    valued = [each for each in found if value(each) is not None]
    valued.sort(key=lambda each: (value(each), each.id), reverse=not ascending)
    return valued + [each for each in found if value(each) is None]


def listing(found: Sequence[store.Template], number: int, size: int, context: Context) -> Templates | None:
    """Page ``number`` of the templates, without their contents; None where there is nothing on it."""
    start = (number - 1) * size
    page = [_entry(each, None, context) for each in found[start : start + size]]
    if not page:
        return None
    more = len(found) > start + size
    info = NumberedInfo(per_page=size, count=len(page), page=number, more_records=more)
    return Templates(email_templates=page, info=info)


def whole(one: store.Template, context: Context) -> OneTemplate:
    """One template with its content."""
    return OneTemplate(email_templates=[_entry(one, one.content, context)])


def _entry(one: store.Template, content: str | None, context: Context) -> Template:
    return Template(
        id=str(one.id),
        name=one.name,
        module=ModuleName(api_name=context.module(one.module), id=made_id("module", one.module)),
        subject=one.subject,
        content=content,
        mail_content=content,
        mail_format=MailFormat(one.format.value),
        attachments=[
            Attachment(
                id=made_id("template", str(one.id), ref.file_id.hex()),
                file_id=ref.file_id.hex(),
                file_name=ref.name,
                size=ref.size,
            )
            for ref in one.files
        ],
        description=one.description or None,
        category=one.category or None,
        created_time=moment(one.created_at, context.zone),
        created_by=person(context.users, one.created_by),
        modified_time=moment(one.modified_at, context.zone),
        modified_by=person(context.users, one.modified_by),
        last_usage_time=moment(one.used_at, context.zone) if one.used_at is not None else None,
    )


# What would break a line of a list, or cannot be kept.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE: Final = forms.text(TEMPLATE_NAME_CHARACTERS, _CONTROL)


def _named(value: str, path: Path, faults: Faults) -> str | None:
    if not value.strip():
        faults.append(Fault(Reason.MISSING, path))
        return None
    return _LINE.read(value.strip(), path, faults)


_MODULES: Final = {each.name: each.name for each in MAILED} | {"Deals": PIPELINES.name}  # W 12.1


def _module(value: str, path: Path, faults: Faults) -> str | None:
    if value not in _MODULES:
        faults.append(Fault(Reason.WRONG_VALUE, path, {"supported_values": [*_MODULES]}))
    return _MODULES.get(value)


_NAME: Final = Form(
    json=str,
    schema={"type": "string", "minLength": 1, "maxLength": TEMPLATE_NAME_CHARACTERS, "pattern": r"\S"},
    read=_named,
)
_MODULE: Final = forms.structure(
    (
        Key(
            name="api_name",
            form=Form(json=str, schema={"type": "string", "enum": [*_MODULES]}, read=_module),
            means="The module's API name; `Deals` is `Pipelines`.",
            required=True,
        ),
    ),
    lambda values: values["api_name"],
)


def _keys(*, new: bool) -> tuple[Key, ...]:
    """What a template is described by; a new one needs a name and a module."""
    return (
        Key(
            name="name",
            form=_NAME,
            required=new,
            means="What it is called; no two templates have the same name.",
            example="Welcome",
        ),
        Key(
            name="module",
            form=_MODULE,
            required=new,
            means="Whose records its mails are about.",
            example={"api_name": "Contacts"},
        ),
        Key(
            name="subject",
            form=SUBJECT,
            means="The subject, with merge fields, without line ends.",
            example="Welcome, ${Contacts.First_Name}",
        ),
        Key(
            name="content",
            form=CONTENT,
            means="The mail itself, with merge fields.",
            example="<p>Dear ${Contacts.Full_Name}, welcome to ${Org.company_name}.</p>",
        ),
        Key(name="mail_format", form=FORMAT, means="How `content` is meant; `html` where a new one does not say."),
        Key(name="attachments", form=ATTACHMENTS, means="Uploaded files that go with each mail."),
        Key(
            name="description",
            form=forms.text(TEMPLATE_DESCRIPTION_CHARACTERS, _CONTROL),
            means="What it is for.",
        ),
        Key(name="category", form=_LINE, means="A word of one's own, by which lists are asked for."),
    )


def _wording(values: dict[str, Any]) -> Wording:
    format_ = values.pop("mail_format")
    return Wording(**values, format=Format(format_) if format_ else None)


_NEW: Final = forms.structure(_keys(new=True), _wording)
_CHANGED: Final = forms.structure(_keys(new=False), _wording)

Read = Wording | tuple[Fault, ...]


def read_new(body: Any) -> list[Read]:
    """The templates to add, each or all its faults. Raises ``Invalid`` where the whole body is wrong."""
    return [_read(_NEW, item) for item in read_items(body, TEMPLATES_PER_REQUEST, KEY)]


def read_changed(body: Any) -> Read:
    """What is said of one template, or all its faults. Raises ``Invalid`` where the whole body is wrong."""
    (item,) = read_items(body, 1, KEY)
    return _read(_CHANGED, item)


def _read(form: Form[Wording], item: Any) -> Read:
    faults: Faults = []
    return form.take(item, (), faults) or tuple(faults)


def new(schemas: Schemas) -> Json:
    """What ``read_new`` reads."""
    return body_of(schemas.keep("NewTemplate", _NEW.schema), TEMPLATES_PER_REQUEST, KEY)


def changed(schemas: Schemas) -> Json:
    """What ``read_changed`` reads."""
    return body_of(schemas.keep("ChangedTemplate", _CHANGED.schema), 1, KEY)
