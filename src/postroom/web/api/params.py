"""Every parameter of the API, told once: the table of routes says which call takes which."""

from typing import Final

from postroom.web.api.wire import emails, records, users
from postroom.web.param import Param, choice, count

PAGE: Final = Param(name="page", kind=count(), default="1", means="Which page, counted from 1.")

# of users (W 6.3)
USERS_PER_PAGE: Final = Param(
    name="per_page",
    kind=count(most=users.PER_PAGE),
    default=str(users.PER_PAGE),
    means=f"How many users a page holds; more than {users.PER_PAGE} are read as {users.PER_PAGE}.",
)
USERS_TYPE: Final = Param(
    name="type",
    # W 13.3: one client sends quotes around it.
    kind=choice(*users.TYPES, users.CURRENT, quotes="'\""),
    default="AllUsers",
    means="Which users.",
)
USER_ID: Final = Param(
    name="user_id", means="The user whose addresses they are; only an Administrator may name another one."
)

# of a record's mails (W 8.1)
EMAILS_TYPE: Final = Param(name="type", kind=choice(*emails.TYPES), means="Which mails; all where nothing is given.")
EMAILS_INDEX: Final = Param(
    name="index",
    kind=count(least=0),
    default="0",
    means="How many mails to pass over: the `next_index` of the page before.",
)

# of files (W 3.2)
FILE_ID: Final = Param(name="id", required=True, means="The id that the upload was answered with.")

# of metadata (W 6.2)
MODULE: Final = Param(name="module", required=True, means="The module's API name.")

# of records (W 7.1, 7.3)
FIELDS: Final = Param(
    name="fields",
    means=(
        f"The API names of up to {records.FIELDS_AT_MOST} fields, parted by commas; names of none are passed over. "
        "All fields where nothing is given."
    ),
)
FIELDS_OF_LIST: Final = Param(
    name="fields",
    required=True,
    means=(
        f"The API names of up to {records.FIELDS_AT_MOST} fields, parted by commas; names of none are passed over. "
        "Under `/bigin/v1`, `/crm/v2` and `/crm/v2.1` it may be left out, which gives all fields."
    ),
)
RECORD_IDS: Final = Param(name="ids", required=True, means="The ids of up to 100 records, parted by commas.")
SORT_BY: Final = Param(name="sort_by", kind=choice("id"), means="What the records are ordered by.")
SORT_ORDER: Final = Param(name="sort_order", kind=choice("asc", "desc"), means="Upwards, or downwards (the default).")
RECORDS_PER_PAGE: Final = Param(
    name="per_page",
    kind=count(most=records.PER_PAGE),
    default=str(records.PER_PAGE),
    means=f"How many records a page holds; more than {records.PER_PAGE} are read as {records.PER_PAGE}.",
)
PAGE_TOKEN: Final = Param(name="page_token", means="The token of another page; there are none yet.")
PAGED: Final = (SORT_BY, SORT_ORDER, PAGE, RECORDS_PER_PAGE, PAGE_TOKEN)
