"""Records are found by their terms: the index of them, deleted records, custom fields, attachments of records."""

from collections.abc import Iterable
from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Text,
    UniqueConstraint,
    column,
    insert,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from postroom.record import MODULES
from postroom.record.terms import terms

revision = "0005"
down_revision = "0004"

JSON_TEXT = JSON().with_variant(JSONB(), "postgresql")
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")
_RECORD = table(
    "record",
    column("id", BigInteger),
    column("org_id", BigInteger),
    column("module", Text),
    column("fields", JSON_TEXT),
    column("owner_id", BigInteger),
    column("created_at", BigInteger),
    column("modified_at", BigInteger),
)
_TERM = table(
    "term",
    column("org_id", BigInteger),
    column("number", Integer),
    column("key", LargeBinary),
    column("record_id", BigInteger),
)
_AT_ONCE = 500  # records


def upgrade() -> None:
    """Make the tables, and the terms of the records that are there."""
    _term()
    _deletion()
    _custom_field()
    _enclosure()
    for name in ("email", "secondary_email", "account_id", "contact_id"):
        op.drop_index(f"ix_record_org_id_{name}", "record")
    for rows in _in_parts(op.get_bind()):
        op.get_bind().execute(insert(_TERM), rows)


def _term() -> None:
    op.create_table(
        "term",
        Column("org_id", BigInteger, nullable=False, autoincrement=False),
        Column("number", Integer, nullable=False, autoincrement=False),
        Column("key", LargeBinary, nullable=False),
        Column("record_id", BigInteger, nullable=False, autoincrement=False),
        PrimaryKeyConstraint("org_id", "number", "key", "record_id", name="pk_term"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_term_org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_term_record_id_number", "term", ["record_id", "number"])


def _deletion() -> None:
    op.create_table(
        "deletion",
        Column("seq", _SERIAL, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("module", Text, nullable=False),
        Column("record_id", BigInteger, nullable=False),
        Column("name", Text, nullable=False),
        Column("created_by", BigInteger, nullable=False),
        Column("deleted_by", BigInteger, nullable=False),
        Column("deleted_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("seq", name="pk_deletion"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_deletion_org_id"),
    )
    op.create_index("ix_deletion_org_id_module_seq", "deletion", ["org_id", "module", "seq"])


def _custom_field() -> None:
    op.create_table(
        "custom_field",
        Column("id", BigInteger, nullable=False, autoincrement=False),
        Column("org_id", BigInteger, nullable=False),
        Column("module", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("label", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("length", Integer, nullable=False),
        Column("is_mandatory", Boolean, nullable=False, server_default=text("false")),
        Column("is_unique", Boolean, nullable=False, server_default=text("false")),
        Column("choices", JSON_TEXT, nullable=False, server_default="[]"),
        Column("created_at", BigInteger, nullable=False),
        Column("removed_at", BigInteger),
        PrimaryKeyConstraint("id", name="pk_custom_field"),
        UniqueConstraint("org_id", "module", "name", name="uq_custom_field_org_id_module_name"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_custom_field_org_id"),
    )


def _enclosure() -> None:
    op.create_table(
        "enclosure",
        Column("id", BigInteger, nullable=False, autoincrement=False),
        Column("org_id", BigInteger, nullable=False),
        Column("record_id", BigInteger, nullable=False),
        Column("file_id", LargeBinary, nullable=False),
        PrimaryKeyConstraint("id", name="pk_enclosure"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_enclosure_org_id"),
    )
    op.create_index("ix_enclosure_org_id_record_id_id", "enclosure", ["org_id", "record_id", "id"])


def _in_parts(connection: Connection) -> Iterable[list[dict[str, object]]]:
    """The terms of all records, some records at a time."""
    modules, last = {each.name: each for each in MODULES}, 0
    while True:
        query = select(_RECORD).where(_RECORD.c.id > last).order_by(_RECORD.c.id).limit(_AT_ONCE)
        found = list(connection.execute(query))
        rows = [
            {"org_id": row.org_id, "number": number, "key": key, "record_id": row.id}
            for row in found
            for number, key in terms(modules[row.module], _values(row))
        ]
        if rows:
            yield rows
        if len(found) < _AT_ONCE:
            return
        last = found[-1].id


def _values(row: Row[Any]) -> dict[str, Any]:
    stamps = {"Owner": row.owner_id, "Created_Time": row.created_at, "Modified_Time": row.modified_at}
    return {**row.fields, **stamps}
