"""Records that wait for the index no longer bring their terms along: these are made when they are needed."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """What a term is has not changed since, so nothing is lost."""
    op.drop_column("unindexed", "terms")
