"""Templates that mails are made from (wire reference 8.2), each of one module's records.

Who writes one takes turns with others of the organisation (``orgs.hold``), so a name is there once. A template knows of
its files all that a mail needs, so none of them is looked up for sending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, delete, func, insert, or_, select, update

from postroom.errors import Fault, Reason
from postroom.mail.draft import FileRef, Format
from postroom.mail.limits import TEMPLATES_AT_MOST
from postroom.store import files, orgs
from postroom.store.files import Wanted
from postroom.store.tables import template

_MINUTE: Final = 60_000  # ms: of many mails that use a template, one a minute writes that it was used


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """One template. ``files`` go with its mails; ``content`` is empty in listings; ``used_at`` is true to a minute."""

    id: int
    org_id: int
    module: str
    name: str
    subject: str = ""
    content: str = ""
    format: Format = Format.HTML
    description: str = ""
    category: str = ""
    files: tuple[FileRef, ...] = ()
    created_at: int
    created_by: int
    modified_at: int
    modified_by: int
    used_at: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What somebody says of a template; None where they say nothing. ``attachments`` are ids of files."""

    module: str | None = None
    name: str | None = None
    subject: str | None = None
    content: str | None = None
    format: Format | None = None
    description: str | None = None
    category: str | None = None
    attachments: tuple[bytes, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who writes, and when (ms since the epoch)."""

    org_id: int
    user_id: int
    now: int


@dataclass(frozen=True, slots=True)
class Key:
    """Names one template."""

    org_id: int
    id: int


Kept = Template | tuple[Fault, ...]


def add(tx: Connection, author: Author, number: int, asked: Wording) -> Kept:
    """Store a template under a new number; answers with everything that is wrong where it cannot be."""
    assert asked.module is not None, "a new template has a module"
    assert asked.name is not None, "a new template has a name"
    orgs.hold(tx, author.org_id)
    query = select(func.count()).select_from(template).where(template.c.org_id == author.org_id)
    if tx.execute(query).scalar_one() >= TEMPLATES_AT_MOST:
        return (Fault(Reason.TEMPLATES_TOO_MANY, details={"limit": TEMPLATES_AT_MOST}),)
    blank = Template(
        id=number,
        org_id=author.org_id,
        module=asked.module,
        name=asked.name,
        created_at=author.now,
        created_by=author.user_id,
        modified_at=author.now,
        modified_by=author.user_id,
    )
    kept = _worded(tx, blank, asked)
    if isinstance(kept, Template):
        tx.execute(insert(template).values(_row(kept)))
    return kept


def change(tx: Connection, author: Author, number: int, asked: Wording) -> Kept | None:
    """Change what somebody says anything of; None where the organisation has no such template."""
    orgs.hold(tx, author.org_id)
    key = Key(author.org_id, number)
    found = find(tx, key)
    if found is None:
        return None
    kept = _worded(tx, replace(found, modified_at=author.now, modified_by=author.user_id), asked)
    if isinstance(kept, Template):
        # What says when it was used is written by those who use it.
        values = {name: value for name, value in _row(kept).items() if name != "used_at"}
        tx.execute(update(template).where(_is(key)).values(values))
    return kept


def remove(tx: Connection, key: Key) -> bool:
    """Delete a template; whether it was there. Mails that were made from it stay as they are."""
    return tx.execute(delete(template).where(_is(key))).rowcount > 0


def find(tx: Connection, key: Key) -> Template | None:
    """The template of that key."""
    return find_many(tx, [key])[0]


def find_many(tx: Connection, keys: Sequence[Key]) -> list[Template | None]:
    """The templates of these keys, in order."""
    rows = tx.execute(_BY_ID, {"ids_": list({key.id for key in keys})}).mappings()
    found = {Key(row["org_id"], row["id"]): _from_row(row) for row in rows}
    return [found.get(key) for key in keys]


def listing(tx: Connection, org_id: int) -> list[Template]:
    """All templates of the organisation, oldest first, without content."""
    return [_from_row(row) for row in tx.execute(_OF, {"org_": org_id}).mappings()]


def mark_used(tx: Connection, moments: Mapping[Key, int]) -> None:
    """Note when templates were used."""
    rows = [
        {"org_": key.org_id, "id_": key.id, "at_": moments[key], "before_": moments[key] - _MINUTE}
        # In one order, so that two processes never wait for each other.
        for key in sorted(moments, key=lambda key: key.id)
    ]
    if rows:
        tx.execute(_MARK, rows)


_HEADS = [column for column in template.c if column.name != "content"]
# Made once: to build a statement costs more than to run it.
_BY_ID = select(template).where(template.c.id.in_(bindparam("ids_", expanding=True)))
_OF = select(*_HEADS).where(template.c.org_id == bindparam("org_")).order_by(template.c.id)
_MARK = (
    update(template)
    .where(template.c.org_id == bindparam("org_"), template.c.id == bindparam("id_"))
    .where(or_(template.c.used_at.is_(None), template.c.used_at <= bindparam("before_")))
    .values(used_at=bindparam("at_"))
)


def _is(key: Key) -> ColumnElement[bool]:
    return (template.c.org_id == key.org_id) & (template.c.id == key.id)


def _worded(tx: Connection, before: Template, asked: Wording) -> Kept:
    """The template as it would be, or everything that is wrong with it."""
    given = {name: value for name in _WORDS if (value := getattr(asked, name)) is not None}
    wanted = [Wanted(before.org_id, each) for each in asked.attachments or ()]
    found = files.find(tx, wanted)
    faults = [*files.faults(found)]
    now = replace(before, **given)
    same = (template.c.org_id == now.org_id) & (template.c.name == now.name) & (template.c.id != now.id)
    if tx.execute(select(template.c.id).where(same)).first() is not None:
        faults.insert(0, Fault(Reason.DUPLICATE, ("name",)))
    if faults:
        return tuple(faults)
    if asked.attachments is not None:
        now = replace(now, files=tuple(ref for ref in found if ref is not None))
    return now


_WORDS: Final = [name for name in Wording.__slots__ if name != "attachments"]


def _row(one: Template) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in Template.__slots__}
    return row | {"format": one.format.value, "files": [_told(ref) for ref in one.files]}


def _told(ref: FileRef) -> dict[str, Any]:
    return {
        "file_id": ref.file_id.hex(),
        "digest": ref.digest.hex(),
        "name": ref.name,
        "content_type": ref.content_type,
        "size": ref.size,
    }


def _from_row(row: RowMapping) -> Template:
    return Template(**{**row, "format": Format(row["format"]), "files": tuple(map(_file, row["files"]))})


def _file(told: Mapping[str, Any]) -> FileRef:
    octets = {name: bytes.fromhex(told[name]) for name in ("file_id", "digest")}
    return FileRef(**{**told, **octets})
