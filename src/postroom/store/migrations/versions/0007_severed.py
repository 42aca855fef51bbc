"""Whether lookups to a deleted record are cleared."""

from alembic import op
from sqlalchemy import Boolean, Column, text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Of what is deleted already, they are to be."""
    op.add_column("deletion", Column("severed", Boolean, nullable=False, server_default=text("false")))
    op.create_index("ix_deletion_severed", "deletion", ["severed"])
