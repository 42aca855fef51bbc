"""From addresses and users are confirmed, have aliases, and are open to chosen users."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, LargeBinary, PrimaryKeyConstraint

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """What is there already was in use, and stays so."""
    op.add_column("user", Column("confirmed_at", BigInteger))
    op.execute('UPDATE "user" SET confirmed_at = created_at')
    op.add_column("sender", Column("confirmed_at", BigInteger))
    op.execute("UPDATE sender SET confirmed_at = created_at")
    op.add_column("sender", Column("alias_of", BigInteger))
    op.create_table(
        "sender_user",
        Column("sender_id", BigInteger, autoincrement=False, nullable=False),
        Column("user_id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        PrimaryKeyConstraint("sender_id", "user_id", name="pk_sender_user"),
        ForeignKeyConstraint(["sender_id"], ["sender.id"], name="fk_sender_user_sender_id"),
        ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_sender_user_user_id"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_sender_user_org_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "confirmation",
        Column("hash", LargeBinary, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("sender_id", BigInteger),
        Column("user_id", BigInteger),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("used_at", BigInteger),
        PrimaryKeyConstraint("hash", name="pk_confirmation"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_confirmation_org_id"),
        ForeignKeyConstraint(["sender_id"], ["sender.id"], name="fk_confirmation_sender_id"),
        ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_confirmation_user_id"),
    )
    for column in ("sender_id", "user_id", "expires_at"):
        op.create_index(f"ix_confirmation_{column}", "confirmation", [column])
