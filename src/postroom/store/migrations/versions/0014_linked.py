"""The record that a mail is about beside the one it is filed under."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Of the mails that are there it is the same."""
    op.add_column("mail", Column("linked_module", Text))
    op.add_column("mail", Column("linked_id", BigInteger))
