"""Every parameter of the API, told once: the table of routes says which call takes which."""

from typing import Final

from postroom.web.api.wire import deleted, emails, pages, people, records
from postroom.web.param import MOMENT, Param, Place, choice, count

PAGE: Final = Param(name="page", kind=count(), default="1", means="Which page, counted from 1.")

# of users (W 6.3)
USERS_PER_PAGE: Final = Param(
    name="per_page",
    kind=count(most=people.PER_PAGE),
    default=str(people.PER_PAGE),
    means=f"How many users a page holds; more than {people.PER_PAGE} are read as {people.PER_PAGE}.",
)
USERS_TYPE: Final = Param(
    name="type",
    # W 13.3: one client sends quotes around it.
    kind=choice(*people.TYPES, people.CURRENT, quotes="'\""),
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

FILES_PER_PAGE: Final = Param(
    name="per_page",
    kind=count(most=pages.PER_PAGE),
    default=str(pages.PER_PAGE),
    means=f"How many files a page holds; more than {pages.PER_PAGE} are read as {pages.PER_PAGE}.",
)

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
ONLY_IDS: Final = Param(name="ids", means="None but the records with these ids, up to 100, parted by commas.")
SORT_BY: Final = Param(name="sort_by", means="The field that the records are ordered by; `id` where nothing is given.")
SORT_ORDER: Final = Param(name="sort_order", kind=choice("asc", "desc"), means="Upwards, or downwards (the default).")
RECORDS_PER_PAGE: Final = Param(
    name="per_page",
    kind=count(most=pages.PER_PAGE),
    default=str(pages.PER_PAGE),
    means=f"How many records a page holds; more than {pages.PER_PAGE} are read as {pages.PER_PAGE}.",
)
PAGE_TOKEN: Final = Param(
    name="page_token",
    means="The `next_page_token` or `previous_page_token` of another page; `page` is then passed over.",
)
CVID: Final = Param(name="cvid", means="A view of one's own; there are none, so each is refused.")
APPROVED: Final = Param(
    name="approved", kind=choice("true", "false", "both"), means="All records are approved: `false` gives none."
)
SINCE: Final = Param(
    name="If-Modified-Since",
    kind=MOMENT,
    place=Place.HEADER,
    means="A moment, ISO 8601 or as HTTP writes it; what has not changed since is left out, or 304.",
)
NUMBERED: Final = (SORT_BY, SORT_ORDER, PAGE, RECORDS_PER_PAGE)
PAGED: Final = (*NUMBERED, PAGE_TOKEN)
RELATED: Final = (FIELDS_OF_LIST, *PAGED, SINCE)
WORKFLOW: Final = Param(
    name="wf_trigger", kind=choice("true", "false"), means="Whether automation follows; there is none."
)
DELETED_TYPE: Final = Param(
    name="type",
    kind=choice(*deleted.TYPES),
    default="all",
    means="Which deleted records. There is no recycle bin: `recycle` gives none.",
)

# of searches (W 7.4)
CRITERIA: Final = Param(
    name="criteria",
    means="Comparisons like `(Last_Name:starts_with:Da)`, joined by `and` and `or`, in brackets; ten at the most.",
)
EMAIL: Final = Param(name="email", means="How an e-mail address begins.")
PHONE: Final = Param(name="phone", means="How the digits of a telephone number begin.")
WORD: Final = Param(name="word", means="How words of the record begin; two characters at least.")
