"""What a record is: the modules and their fields as data, the reading of values, and what they are found by. Pure."""

from postroom.record.criteria import AllOf, AnyOf, Criteria, Where
from postroom.record.field import Field, Kind
from postroom.record.modules import ACCOUNTS, CONTACTS, MODULES, NOTES, PIPELINES, Module, named
from postroom.record.values import Facts, Reading, Value, Values, complete, facts, read_number, read_values

__all__ = [
    "ACCOUNTS",
    "CONTACTS",
    "MODULES",
    "NOTES",
    "PIPELINES",
    "AllOf",
    "AnyOf",
    "Criteria",
    "Facts",
    "Field",
    "Kind",
    "Module",
    "Reading",
    "Value",
    "Values",
    "Where",
    "complete",
    "facts",
    "named",
    "read_number",
    "read_values",
]
