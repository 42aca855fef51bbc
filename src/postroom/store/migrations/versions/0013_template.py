"""Templates of mails."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, ForeignKeyConstraint, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table of templates."""
    op.create_table(
        "template",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("module", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("content", Text, nullable=False),
        Column("format", Text, nullable=False),
        Column("description", Text, nullable=False),
        Column("category", Text, nullable=False),
        Column("files", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("created_by", BigInteger, nullable=False),
        Column("modified_at", BigInteger, nullable=False),
        Column("modified_by", BigInteger, nullable=False),
        Column("used_at", BigInteger),
        PrimaryKeyConstraint("id", name="pk_template"),
        UniqueConstraint("org_id", "name", name="uq_template_org_id_name"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_template_org_id"),
    )
