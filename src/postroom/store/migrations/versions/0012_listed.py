"""The index of a record's mails tells whose they are and in which state."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make it anew, with two columns more."""
    op.drop_index("ix_mail_org_id_record_id_seq", "mail")
    op.create_index(
        "ix_mail_org_id_record_id_seq_user_id_state", "mail", ["org_id", "record_id", "seq", "user_id", "state"]
    )
