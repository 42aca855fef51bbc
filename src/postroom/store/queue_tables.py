"""The tables of the queue: what waits, where it waits, how fast it may go, who works at it, and what happened."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from postroom.store.schema import Json, Moment, Serial, metadata, org_column

# What mails wait in, each lane oldest first: one for each transport and urgency, and for each of its domains that has a
# limit of its own. So what a limit holds up never stands before others.
lane = Table(
    "lane",
    metadata,
    Column("id", Serial, primary_key=True),
    org_column(),
    Column("transport_id", BigInteger, nullable=False),
    Column("domain", Text, nullable=False, server_default=""),  # folded; empty: all without a limit
    Column("urgent", Boolean, nullable=False),
    UniqueConstraint("transport_id", "domain", "urgent"),
)

# The queue: one small row per mail that is not settled. A claim moves due_at to the end of its lease, so a dead
# worker's mails come back by themselves; ``lease`` is the fencing token that the settling must show. With ``attempt``
# and ``stage`` the row is the journal of the attempt that goes on.
job = Table(
    "job",
    metadata,
    Column("mail_seq", Serial, ForeignKey("mail.seq"), primary_key=True, autoincrement=False),
    org_column(),
    Column("lane_id", BigInteger, ForeignKey("lane.id"), nullable=False),
    Column("due_at", Moment),  # null: held, until somebody releases it
    Column("first_due_at", Moment, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease", BigInteger),  # null: nobody holds it
    # How far the attempt has come, as last written; final-dot: the server may have taken the mail.
    Column("stage", Text),
    Column("told", Boolean, nullable=False, server_default=text("false")),  # that it is late
    Column("begun_at", Moment),  # when the last attempt began
    Index(None, "lane_id", "due_at", "mail_seq"),
)
# For the heartbeat: few jobs are held, however many wait.
Index(None, job.c.lease, sqlite_where=job.c.lease.is_not(None), postgresql_where=job.c.lease.is_not(None))

# A limit that all workers share: of an organisation, a transport, a domain of recipients, or a server. Those without an
# organisation are the operator's, and hold for all together.
pace = Table(
    "pace",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("org_id", BigInteger, ForeignKey("org.id")),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("messages", Integer),  # in so many seconds; none: no limit
    Column("seconds", Integer),
    Column("connections", Integer),  # at once
    Column("per_connection", Integer),  # mails
    Column("free_at", BigInteger, nullable=False, server_default="0"),  # µs: when the next mail may go
)

worker = Table(
    "worker",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("over", Boolean, nullable=False, server_default=text("false")),  # more connections than its part, still
)

event = Table(
    "event",
    metadata,
    Column("seq", Serial, primary_key=True),
    org_column(),
    Column("mail_seq", BigInteger, ForeignKey("mail.seq"), nullable=False),
    Column("n", SmallInteger),  # the recipient; null: the mail as a whole
    Column("at", Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("detail", Json),
    Index(None, "mail_seq"),
)
