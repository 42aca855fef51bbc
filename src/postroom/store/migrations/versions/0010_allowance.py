"""How many mails an organisation may send in a day, and has sent."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Who is there has no limit of their own."""
    op.add_column("org", Column("mails_per_day", Integer))
    op.create_table(
        "mail_day",
        Column("org_id", BigInteger, autoincrement=False, nullable=False),
        Column("day", Integer, autoincrement=False, nullable=False),
        Column("mails", Integer, nullable=False),
        PrimaryKeyConstraint("org_id", "day", name="pk_mail_day"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_mail_day_org_id"),
        sqlite_with_rowid=False,
    )
