"""The first schema: organisations, people, credentials, ways out, records, files, mails and their queue."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

SERIAL = BigInteger().with_variant(Integer(), "sqlite")
JSON_TEXT = JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make every table."""
    _people()
    _credentials()
    _ways_out()
    _records_and_files()
    _mails()
    _parts_of_mails()
    _queue()


def _people() -> None:
    op.create_table(
        "org",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("name", Text, nullable=False),
        Column("primary_email", Text, nullable=False),
        Column("time_zone", Text, server_default="UTC", nullable=False),
        Column("recipients", Text, server_default="known", nullable=False),
        Column("transport_id", BigInteger),
        Column("created_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_org"),
    )
    op.create_table(
        "user",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("email", Text, nullable=False),
        Column("first_name", Text, server_default="", nullable=False),
        Column("last_name", Text, nullable=False),
        Column("profile", Text, server_default="Administrator", nullable=False),
        Column("active", Boolean, server_default=text("true"), nullable=False),
        Column("password_hash", Text),
        Column("created_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_user_org_id"),
        PrimaryKeyConstraint("id", name="pk_user"),
        UniqueConstraint("org_id", "email", name="uq_user_org_id_email"),
    )


def _credentials() -> None:
    op.create_table(
        "client",
        Column("id", Text, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("name", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("secret_hash", LargeBinary, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_client_org_id"),
        ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_client_user_id"),
        PrimaryKeyConstraint("id", name="pk_client"),
    )
    op.create_table(
        "token",
        Column("hash", LargeBinary, nullable=False),
        Column("kind", Text, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("client_id", Text, nullable=False),
        Column("scopes", Text, nullable=False),
        Column("parent", LargeBinary),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger),
        Column("used_at", BigInteger),
        ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_token_client_id"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_token_org_id"),
        ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_token_user_id"),
        PrimaryKeyConstraint("hash", name="pk_token"),
    )
    op.create_index("ix_token_expires_at", "token", ["expires_at"])
    op.create_index("ix_token_parent", "token", ["parent"])


def _ways_out() -> None:
    op.create_table(
        "transport",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("host", Text, nullable=False),
        Column("port", Integer, nullable=False),
        Column("tls", Text, nullable=False),
        Column("username", Text),
        Column("password", LargeBinary),
        Column("created_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_transport_org_id"),
        PrimaryKeyConstraint("id", name="pk_transport"),
    )
    op.create_table(
        "sender",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("user_id", BigInteger),
        Column("email", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("is_default", Boolean, server_default=text("false"), nullable=False),
        Column("transport_id", BigInteger),
        Column("created_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_sender_org_id"),
        ForeignKeyConstraint(["transport_id"], ["transport.id"], name="fk_sender_transport_id"),
        ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_sender_user_id"),
        PrimaryKeyConstraint("id", name="pk_sender"),
    )
    op.create_index("ix_sender_org_id_email", "sender", ["org_id", "email"])


def _records_and_files() -> None:
    op.create_table(
        "record",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("module", Text, nullable=False),
        Column("owner_id", BigInteger, nullable=False),
        Column("name", Text, nullable=False),
        Column("fields", JSON_TEXT, nullable=False),
        Column("email", Text),
        Column("secondary_email", Text),
        Column("opted_out", Boolean, server_default=text("false"), nullable=False),
        Column("account_id", BigInteger),
        Column("contact_id", BigInteger),
        Column("created_at", BigInteger, nullable=False),
        Column("created_by", BigInteger, nullable=False),
        Column("modified_at", BigInteger, nullable=False),
        Column("modified_by", BigInteger, nullable=False),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_record_org_id"),
        PrimaryKeyConstraint("id", name="pk_record"),
    )
    op.create_index("ix_record_org_id_account_id", "record", ["org_id", "account_id"])
    op.create_index("ix_record_org_id_contact_id", "record", ["org_id", "contact_id"])
    op.create_index("ix_record_org_id_email", "record", ["org_id", "email"])
    op.create_index("ix_record_org_id_module_id", "record", ["org_id", "module", "id"])
    op.create_index("ix_record_org_id_secondary_email", "record", ["org_id", "secondary_email"])
    op.create_table(
        "file",
        Column("seq", SERIAL, nullable=False),
        Column("id", LargeBinary, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("name", Text, nullable=False),
        Column("content_type", Text, nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_file_org_id"),
        PrimaryKeyConstraint("seq", name="pk_file"),
        UniqueConstraint("id", name="uq_file_id"),
    )
    op.create_index("ix_file_digest", "file", ["digest"])


def _mails() -> None:
    op.create_table(
        "mail",
        Column("seq", SERIAL, nullable=False),
        Column("id", LargeBinary, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("module", Text, nullable=False),
        Column("record_id", BigInteger, nullable=False),
        Column("transport_id", BigInteger, nullable=False),
        Column("from_name", Text, nullable=False),
        Column("from_address", Text, nullable=False),
        Column("reply_name", Text),
        Column("reply_address", Text),
        Column("subject", Text, nullable=False),
        Column("content", Text, nullable=False),
        Column("format", Text, nullable=False),
        Column("attachments", SmallInteger, nullable=False),
        Column("state", Text, nullable=False),
        Column("dated_at", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("settled_at", BigInteger),
        Column("attempts", Integer, server_default="0", nullable=False),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_mail_org_id"),
        PrimaryKeyConstraint("seq", name="pk_mail"),
        UniqueConstraint("id", name="uq_mail_id"),
    )
    op.create_index("ix_mail_org_id_record_id_seq", "mail", ["org_id", "record_id", "seq"])


def _parts_of_mails() -> None:
    op.create_table(
        "recipient",
        Column("mail_seq", BigInteger, autoincrement=False, nullable=False),
        Column("n", SmallInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("code", SmallInteger),
        Column("enhanced", Text),
        Column("line", Text),
        ForeignKeyConstraint(["mail_seq"], ["mail.seq"], name="fk_recipient_mail_seq"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_recipient_org_id"),
        PrimaryKeyConstraint("mail_seq", "n", name="pk_recipient"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attachment",
        Column("mail_seq", BigInteger, autoincrement=False, nullable=False),
        Column("n", SmallInteger, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("file_id", LargeBinary, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("name", Text, nullable=False),
        Column("content_type", Text, nullable=False),
        Column("size", BigInteger, nullable=False),
        ForeignKeyConstraint(["mail_seq"], ["mail.seq"], name="fk_attachment_mail_seq"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_attachment_org_id"),
        PrimaryKeyConstraint("mail_seq", "n", name="pk_attachment"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_attachment_digest", "attachment", ["digest"])


def _queue() -> None:
    op.create_table(
        "job",
        Column("mail_seq", SERIAL, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("transport_id", BigInteger, nullable=False),
        Column("due_at", BigInteger, nullable=False),
        Column("first_due_at", BigInteger, nullable=False),
        Column("attempt", Integer, server_default="0", nullable=False),
        Column("lease", BigInteger),
        ForeignKeyConstraint(["mail_seq"], ["mail.seq"], name="fk_job_mail_seq"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_job_org_id"),
        PrimaryKeyConstraint("mail_seq", name="pk_job"),
    )
    op.create_index("ix_job_transport_id_due_at_mail_seq", "job", ["transport_id", "due_at", "mail_seq"])
    held = text("lease IS NOT NULL")
    op.create_index("ix_job_lease", "job", ["lease"], sqlite_where=held, postgresql_where=held)
    op.create_table(
        "event",
        Column("seq", SERIAL, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("mail_seq", BigInteger, nullable=False),
        Column("n", SmallInteger),
        Column("at", BigInteger, nullable=False),
        Column("what", Text, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("detail", JSON_TEXT),
        ForeignKeyConstraint(["mail_seq"], ["mail.seq"], name="fk_event_mail_seq"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_event_org_id"),
        PrimaryKeyConstraint("seq", name="pk_event"),
    )
    op.create_index("ix_event_mail_seq", "event", ["mail_seq"])
