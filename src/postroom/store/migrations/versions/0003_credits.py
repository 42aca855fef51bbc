"""What organisations have used of the API."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of credits."""
    op.create_table(
        "credit",
        Column("org_id", BigInteger, autoincrement=False, nullable=False),
        Column("hour", Integer, autoincrement=False, nullable=False),
        Column("credits", Integer, nullable=False),
        PrimaryKeyConstraint("org_id", "hour", name="pk_credit"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_credit_org_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_credit_hour", "credit", ["hour"])
