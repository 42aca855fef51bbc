"""Deleted records as clients see them (W 7.6)."""

from typing import Final

from postroom.mail.zone import moment
from postroom.store.deletions import Deletion
from postroom.web.api.wire.records import Context
from postroom.web.api.wire.values import Json, person

PERMANENT: Final = "permanent"
RECYCLE: Final = "recycle"  # of what lies in a recycle bin; there is none
TYPES: Final = ("all", RECYCLE, PERMANENT)


def entry(gone: Deletion, context: Context) -> Json:
    """One record that is gone."""
    return {
        "deleted_by": person(context.users, gone.deleted_by),
        "id": str(gone.record_id),
        "display_name": gone.name or None,
        "type": PERMANENT,
        "created_by": person(context.users, gone.created_by),
        "deleted_time": moment(gone.deleted_at, context.zone),
    }
