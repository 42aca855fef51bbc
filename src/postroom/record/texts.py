"""A value of a record as a sentence has it: as the wire shows it, without the wire's objects (W 7.1). Pure."""

from collections.abc import Mapping
from datetime import tzinfo

from postroom.mail.zone import moment
from postroom.record.field import Field, Kind
from postroom.record.values import Value


def text_of(field: Field, value: Value, names: Mapping[int, str], zone: tzinfo) -> str:
    """The text of a field's value, empty where it has none; ``names`` are those of records and users, by id."""
    match value:
        case None:
            return "false" if field.kind is Kind.BOOLEAN else ""
        case bool():
            return "true" if value else "false"
        case int() if field.kind in (Kind.LOOKUP, Kind.OWNER):
            return names.get(value, "")
        case int() if field.kind is Kind.DATETIME:
            return moment(value, zone)
        case list():
            return ", ".join(value)
    return str(value)
