"""Lanes, a journal of the attempt, mails that are held, limits that workers share, ways that pause, reasons."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)

revision = "0016"
down_revision = "0015"

_SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Each transport of waiting mails has a lane, and they wait in it."""
    op.add_column("org", Column("unknown", Text, nullable=False, server_default="retry"))
    op.add_column("org", Column("notices", Text, nullable=False, server_default="none"))
    op.add_column("recipient", Column("why", Text))
    op.add_column("transport", Column("held", Boolean, nullable=False, server_default=text("false")))
    op.add_column("transport", Column("paused_until", BigInteger))
    op.add_column("transport", Column("paused_since", BigInteger))
    op.add_column("transport", Column("fault", Text))
    op.add_column("transport", Column("failures", Integer, nullable=False, server_default="0"))
    failed = text("state = 'failed'")
    op.create_index("ix_mail_org_id_seq", "mail", ["org_id", "seq"], sqlite_where=failed, postgresql_where=failed)
    _make_lanes()
    _renew_jobs()
    _make_pace()
    op.create_table(
        "worker",
        Column("id", BigInteger, autoincrement=False, nullable=False),
        Column("host", Text, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("started_at", BigInteger, nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        Column("over", Boolean, nullable=False, server_default=text("false")),
        PrimaryKeyConstraint("id", name="pk_worker"),
    )


def _make_lanes() -> None:
    op.create_table(
        "lane",
        Column("id", _SERIAL, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("transport_id", BigInteger, nullable=False),
        Column("domain", Text, nullable=False, server_default=""),
        Column("urgent", Boolean, nullable=False),
        PrimaryKeyConstraint("id", name="pk_lane"),
        UniqueConstraint("transport_id", "domain", "urgent", name="uq_lane_transport_id_domain_urgent"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_lane_org_id"),
    )
    op.execute(
        "INSERT INTO lane (org_id, transport_id, domain, urgent)"
        " SELECT DISTINCT org_id, transport_id, '', true FROM job ORDER BY transport_id"
    )


def _renew_jobs() -> None:
    """SQLite neither drops a column with an index nor lets one be null afterwards, so the rows move."""
    op.execute("CREATE TABLE waiting AS SELECT * FROM job")
    op.drop_table("job")
    op.create_table(
        "job",
        Column("mail_seq", _SERIAL, autoincrement=False, nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("lane_id", BigInteger, nullable=False),
        Column("due_at", BigInteger),
        Column("first_due_at", BigInteger, nullable=False),
        Column("attempt", Integer, nullable=False, server_default="0"),
        Column("lease", BigInteger),
        Column("stage", Text),
        Column("told", Boolean, nullable=False, server_default=text("false")),
        Column("begun_at", BigInteger),
        PrimaryKeyConstraint("mail_seq", name="pk_job"),
        ForeignKeyConstraint(["mail_seq"], ["mail.seq"], name="fk_job_mail_seq"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_job_org_id"),
        ForeignKeyConstraint(["lane_id"], ["lane.id"], name="fk_job_lane_id"),
    )
    op.create_index("ix_job_lane_id_due_at_mail_seq", "job", ["lane_id", "due_at", "mail_seq"])
    held = text("lease IS NOT NULL")
    op.create_index("ix_job_lease", "job", ["lease"], sqlite_where=held, postgresql_where=held)
    op.execute(
        "INSERT INTO job (mail_seq, org_id, lane_id, due_at, first_due_at, attempt, lease)"
        " SELECT w.mail_seq, w.org_id, lane.id, w.due_at, w.first_due_at, w.attempt, w.lease"
        " FROM waiting AS w JOIN lane ON lane.transport_id = w.transport_id AND lane.org_id = w.org_id"
    )
    op.drop_table("waiting")


def _make_pace() -> None:
    op.create_table(
        "pace",
        Column("id", _SERIAL, nullable=False),
        Column("org_id", BigInteger),
        Column("scope", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("messages", Integer),
        Column("seconds", Integer),
        Column("connections", Integer),
        Column("per_connection", Integer),
        Column("free_at", BigInteger, nullable=False, server_default="0"),
        PrimaryKeyConstraint("id", name="pk_pace"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_pace_org_id"),
    )
