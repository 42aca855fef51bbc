"""Tables of who may call, and how much: people who sign in, clients, tokens, and what is counted of their calls."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from postroom.store.schema import Json, Moment, metadata, org_column

# Somebody who signs in: one for all the organisations that have a user with this address.
account = Table(
    "account",
    metadata,
    Column("email", Text, primary_key=True),  # folded
    Column("password_hash", Text),  # argon2id; none: cannot sign in here
    Column("data_center", Text),  # where this person signs in instead; none: here
    Column("created_at", Moment, nullable=False),
)

# A browser that signed in; only the SHA-256 of its cookie is kept.
session = Table(
    "session",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("email", Text, ForeignKey("account.email"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "email"),
    Index(None, "expires_at"),
)

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),  # 1000. and 30 letters and digits, wire reference 4.1
    org_column(),
    Column("user_id", BigInteger, ForeignKey("user.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),  # self, server, client, mobile, device: wire reference 4.1
    Column("secret_hash", LargeBinary, nullable=False),
    Column("homepage", Text, nullable=False, server_default=""),
    Column("javascript_domain", Text, nullable=False, server_default=""),
    Column("redirect_uris", Json, nullable=False, server_default="[]"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Moment, nullable=False),
)

# One row per code, refresh token or access token; only the SHA-256 of a token is kept.
token = Table(
    "token",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),  # code, refresh, access
    org_column(),
    Column("user_id", BigInteger, ForeignKey("user.id"), nullable=False),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("scopes", Text, nullable=False),  # comma separated, as granted
    # The hash of what it came from: a refresh token's code, an access token's refresh token (or else its code).
    Column("parent", LargeBinary),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),  # none: until revoked
    Column("used_at", Moment),  # codes: exchanged
    # Of codes only: where it was sent, whether it gives a refresh token, what its verifier must match (RFC 7636).
    Column("redirect_uri", Text),
    Column("offline", Boolean, nullable=False, server_default=text("true")),
    Column("challenge", Text),
    Column("challenge_method", Text),
    Index(None, "parent"),
    Index(None, "expires_at"),
    Index(None, "user_id", "kind", "created_at"),
    Index(None, "client_id"),
)

# What a user allowed a client, so that nobody is asked twice.
consent = Table(
    "consent",
    metadata,
    Column("user_id", BigInteger, ForeignKey("user.id"), primary_key=True, autoincrement=False),
    Column("client_id", Text, ForeignKey("client.id"), primary_key=True),
    org_column(),
    Column("scopes", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
)

# A device that waits for its user's consent; only hashes of its two codes are kept.
device = Table(
    "device",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # of the device code
    Column("user_code", LargeBinary, unique=True),  # none: the user code was typed in another data centre
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # pending, granted, denied, elsewhere, spent
    Column("org_id", BigInteger, ForeignKey("org.id")),  # once granted, with the user
    Column("user_id", BigInteger, ForeignKey("user.id")),
    Column("data_center", Text),  # the user's, when it is another one
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("polled_at", Moment),
)

# How often something was done lately; the key is the SHA-256 of what and by whom.
throttle = Table(
    "throttle",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),  # then it counts from nothing
)

# What organisations have used of the API, summed up by the hour.
credit = Table(
    "credit",
    metadata,
    Column("org_id", BigInteger, ForeignKey("org.id"), primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False, index=True),  # since the epoch
    Column("credits", Integer, nullable=False),
    sqlite_with_rowid=False,
)
