"""What requests with an idempotency key were answered."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
)

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of answers."""
    op.create_table(
        "answered",
        Column("org_id", BigInteger, autoincrement=False, nullable=False),
        Column("user_id", BigInteger, autoincrement=False, nullable=False),
        Column("key", Text, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("body", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("org_id", "user_id", "key", name="pk_answered"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_answered_org_id"),
    )
    op.create_index("ix_answered_created_at", "answered", ["created_at"])
