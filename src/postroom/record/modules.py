"""The modules and their fields as data (W 6.1, 6.2): another module is another table here and nothing else.

Lengths of Contacts are those seen at the real service; those of the others are Zoho CRM's for the fields of the same
name. Most pick lists name the values of a new organisation only; a field takes others too, because every organisation
has stages of its own.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from postroom.record.field import Field, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One module. ``title`` names the fields that, joined by a space, are what a lookup shows.

    ``numbers`` stand for fields in the index, by name; under these they are ``indexed``. Values of ``unique`` fields no
    two records share, those of ``links`` lead to records or users, those of ``several`` to records of one of several
    modules, those of ``flags`` are always there.
    """

    name: str
    singular: str
    plural: str
    title: tuple[str, ...]
    fields: tuple[Field, ...]
    by_name: dict[str, Field] = field(init=False, repr=False, compare=False)
    numbers: dict[str, int] = field(init=False, repr=False, compare=False)
    indexed: dict[int, Field] = field(init=False, repr=False, compare=False)
    unique: tuple[Field, ...] = field(init=False, repr=False, compare=False)
    links: tuple[Field, ...] = field(init=False, repr=False, compare=False)
    several: tuple[str, ...] = field(init=False, repr=False, compare=False)
    flags: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {each.name: each for each in self.fields})
        indexed = {number(self.name, each.name): each for each in self.fields if each.indexed}
        object.__setattr__(self, "indexed", indexed)
        numbers = {each.name: found for found, each in indexed.items()} | {WORDS: number(self.name, WORDS)}
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "unique", tuple(each for each in self.fields if each.unique))
        links = tuple(each for each in self.fields if each.kind in (Kind.LOOKUP, Kind.OWNER) and not each.system)
        object.__setattr__(self, "links", links)
        object.__setattr__(self, "several", tuple(each.name for each in links if len(each.targets) > 1))
        object.__setattr__(self, "flags", tuple(each.name for each in self.fields if each.kind is Kind.BOOLEAN))

    def with_fields(self, more: Iterable[Field]) -> "Module":
        """The module as an organisation has it: with these fields of its own, in place of any others."""
        common, new = tuple(each for each in self.fields if each.id is None), tuple(more)
        return replace(self, fields=(*common, *new)) if new or self.own else self

    @property
    def own(self) -> list[Field]:
        """The fields that the organisation added."""
        return [each for each in self.fields if each.id is not None]


WORDS: Final = "*"  # what stands for the words of all texts of a record, beside its fields


def number(module: str, name: str) -> int:
    """What stands for a field in the index: 31 bits of its names, the same on every server and for ever."""
    return zlib.crc32(f"{module}.{name}".encode()) & 0x7FFFFFFF


def _text(name: str, length: int, label: str = "") -> Field:
    return Field(name=name, label=label or name.replace("_", " "), length=length)


def _area(name: str, length: int) -> Field:
    return replace(_text(name, length), kind=Kind.TEXTAREA)


def _phone(name: str, length: int) -> Field:
    return replace(_text(name, length), kind=Kind.PHONE)


def _number(name: str, kind: Kind, length: int, label: str = "") -> Field:
    return replace(_text(name, length, label), kind=kind)


def _yes(name: str) -> Field:
    return replace(_text(name, 5), kind=Kind.BOOLEAN)


def _choice(name: str, *choices: str, label: str = "") -> Field:
    return replace(_text(name, 120, label), kind=Kind.PICKLIST, choices=choices)


def _lookup(name: str, label: str, *targets: str) -> Field:
    return Field(name=name, label=label, kind=Kind.LOOKUP, length=120, targets=targets)


def _moment(name: str, label: str = "") -> Field:
    return replace(_text(name, 20, label), kind=Kind.DATETIME)


def _date(name: str) -> Field:
    return replace(_text(name, 20), kind=Kind.DATE)


def _made(name: str, kind: Kind, label: str = "") -> Field:
    return Field(name=name, label=label or name.replace("_", " "), kind=kind, length=120, system=True)


_OWNER: Final = Field(name="Owner", label="Owner", kind=Kind.OWNER, length=120)
_DESCRIPTION: Final = _area("Description", 32000)
_TAG: Final = Field(name="Tag", label="Tag", kind=Kind.TAGS, length=25)

_STAMPS: Final = (
    _made("Created_By", Kind.OWNER),
    _made("Modified_By", Kind.OWNER),
    _made("Created_Time", Kind.DATETIME),
    _made("Modified_Time", Kind.DATETIME),
)

_EVERYWHERE: Final = (_DESCRIPTION, _TAG, *_STAMPS, _made("Last_Activity_Time", Kind.DATETIME))

CONTACTS: Final = Module(
    name="Contacts",
    singular="Contact",
    plural="Contacts",
    title=("First_Name", "Last_Name"),
    fields=(
        _OWNER,
        _text("First_Name", 40),
        replace(_text("Last_Name", 80), mandatory=True),
        replace(_made("Full_Name", Kind.TEXT), length=120),
        _lookup("Account_Name", "Company Name", "Accounts"),
        Field(name="Email", label="Email", kind=Kind.EMAIL, length=100, unique=True),
        Field(name="Secondary_Email", label="Secondary Email", kind=Kind.EMAIL, length=100),
        _yes("Email_Opt_Out"),
        _text("Title", 100),
        _phone("Phone", 50),
        _phone("Home_Phone", 30),
        _phone("Mobile", 30),
        _area("Mailing_Street", 250),
        _text("Mailing_City", 100),
        _text("Mailing_State", 100),
        _text("Mailing_Zip", 30),
        _text("Mailing_Country", 100),
        _made("Unsubscribed_Mode", Kind.TEXT),
        _made("Unsubscribed_Time", Kind.DATETIME),
        *_EVERYWHERE,
    ),
)

ACCOUNTS: Final = Module(
    name="Accounts",
    singular="Company",
    plural="Companies",
    title=("Account_Name",),
    fields=(
        _OWNER,
        replace(_text("Account_Name", 200, "Company Name"), mandatory=True, unique=True),
        _phone("Phone", 30),
        Field(name="Website", label="Website", kind=Kind.WEBSITE, length=450),
        _area("Billing_Street", 250),
        _text("Billing_City", 100),
        _text("Billing_State", 100),
        _text("Billing_Code", 30),
        _text("Billing_Country", 100),
        *_EVERYWHERE,
    ),
)

PIPELINES: Final = Module(
    name="Pipelines",
    singular="Pipeline",
    plural="Pipelines",
    title=("Deal_Name",),
    fields=(
        _OWNER,
        replace(_text("Deal_Name", 120), mandatory=True, unique=True),
        _lookup("Account_Name", "Company Name", "Accounts"),
        _lookup("Contact_Name", "Contact Name", "Contacts"),
        replace(_choice("Pipeline", "Sales Pipeline"), default="Sales Pipeline"),
        replace(
            _choice("Sub_Pipeline", "Sales Pipeline Standard", label="Sub-Pipeline"), default="Sales Pipeline Standard"
        ),
        replace(
            _choice(
                "Stage",
                "Qualification",
                "Needs Analysis",
                "Proposal/Price Quote",
                "Negotiation/Review",
                "Closed Won",
                "Closed Lost",
            ),
            mandatory=True,
        ),
        _number("Amount", Kind.CURRENCY, 16),
        _number("Probability", Kind.INTEGER, 3, "Probability (%)"),
        _date("Closing_Date"),
        *_EVERYWHERE,
    ),
)

PRODUCTS: Final = Module(
    name="Products",
    singular="Product",
    plural="Products",
    title=("Product_Name",),
    fields=(
        _OWNER,
        replace(_text("Product_Name", 200), mandatory=True, unique=True),
        _text("Product_Code", 60),
        _choice("Product_Category"),
        replace(_yes("Product_Active"), label="Product Active"),
        _number("Unit_Price", Kind.CURRENCY, 16),
        *_EVERYWHERE,
    ),
)

_RELATED: Final = ("Accounts", "Pipelines", "Products")
_WHOM: Final = (_lookup("Who_Id", "Contact Name", "Contacts"), _lookup("What_Id", "Related To", *_RELATED))

TASKS: Final = Module(
    name="Tasks",
    singular="Task",
    plural="Tasks",
    title=("Subject",),
    fields=(
        _OWNER,
        replace(_text("Subject", 255), mandatory=True),
        _date("Due_Date"),
        *_WHOM,
        replace(
            _choice("Status", "Not Started", "In Progress", "Completed", "Deferred", "Waiting on someone else"),
            default="Not Started",
        ),
        replace(_choice("Priority", "High", "Highest", "Low", "Lowest", "Normal"), default="High"),
        _moment("Closed_Time"),
        *_EVERYWHERE,
    ),
)

EVENTS: Final = Module(
    name="Events",
    singular="Event",
    plural="Events",
    title=("Event_Title",),
    fields=(
        _OWNER,
        replace(_text("Event_Title", 255, "Title"), mandatory=True),
        replace(_moment("Start_DateTime", "From"), mandatory=True),
        replace(_moment("End_DateTime", "To"), mandatory=True),
        _yes("All_day"),
        _text("Venue", 255, "Location"),
        *_WHOM,
        *_EVERYWHERE,
    ),
)

CALLS: Final = Module(
    name="Calls",
    singular="Call",
    plural="Calls",
    title=("Subject",),
    fields=(
        _OWNER,
        replace(_text("Subject", 255), mandatory=True),
        replace(_choice("Call_Type", "Outbound", "Inbound", "Missed"), mandatory=True, closed=True),
        replace(_moment("Call_Start_Time"), mandatory=True),
        replace(_text("Call_Duration", 50), mandatory=True),
        _choice("Call_Purpose", "Prospecting", "Administrative", "Negotiation", "Demo", "Project", "Desk"),
        _text("Call_Result", 255),
        *_WHOM,
        *_EVERYWHERE,
    ),
)

_NOTABLE: Final = ("Contacts", "Accounts", "Pipelines", "Products", "Tasks", "Events", "Calls")

NOTES: Final = Module(
    name="Notes",
    singular="Note",
    plural="Notes",
    title=("Note_Title",),
    fields=(
        _OWNER,
        _text("Note_Title", 120),
        replace(_area("Note_Content", 32000), mandatory=True),
        replace(_lookup("Parent_Id", "Parent ID", *_NOTABLE), mandatory=True),
        *_STAMPS,
    ),
)

MODULES: Final = (CONTACTS, ACCOUNTS, PIPELINES, PRODUCTS, TASKS, EVENTS, CALLS, NOTES)


def named(name: str, deals_name: str) -> Module | None:
    """The module a client means; ``deals_name`` is what it must call the module Pipelines (W 12.1)."""
    if name == deals_name:
        return PIPELINES
    return next((module for module in MODULES if module.name == name and module is not PIPELINES), None)
