"""Records whose terms are not in the index yet."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, LargeBinary, PrimaryKeyConstraint, Text

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """The terms of every record are in the index."""
    op.create_table(
        "unindexed",
        Column("org_id", BigInteger, autoincrement=False, nullable=False),
        Column("record_id", BigInteger, autoincrement=False, nullable=False),
        Column("module", Text, nullable=False),
        Column("terms", LargeBinary, nullable=False),
        PrimaryKeyConstraint("org_id", "record_id", name="pk_unindexed"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_unindexed_org_id"),
        sqlite_with_rowid=False,
    )
