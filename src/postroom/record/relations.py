"""The related lists of each module, made from the modules' lookups (W 7.6): another lookup is another list. Pure."""

from dataclasses import dataclass
from typing import Final

from postroom.record.modules import ACCOUNTS, CONTACTS, MODULES, NOTES, PIPELINES, Module


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """One list that each record of the module ``of`` has.

    ``name`` is its API name, that of what it holds. ``module`` is the one that its records are of, and ``field`` their
    lookup that leads to the record; both are None where it holds no records (mails, files). Where the list is ``own``,
    the lookup is the record's own and leads to all that the list holds.
    """

    of: Module
    name: str
    label: str
    module: Module | None = None
    field: str | None = None
    own: bool = False


def _found_by_lookups() -> list[Relation]:
    targets = {each.name: each for each in MODULES}
    return [
        Relation(of=targets[target], name=module.name, label=module.plural, module=module, field=field.name)
        for module in MODULES
        for field in module.fields
        for target in field.targets
    ]


EMAILS: Final = "Emails"
ATTACHMENTS: Final = "Attachments"
MAILED: Final = (CONTACTS, ACCOUNTS, PIPELINES)  # W 1.1: whose records mails are about
_NOTED: Final = [each for each in MODULES if each.name in NOTES.by_name["Parent_Id"].targets]

RELATIONS: Final = (
    *_found_by_lookups(),
    Relation(of=PIPELINES, name="Contacts", label="Contacts", module=CONTACTS, field="Contact_Name", own=True),
    *(Relation(of=each, name=ATTACHMENTS, label="Attachments") for each in _NOTED),
    *(Relation(of=each, name=EMAILS, label="Emails") for each in MAILED),
)


def related_lists(module: Module) -> list[Relation]:
    """The lists that records of a module have."""
    return [each for each in RELATIONS if each.of.name == module.name]


def relation(module: Module, name: str, deals_name: str = PIPELINES.name) -> Relation | None:
    """The list a client means; ``deals_name`` is what it must call the one that holds Pipelines (W 12.1)."""
    return next((each for each in related_lists(module) if shown_name(each, deals_name) == name), None)


def shown_name(shown: Relation, deals_name: str) -> str:
    """A list's API name as the client knows it."""
    return deals_name if shown.name == PIPELINES.name else shown.name
