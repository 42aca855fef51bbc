"""Imports of records remember how far they came, and what they refused."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "import",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("line", Integer, nullable=False),
        Column("imported", Integer, nullable=False),
        Column("refused", Integer, nullable=False),
        Column("started_at", BigInteger, nullable=False),
        Column("finished_at", BigInteger),
        PrimaryKeyConstraint("id", name="pk_import"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_import_org_id"),
        UniqueConstraint("org_id", "digest", name="uq_import_org_id_digest"),
    )
    op.create_index("ix_import_finished_at", "import", ["finished_at"])
    op.create_table(
        "refused_line",
        Column("import_id", BigInteger, autoincrement=False, nullable=False),
        Column("line", Integer, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("reason", Text, nullable=False),
        PrimaryKeyConstraint("import_id", "line", name="pk_refused_line"),
        ForeignKeyConstraint(["import_id"], ["import.id"], name="fk_refused_line_import_id"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_refused_line_org_id"),
        sqlite_with_rowid=False,
    )
