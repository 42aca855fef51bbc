"""The modules and their fields as data (W 6.1, 6.2): another module is another table here and nothing else.

Lengths of Contacts are those seen at the real service; those of Accounts and Pipelines are Zoho CRM's for the fields of
the same name. A pick list names the values of a new organisation; a field takes others too, because every organisation
has stages of its own.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final


class Kind(Enum):
    """What a field holds; the value is the wire's ``data_type``, but for TAGS, which the wire calls text."""

    TEXT = "text"
    TEXTAREA = "textarea"
    EMAIL = "email"
    PHONE = "phone"
    WEBSITE = "website"
    PICKLIST = "picklist"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DOUBLE = "double"
    CURRENCY = "currency"
    DATE = "date"
    DATETIME = "datetime"
    LOOKUP = "lookup"
    OWNER = "ownerlookup"
    TAGS = "tags"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field. ``length`` counts characters; ``target`` is the API name of the module a lookup leads to.

    ``unique``: no two records of the module may share the value, without regard to case. ``system`` fields are made by
    us: callers may send them, and they are passed over.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    length: int = 255
    mandatory: bool = False
    unique: bool = False
    system: bool = False
    target: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One module. ``title`` names the fields that, joined by a space, are what a lookup shows."""

    name: str
    singular: str
    plural: str
    title: tuple[str, ...]
    fields: tuple[Field, ...]
    by_name: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {each.name: each for each in self.fields})


def _text(name: str, length: int, label: str = "") -> Field:
    return Field(name=name, label=label or name.replace("_", " "), length=length)


def _area(name: str, length: int) -> Field:
    return replace(_text(name, length), kind=Kind.TEXTAREA)


def _phone(name: str, length: int) -> Field:
    return replace(_text(name, length), kind=Kind.PHONE)


def _lookup(name: str, label: str, target: str) -> Field:
    return Field(name=name, label=label, kind=Kind.LOOKUP, length=120, target=target)


def _made(name: str, kind: Kind, label: str = "") -> Field:
    return Field(name=name, label=label or name.replace("_", " "), kind=kind, length=120, system=True)


_OWNER: Final = Field(name="Owner", label="Owner", kind=Kind.OWNER, length=120)

_EVERYWHERE: Final = (
    _area("Description", 32000),
    Field(name="Tag", label="Tag", kind=Kind.TAGS, length=25),
    _made("Created_By", Kind.OWNER),
    _made("Modified_By", Kind.OWNER),
    _made("Created_Time", Kind.DATETIME),
    _made("Modified_Time", Kind.DATETIME),
    _made("Last_Activity_Time", Kind.DATETIME),
)

CONTACTS: Final = Module(
    name="Contacts",
    singular="Contact",
    plural="Contacts",
    title=("First_Name", "Last_Name"),
    fields=(
        _OWNER,
        _text("First_Name", 40),
        replace(_text("Last_Name", 80), mandatory=True),
        _made("Full_Name", Kind.TEXT),
        _lookup("Account_Name", "Company Name", "Accounts"),
        Field(name="Email", label="Email", kind=Kind.EMAIL, length=100, unique=True),
        Field(name="Secondary_Email", label="Secondary Email", kind=Kind.EMAIL, length=100),
        Field(name="Email_Opt_Out", label="Email Opt Out", kind=Kind.BOOLEAN, length=5),
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
        replace(_text("Account_Name", 200, "Company Name"), mandatory=True),
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
        replace(_text("Deal_Name", 120), mandatory=True),
        _lookup("Account_Name", "Company Name", "Accounts"),
        _lookup("Contact_Name", "Contact Name", "Contacts"),
        Field(name="Pipeline", label="Pipeline", kind=Kind.PICKLIST, length=120, choices=("Sales Pipeline",)),
        Field(
            name="Sub_Pipeline",
            label="Sub-Pipeline",
            kind=Kind.PICKLIST,
            length=120,
            choices=("Sales Pipeline Standard",),
        ),
        Field(
            name="Stage",
            label="Stage",
            kind=Kind.PICKLIST,
            length=120,
            choices=(
                "Qualification",
                "Needs Analysis",
                "Proposal/Price Quote",
                "Negotiation/Review",
                "Closed Won",
                "Closed Lost",
            ),
        ),
        Field(name="Amount", label="Amount", kind=Kind.CURRENCY, length=16),
        Field(name="Probability", label="Probability (%)", kind=Kind.INTEGER, length=3),
        Field(name="Closing_Date", label="Closing Date", kind=Kind.DATE, length=20),
        *_EVERYWHERE,
    ),
)

MODULES: Final = (CONTACTS, ACCOUNTS, PIPELINES)


def named(name: str, deals_name: str) -> Module | None:
    """The module a client means; ``deals_name`` is what it must call the module Pipelines (W 12.1)."""
    if name == deals_name:
        return PIPELINES
    return next((module for module in MODULES if module.name == name and module is not PIPELINES), None)
