"""Records that are locked."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, PrimaryKeyConstraint, Text

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Of the records that are there none is."""
    op.add_column("record", Column("lock_id", BigInteger))
    op.create_table(
        "record_lock",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("record_id", BigInteger, nullable=False),
        Column("reason", Text, nullable=False),
        Column("locked_at", BigInteger, nullable=False),
        Column("locked_by", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_record_lock"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_record_lock_org_id"),
    )
