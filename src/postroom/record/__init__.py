"""What a record is: the modules and their fields as data, and the reading of one record's values. Pure."""

from postroom.record.modules import ACCOUNTS, CONTACTS, MODULES, PIPELINES, Field, Kind, Module, named
from postroom.record.values import Facts, Reading, Value, Values, complete, facts, read_number, read_values

__all__ = [
    "ACCOUNTS",
    "CONTACTS",
    "MODULES",
    "PIPELINES",
    "Facts",
    "Field",
    "Kind",
    "Module",
    "Reading",
    "Value",
    "Values",
    "complete",
    "facts",
    "named",
    "read_number",
    "read_values",
]
