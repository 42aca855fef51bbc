"""The schema, once, for SQLite and PostgreSQL. ``migrations/`` must lead to exactly this (a test compares them).

Moments are BIGINT milliseconds since the epoch, UTC. Every row belongs to an organisation, and every index that serves
a request leads with it. The two random ids that callers see (mail, file) are 32 bytes, the first six a time, so that
their unique index grows at its end. Tables of who may call are in ``access_tables``, those of the queue in
``queue_tables``.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from postroom.store.access_tables import account, client, consent, credit, device, session, throttle, token
from postroom.store.queue_tables import event, job, lane, pace, worker
from postroom.store.schema import Json, Moment, Serial, metadata, org_column

# What others look for here: the schema is whole only with them.
__all__ = [
    "account",
    "client",
    "consent",
    "credit",
    "device",
    "event",
    "job",
    "lane",
    "metadata",
    "pace",
    "session",
    "throttle",
    "token",
    "worker",
]

org = Table(
    "org",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("primary_email", Text, nullable=False),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    # Which addresses a mail may go to: known (of the organisation), record (of the record in the URL), any.
    Column("recipients", Text, nullable=False, server_default="known"),
    Column("transport_id", BigInteger),
    Column("created_at", Moment, nullable=False),
    Column("mails_per_day", Integer),  # none: as the server has it; 0: no limit
    # What becomes of a mail that the server may have taken, without having said so: retry or hold.
    Column("unknown", Text, nullable=False, server_default="retry"),
    Column("notices", Text, nullable=False, server_default="none"),  # told to senders by mail: none, failures, delays
    Column("secret", LargeBinary),  # Fernet: what tokens in its mails are signed with; none: none is signed yet
)

user = Table(
    "user",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("email", Text, nullable=False),  # folded
    Column("first_name", Text, nullable=False, server_default=""),
    Column("last_name", Text, nullable=False),
    Column("profile", Text, nullable=False, server_default="Administrator"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("confirmed_at", Moment),  # none: sends no mail yet
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("org_id", "email"),
    Index(None, "email"),
)

transport = Table(
    "transport",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("tls", Text, nullable=False),  # none, starttls, tls
    Column("username", Text),
    Column("password", LargeBinary),  # Fernet
    Column("oauth", LargeBinary),  # Fernet: with what tokens are fetched, in place of a password
    Column("direct", Boolean, nullable=False, server_default=text("false")),  # no server: to the recipients' own
    Column("source", Text),  # addresses of ours to speak from, blanks between them; none: as the system has it
    Column("fallback_id", BigInteger),  # the transport that has its mails while it is paused
    Column("created_at", Moment, nullable=False),
    Column("held", Boolean, nullable=False, server_default=text("false")),  # by an operator
    # A way that fails is left alone for a while, and its mails wait: until when, since when, why, how often in a row.
    Column("paused_until", Moment),
    Column("paused_since", Moment),
    Column("fault", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
)

# A key that mails from a domain are signed with; its public half stands in the DNS under the selector.
dkim_key = Table(
    "dkim_key",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("domain", Text, nullable=False),  # folded
    Column("selector", Text, nullable=False),
    Column("algorithm", Text, nullable=False),  # rsa, ed25519
    Column("private", LargeBinary, nullable=False),  # Fernet
    Column("public", Text, nullable=False),  # base64, as the record has it
    Column("created_at", Moment, nullable=False),
    Column("signs_from", Moment),  # none: not before its record is published
    Column("signs_until", Moment),  # none: no other has taken its place
    UniqueConstraint("org_id", "domain", "selector"),
)

# What domains ask of those who send to them (RFC 8461), kept for as long as they say.
sts_policy = Table(
    "sts_policy",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("id", Text, nullable=False),  # of the record in the DNS
    Column("mode", Text, nullable=False),  # enforce, testing, none
    Column("mx", Json, nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
)

# A configured from address: of one user, or (user_id is null) of the organisation.
sender = Table(
    "sender",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("user_id", BigInteger, ForeignKey("user.id")),
    Column("email", Text, nullable=False),  # folded
    Column("name", Text, nullable=False),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    Column("alias_of", BigInteger),  # the sender through whose transport its mails leave
    Column("transport_id", BigInteger, ForeignKey("transport.id")),
    Column("return_path", Text),  # where bounces go, with the mail's number added; none: to the address itself
    Column("one_click", Boolean, nullable=False, server_default=text("false")),  # its mails can be unsubscribed from
    Column("confirmed_at", Moment),  # none: nobody sends from it yet
    Column("created_at", Moment, nullable=False),
    Index(None, "org_id", "email"),
)

# Who may send from an address of the organisation; where nobody is named, everybody may.
sender_user = Table(
    "sender_user",
    metadata,
    Column("sender_id", BigInteger, ForeignKey("sender.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    org_column(),
    sqlite_with_rowid=False,
)

# A link that was mailed to the address of a sender or of a user; only the hash of its token is kept.
confirmation = Table(
    "confirmation",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    org_column(),
    Column("sender_id", BigInteger, ForeignKey("sender.id"), index=True),
    Column("user_id", BigInteger, ForeignKey("user.id"), index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("used_at", Moment),
)

record = Table(
    "record",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("module", Text, nullable=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),  # what a lookup shows
    Column("fields", Json, nullable=False),  # every value of the module's fields, by API name
    # Copies of values above that sending mail needs without the others; record.Facts makes them.
    Column("email", Text),  # folded
    Column("secondary_email", Text),  # folded
    Column("opted_out", Boolean, nullable=False, server_default=text("false")),
    Column("account_id", BigInteger),
    Column("contact_id", BigInteger),
    Column("created_at", Moment, nullable=False),
    Column("created_by", BigInteger, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("modified_by", BigInteger, nullable=False),
    Column("lock_id", BigInteger),  # none: it is not locked
    Index(None, "org_id", "module", "id"),
)

# Who has locked a record, and why (wire reference 7.8); the record has its id, which all who read the record see.
record_lock = Table(
    "record_lock",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("record_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("locked_at", Moment, nullable=False),
    Column("locked_by", BigInteger, nullable=False),
)

# What records are found by: a row for each value of an indexed field, and for each word of their texts (record.terms).
# Places (store.terms) are octets that stand in the order of the values, so one index serves equality, ranges,
# beginnings and sorting; the other one tells of a record whether it meets a comparison.
term = Table(
    "term",
    metadata,
    Column("place", LargeBinary, primary_key=True),  # whose it is, the field, and the value
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "record_id", "place"),
    sqlite_with_rowid=False,
)

# Batches of records that came a moment ago: their terms go into the index when nobody is writing (store.aside).
unindexed = Table(
    "unindexed",
    metadata,
    Column("seq", Serial, primary_key=True),
    org_column(),
    Column("module", Text, nullable=False),
    Column("stamp", BigInteger, nullable=False),  # another one whenever a record leaves the batch
    Column("ids", LargeBinary, nullable=False),  # 64 bits each, the least first
    Index(None, "org_id", "module", "seq", "stamp"),
)

# A record that is gone: what is left of it to be told (wire reference 7.6).
deletion = Table(
    "deletion",
    metadata,
    Column("seq", Serial, primary_key=True),
    org_column(),
    Column("module", Text, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_by", BigInteger, nullable=False),
    Column("deleted_by", BigInteger, nullable=False),
    Column("deleted_at", Moment, nullable=False),
    # Whether no lookup leads to it any more.
    Column("severed", Boolean, nullable=False, server_default=text("false"), index=True),
    Index(None, "org_id", "module", "seq"),
)

# A field that an organisation added to a module.
custom_field = Table(
    "custom_field",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("module", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("length", Integer, nullable=False),
    Column("is_mandatory", Boolean, nullable=False, server_default=text("false")),
    Column("is_unique", Boolean, nullable=False, server_default=text("false")),
    Column("choices", Json, nullable=False, server_default="[]"),
    Column("created_at", Moment, nullable=False),
    Column("removed_at", Moment),  # records may still hold values of it, which nobody is shown
    UniqueConstraint("org_id", "module", "name"),
)

# How far a file of records came; each step is written in the transaction that keeps the records of its lines.
import_ = Table(
    "import",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the file and of how it is read
    Column("line", Integer, nullable=False),  # the last one that is imported or refused; 0: none yet
    Column("imported", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, index=True),
    UniqueConstraint("org_id", "digest"),
)

refused_line = Table(
    "refused_line",
    metadata,
    Column("import_id", BigInteger, ForeignKey("import.id"), primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    org_column(),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

file = Table(
    "file",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    org_column(),
    Column("user_id", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False, index=True),  # SHA-256, the name of the blob
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# An uploaded file that lies with a record (wire reference 3.3); ``attachment`` is what lies with a mail.
enclosure = Table(
    "enclosure",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("record_id", BigInteger, nullable=False),
    Column("file_id", LargeBinary, nullable=False),
    Index(None, "org_id", "record_id", "id"),
)

# A text that mails are made from (wire reference 8.2).
template = Table(
    "template",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("module", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("category", Text, nullable=False),
    # What a mail needs of each file, so that none is looked up for it, and none is lost with the record it came from.
    Column("files", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", BigInteger, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("modified_by", BigInteger, nullable=False),
    Column("used_at", Moment),  # to the minute
    UniqueConstraint("org_id", "name"),
)

mail = Table(
    "mail",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    org_column(),
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
    Column("dated_at", Moment, nullable=False),  # the Date field
    Column("created_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),  # until it was settled
    # Of an answer: the id of the first mail of its thread, and Message-IDs, as they stand in its header.
    Column("thread_id", LargeBinary),
    Column("references", Text),
    # The record that it is about; none: the one that it is filed under.
    Column("linked_module", Text),
    Column("linked_id", BigInteger),
    # As the sender had them when the mail was accepted.
    Column("return_path", Text),
    Column("one_click", Boolean, nullable=False, server_default=text("false")),
    # With the two that lists ask for: what is passed over is not looked at.
    Index(None, "org_id", "record_id", "seq", "user_id", "state"),
)
# What failed is looked for among all that was ever sent.
Index(None, mail.c.org_id, mail.c.seq, sqlite_where=mail.c.state == "failed", postgresql_where=mail.c.state == "failed")
# Most mails answer none: they cost this index nothing.
Index(
    None,
    mail.c.org_id,
    mail.c.thread_id,
    sqlite_where=mail.c.thread_id.is_not(None),
    postgresql_where=mail.c.thread_id.is_not(None),
)

# What a request with an idempotency key was answered, written with the mails that the answer tells of.
answered = Table(
    "answered",
    metadata,
    Column("org_id", BigInteger, ForeignKey("org.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of what was asked
    Column("status", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
)

# How many mails an organisation with a limit had accepted on a day of its own time.
mail_day = Table(
    "mail_day",
    metadata,
    Column("org_id", BigInteger, ForeignKey("org.id"), primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),  # since the epoch
    Column("mails", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# An address that no mail of the organisation goes to any more.
blocked = Table(
    "blocked",
    metadata,
    Column("org_id", BigInteger, ForeignKey("org.id"), primary_key=True, autoincrement=False),
    Column("address", Text, primary_key=True),  # folded
    Column("reason", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

recipient = Table(
    "recipient",
    metadata,
    Column("mail_seq", BigInteger, ForeignKey("mail.seq"), primary_key=True, autoincrement=False),
    Column("n", SmallInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", SmallInteger),  # of the last reply, with the three below
    Column("enhanced", Text),
    Column("line", Text),
    Column("why", Text),
    sqlite_with_rowid=False,
)

attachment = Table(
    "attachment",
    metadata,
    Column("mail_seq", BigInteger, ForeignKey("mail.seq"), primary_key=True, autoincrement=False),
    Column("n", SmallInteger, primary_key=True, autoincrement=False),
    org_column(),
    Column("file_id", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
