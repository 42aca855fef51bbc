"""Ways to the recipients' own servers, ways that stand in for others, keys to sign with, and how to unsubscribe."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"

JSON_TEXT = JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Everything goes on as it did: servers only, nothing signed, nothing to unsubscribe from."""
    op.add_column("transport", Column("oauth", LargeBinary))
    op.add_column("transport", Column("direct", Boolean, nullable=False, server_default=text("false")))
    op.add_column("transport", Column("source", Text))
    op.add_column("transport", Column("fallback_id", BigInteger))
    op.add_column("org", Column("secret", LargeBinary))
    for table in ("sender", "mail"):
        op.add_column(table, Column("return_path", Text))
        op.add_column(table, Column("one_click", Boolean, nullable=False, server_default=text("false")))
    op.create_table(
        "dkim_key",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("domain", Text, nullable=False),
        Column("selector", Text, nullable=False),
        Column("algorithm", Text, nullable=False),
        Column("private", LargeBinary, nullable=False),
        Column("public", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("signs_from", BigInteger),
        Column("signs_until", BigInteger),
        PrimaryKeyConstraint("id", name="pk_dkim_key"),
        UniqueConstraint("org_id", "domain", "selector", name="uq_dkim_key_org_id_domain_selector"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_dkim_key_org_id"),
    )
    op.create_table(
        "sts_policy",
        Column("domain", Text, nullable=False),
        Column("id", Text, nullable=False),
        Column("mode", Text, nullable=False),
        Column("mx", JSON_TEXT, nullable=False),
        Column("fetched_at", BigInteger, nullable=False),
        Column("ends_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("domain", name="pk_sts_policy"),
    )
    op.create_index("ix_sts_policy_ends_at", "sts_policy", ["ends_at"])
