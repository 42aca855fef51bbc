"""Addresses that are not to be written to."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, PrimaryKeyConstraint, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table of blocked addresses."""
    op.create_table(
        "blocked",
        Column("org_id", BigInteger, autoincrement=False, nullable=False),
        Column("address", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("org_id", "address", name="pk_blocked"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_blocked_org_id"),
        sqlite_with_rowid=False,
    )
