"""People sign in: accounts and sessions, other kinds of clients, consents, devices and throttles."""

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
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

JSON_TEXT = JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Move passwords from users to accounts, and make the rest."""
    _accounts()
    _clients()
    _tokens()
    _devices()


def _accounts() -> None:
    op.create_table(
        "account",
        Column("email", Text, nullable=False),
        Column("password_hash", Text),
        Column("data_center", Text),
        Column("created_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("email", name="pk_account"),
    )
    op.execute(
        "INSERT INTO account (email, password_hash, created_at)"
        ' SELECT email, max(password_hash), min(created_at) FROM "user"'
        " WHERE password_hash IS NOT NULL GROUP BY email"
    )
    op.drop_column("user", "password_hash")
    op.create_index("ix_user_email", "user", ["email"])
    op.create_table(
        "session",
        Column("hash", LargeBinary, nullable=False),
        Column("email", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("hash", name="pk_session"),
        ForeignKeyConstraint(["email"], ["account.email"], name="fk_session_email"),
    )
    op.create_index("ix_session_email", "session", ["email"])
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_table(
        "throttle",
        Column("key", LargeBinary, nullable=False),
        Column("count", Integer, nullable=False),
        Column("ends_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("key", name="pk_throttle"),
    )
    op.create_index("ix_throttle_ends_at", "throttle", ["ends_at"])


def _clients() -> None:
    op.add_column("client", Column("homepage", Text, server_default="", nullable=False))
    op.add_column("client", Column("javascript_domain", Text, server_default="", nullable=False))
    op.add_column("client", Column("redirect_uris", JSON_TEXT, server_default="[]", nullable=False))
    op.add_column("client", Column("active", Boolean, server_default=text("true"), nullable=False))
    op.create_table(
        "consent",
        Column("user_id", BigInteger, autoincrement=False, nullable=False),
        Column("client_id", Text, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("scopes", Text, nullable=False),
        Column("given_at", BigInteger, nullable=False),
        PrimaryKeyConstraint("user_id", "client_id", name="pk_consent"),
        ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_consent_user_id"),
        ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_consent_client_id"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_consent_org_id"),
    )


def _tokens() -> None:
    op.add_column("token", Column("redirect_uri", Text))
    op.add_column("token", Column("offline", Boolean, server_default=text("true"), nullable=False))
    op.add_column("token", Column("challenge", Text))
    op.add_column("token", Column("challenge_method", Text))
    op.create_index("ix_token_user_id_kind_created_at", "token", ["user_id", "kind", "created_at"])
    op.create_index("ix_token_client_id", "token", ["client_id"])


def _devices() -> None:
    op.create_table(
        "device",
        Column("hash", LargeBinary, nullable=False),
        Column("user_code", LargeBinary),
        Column("client_id", Text, nullable=False),
        Column("scopes", Text, nullable=False),
        Column("offline", Boolean, nullable=False),
        Column("state", Text, nullable=False),
        Column("org_id", BigInteger),
        Column("user_id", BigInteger),
        Column("data_center", Text),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("polled_at", BigInteger),
        PrimaryKeyConstraint("hash", name="pk_device"),
        UniqueConstraint("user_code", name="uq_device_user_code"),
        ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_device_client_id"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_device_org_id"),
        ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_device_user_id"),
    )
    op.create_index("ix_device_expires_at", "device", ["expires_at"])
