"""What the merge fields of templates stand for: for many mails at once, with one query per noun.

``${Contacts.First_Name}`` is a field of the mail's record, of its module; ``${Users.full_name}`` tells of whoever sends
the mail, ``${Org.company_name}`` of the organisation (wire reference 8.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from sqlalchemy import Connection

from postroom.mail import merge
from postroom.mail.merge import Pattern
from postroom.mail.zone import zone
from postroom.record import MODULES, PIPELINES, Kind, Module, Value
from postroom.record.texts import text_of
from postroom.store import fields, records, templates, users
from postroom.store.fields import Asked as OfOrg
from postroom.store.orgs import Org
from postroom.store.records import Key, Record
from postroom.store.templates import Template
from postroom.store.users import User


@dataclass(frozen=True, slots=True)
class Asked:
    """A template, with the record, the user and the organisation that it is to be filled from."""

    template_id: int
    record: Key
    user_id: int
    org: Org


@dataclass(frozen=True, kw_only=True, slots=True)
class Filling:
    """A template that was found, and what each of its merge fields stands for."""

    template: Template
    subject: Pattern
    content: Pattern
    values: Mapping[str, str]


def look_up(tx: Connection, asked: Sequence[Asked]) -> list[Filling | None]:
    """The template that each names, in order; None where the organisation has none of that number."""
    if not asked:
        return []
    found = templates.find_many(tx, [templates.Key(each.org.id, each.template_id) for each in asked])
    read = {each.id: (merge.read(each.subject), merge.read(each.content)) for each in found if each is not None}
    sources = _sources(tx, asked)
    fillings: list[Filling | None] = []
    for template, source in zip(found, sources, strict=True):
        if template is None:
            fillings.append(None)
            continue
        subject, content = read[template.id]
        values = {name: source.text(name) for name in subject.names | content.names}
        fillings.append(Filling(template=template, subject=subject, content=content, values=values))
    return fillings


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """What one mail's fields are read from; ``names`` are those of the organisation's records and users, by id."""

    org: Org
    user: User | None
    module: Module
    record: Record | None
    names: Mapping[int, str]

    def text(self, name: str) -> str:
        """What a field stands for; empty where it is unknown, or has no value."""
        place, _, field = name.partition(".")
        if place == "Users":
            return _of_user(self.user).get(field, "")
        if place == "Org":
            return _of_org(self.org).get(field, "")
        if self.record is None or _module_name(place) != self.module.name:
            return ""
        return _of_record(self.module, self.record, field, self.names, zone(self.org.time_zone))


def _sources(tx: Connection, asked: Sequence[Asked]) -> list[_Source]:
    found = records.find_many(tx, [each.record for each in asked])
    whole = fields.whole(tx, [OfOrg(each.org.id, _MODULES[each.record.module]) for each in asked])
    links, people = _references(asked, found, whole)
    users_of = {org_id: users.by_ids(tx, org_id, ids) for org_id, ids in people.items()}
    names = {
        org_id: {number: each.name for number, each in records.names(tx, org_id, ids).items()}
        | {number: each.full_name for number, each in users_of[org_id].items()}
        for org_id, ids in links.items()
    }
    return [
        _Source(
            org=each.org,
            user=users_of[each.org.id].get(each.user_id),
            module=module,
            record=record,
            names=names[each.org.id],
        )
        for each, module, record in zip(asked, whole, found, strict=True)
    ]


def _references(
    asked: Sequence[Asked], found: Sequence[Record | None], whole: Sequence[Module]
) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """The records and the users that must be known by name, by organisation."""
    links: dict[int, set[int]] = {each.org.id: set() for each in asked}
    people: dict[int, set[int]] = {each.org.id: set() for each in asked}
    for each, record, module in zip(asked, found, whole, strict=True):
        people[each.org.id].add(each.user_id)
        if record is not None:
            people[each.org.id] |= {record.owner_id, record.created_by, record.modified_by}
            lookups = (record.fields.get(field.name) for field in module.links if field.kind is Kind.LOOKUP)
            links[each.org.id] |= {value for value in lookups if isinstance(value, int)}
    return links, people


_MODULES: Final = {each.name: each for each in MODULES}


def _module_name(place: str) -> str:
    return PIPELINES.name if place == "Deals" else place  # W 12.1


def _of_record(module: Module, record: Record, name: str, names: Mapping[int, str], zone: tzinfo) -> str:
    made: dict[str, Value] = {
        "Full_Name": record.name,
        "Created_By": record.created_by,
        "Modified_By": record.modified_by,
    }
    if name == "id":
        return str(record.id)
    field = module.by_name.get(name)
    return "" if field is None else text_of(field, (record.values | made).get(name), names, zone)


def _of_user(user: User | None) -> dict[str, str]:
    if user is None:
        return {}
    return {
        "id": str(user.id),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "full_name": user.full_name,
        "email": user.email,
    }


def _of_org(org: Org) -> dict[str, str]:
    return {
        "id": str(org.id),
        "company_name": org.name,
        "primary_email": org.primary_email,
        "time_zone": org.time_zone,
    }
