"""A term of the index stands at its place: whose it is, the field and the value are one column."""

import struct
from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, text

revision = "0021"
down_revision = "0020"

_HEAD = struct.Struct(">qI")
_SQLITE = (
    "INSERT INTO placed SELECT place(org_id, number, key), record_id FROM term ORDER BY org_id, number, key, record_id"
)
_POSTGRESQL = (
    "INSERT INTO placed SELECT int8send(org_id) || int4send(number) || key, record_id FROM term"
    " ORDER BY org_id, number, key, record_id"
)


def upgrade() -> None:
    """A minute or two for a million records; in the order of the index, which is the same."""
    op.create_table(
        "placed",
        Column("place", LargeBinary, nullable=False),
        Column("record_id", BigInteger, autoincrement=False, nullable=False),
        PrimaryKeyConstraint("place", "record_id", name="pk_term" if _is_sqlite() else "pk_placed"),
        sqlite_with_rowid=False,
    )
    if _is_sqlite():
        driver: Any = op.get_bind().connection.dbapi_connection
        driver.create_function("place", 3, lambda org_id, number, key: _HEAD.pack(org_id, number) + key)
    op.execute(text(_SQLITE if _is_sqlite() else _POSTGRESQL))
    op.drop_table("term")
    op.rename_table("placed", "term")
    if not _is_sqlite():
        op.execute("ALTER INDEX pk_placed RENAME TO pk_term")
    op.create_index("ix_term_record_id_place", "term", ["record_id", "place"])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
