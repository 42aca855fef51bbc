"""One field of a module: what it holds, and how long it may be (W 6.2)."""

from dataclasses import dataclass
from enum import Enum


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

    # Each is there once. The standard library hashes its name, in Python, at every look into a set or a dict.
    __hash__ = object.__hash__


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field. ``length`` counts characters; ``targets`` are the API names of the modules a lookup may lead to.

    ``unique``: no two records of the module may share the value, without regard to case. ``closed``: of the choices
    one must be taken; else they only name the usual values. ``default`` stands in for a value that is missing in a new
    record. ``system`` fields are made by us: callers may send them, and they are passed over. ``id`` is the row of a
    custom field, None for one that every organisation has.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    length: int = 255
    mandatory: bool = False
    unique: bool = False
    system: bool = False
    targets: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    closed: bool = False
    default: str | None = None
    id: int | None = None

    @property
    def indexed(self) -> bool:
        """Whether records are found and put in order by it: long texts are not, nor what is not kept."""
        return self.kind is not Kind.TEXTAREA and (not self.system or self.name in _KEPT)


# Fields of our own making that have a value in each record.
_KEPT = frozenset({"Full_Name", "Created_Time", "Modified_Time"})
