"""Tags: they have no rows of their own, and are there as long as a record has them."""

from sqlalchemy import Connection

from postroom.record import Kind, Module
from postroom.record.terms import fold
from postroom.store import records, terms


def used(tx: Connection, org_id: int, module: Module, limit: int) -> list[str]:
    """The tags that records of a module have, each once, in order; ``limit`` at the most.

    Two that differ in case are one, and it is written as the oldest record has it.
    """
    field = next((each for each in module.fields if each.kind is Kind.TAGS), None)
    if field is None:
        return []
    oldest = terms.used(tx, org_id, module.numbers[field.name], limit)
    found = records.by_ids(tx, org_id, module.name, list(set(oldest.values())))
    return [
        next(name for name in found[number].fields[field.name] if fold(name) == key) for key, number in oldest.items()
    ]
