"""Records wait for the index in batches, no longer one by one."""

import struct
from itertools import groupby

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    insert,
    text,
)

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """What waits goes on waiting."""
    waiting = op.get_bind().execute(text("SELECT org_id, module, record_id FROM unindexed ORDER BY 1, 2, 3")).all()
    op.drop_table("unindexed")
    unindexed = op.create_table(
        "unindexed",
        Column("seq", BigInteger().with_variant(Integer(), "sqlite"), nullable=False),
        Column("org_id", BigInteger, nullable=False),
        Column("module", Text, nullable=False),
        Column("stamp", BigInteger, nullable=False),
        Column("ids", LargeBinary, nullable=False),
        PrimaryKeyConstraint("seq", name="pk_unindexed"),
        ForeignKeyConstraint(["org_id"], ["org.id"], name="fk_unindexed_org_id"),
    )
    op.create_index("ix_unindexed_org_id_module_seq_stamp", "unindexed", ["org_id", "module", "seq", "stamp"])
    for (org_id, module), rows in groupby(waiting, key=lambda row: (row.org_id, row.module)):
        ids = [row.record_id for row in rows]
        # No two batches are here under one stamp: a record is in one of them.
        values = {"org_id": org_id, "module": module, "stamp": ids[0], "ids": struct.pack(f"<{len(ids)}q", *ids)}
        op.get_bind().execute(insert(unindexed).values(values))
