"""Tags: they have no rows of their own, and are there as long as a record has them."""

from sqlalchemy import Connection

from postroom.record import Kind, Module
from postroom.record.terms import fold
from postroom.store import aside, records, terms


def used(tx: Connection, org_id: int, module: Module, limit: int) -> list[str]:
    """The tags that records of a module have, each once, in order; ``limit`` at the most.

    Two that differ in case are one, and it is written as the oldest record has it.
    """
    field = next((each for each in module.fields if each.kind is Kind.TAGS), None)
    if field is None:
        return []
    number = module.numbers[field.name]
    oldest = terms.used(tx, org_id, number, limit)
    for key, record_id in aside.newest(tx, org_id, module).used(number).items():
        oldest[key] = min(oldest.get(key, record_id), record_id)
    first = sorted(oldest.items())[:limit]
    found = records.by_ids(tx, org_id, module.name, list({record_id for _, record_id in first}))
    return [next(name for name in found[record_id].fields[field.name] if fold(name) == key) for key, record_id in first]
