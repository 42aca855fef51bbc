"""Which thread a mail is in, and what it names of it."""

from alembic import op
from sqlalchemy import Column, LargeBinary, Text, text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Every mail so far is a thread of its own."""
    op.add_column("mail", Column("thread_id", LargeBinary))
    op.add_column("mail", Column("references", Text))
    answers = text("thread_id IS NOT NULL")
    op.create_index(
        "ix_mail_org_id_thread_id", "mail", ["org_id", "thread_id"], sqlite_where=answers, postgresql_where=answers
    )
