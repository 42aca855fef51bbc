"""Two organisations at one server: all that the other one has holds a word that nobody else has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import update

from postroom.record import CONTACTS, MODULES, Field, Kind, Module
from postroom.store import fields, tables
from postroom.store.db import Tx
from tests.fuzz.values import right
from tests.web.api.guests import Guest, guests

MARK: Final = "Zwiebelfisch"
_EACH: Final = 3  # records of each module, to begin with
_KEPT: Final = 300  # ids of each kind


@dataclass(slots=True)
class Known:
    """The ids that an organisation has, by what they name: a module, ``files``, ``mails``, ``users``, ``fields``,
    ``templates``.

    Of ``notes``, ``attachments``, ``locks`` and ``linked`` records it has the paths, with the record that they belong
    to.
    """

    ids: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, number: str) -> None:
        """Keep an id; of many, the latest."""
        kept = self.ids.setdefault(kind, [])
        kept.append(number)
        del kept[:-_KEPT]

    def some(self, chance: Random, kind: str) -> str:
        """An id of that kind, or of any where there is none."""
        kept = self.ids.get(kind) or [each for every in self.ids.values() for each in every]
        return chance.choice(kept)

    @property
    def all(self) -> set[str]:
        """Every id."""
        return {each for every in self.ids.values() for each in every}


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """An organisation, its caller, and what it has."""

    guest: Guest
    known: Known


@asynccontextmanager
async def parties(folder: Path) -> AsyncIterator[tuple[Party, Party]]:
    """A running server with two organisations that each have some of everything; the second one's is marked."""
    async with guests(folder) as both:
        yield await _settled(both.own, ""), await _settled(both.other, MARK)


async def _settled(guest: Guest, mark: str) -> Party:
    known, chance = Known(), Random(1)
    await guest.house.app.db.write(lambda tx: _found(tx, guest, known, mark))
    for module in MODULES:
        items = [filled(chance, module, known, mark) for _ in range(_EACH)]
        answer = await guest.insert(module.name, *items)
        assert answer.status_code == 201, answer.text
        for each in answer.json()["data"]:
            known.add(module.name, each["details"]["id"])
    upload = await guest.ask("POST", "/files", files={"file": (f"{mark or 'a'}.txt", mark.encode() or b"a")})
    known.add("files", upload.json()["data"][0]["details"]["id"])
    world = guest.world
    mail = {
        "from": {"email": world.sender.email},
        "to": [{"email": world.contact.email}],
        "subject": f"Hello {mark}",
        "content": f"<p>{mark}</p>",
        "attachments": [{"id": known.ids["files"][0]}],
    }
    template = {
        "name": f"Welcome {mark}",
        "module": {"api_name": "Contacts"},
        "subject": f"${{Contacts.Last_Name}} {mark}",
        "content": f"<p>{mark}</p>",
        "attachments": [{"id": known.ids["files"][0]}],
    }
    made = await guest.ask("POST", "/settings/email_templates", {"email_templates": [template]})
    known.add("templates", made.json()["email_templates"][0]["details"]["id"])
    key = {"domain": f"{mark or 'own'}.example", "algorithm": "ed25519"}
    made = await guest.ask("POST", "/settings/domain_keys", {"domain_keys": [key]})
    known.add("keys", made.json()["domain_keys"][0]["details"]["id"])
    sent = await guest.ask("POST", f"/Contacts/{world.contact.id}/actions/send_mail", {"data": [mail]})
    assert sent.status_code == 200, sent.text
    known.add("mails", sent.json()["data"][0]["details"]["message_id"])
    locks = f"/Products/{known.ids['Products'][0]}/Locking_Information__s"
    locked = await guest.ask("POST", locks, {"data": [{"Locked_Reason__s": f"An offer {mark}"}]})
    known.add("locks", f"/bigin/v2{locks}/{locked.json()['data'][0]['details']['id']}")
    return Party(guest=guest, known=known)


def _found(tx: Tx, guest: Guest, known: Known, mark: str) -> None:
    """Mark the people of the world, and give its contacts a field of its own."""
    world, number = guest.world, guest.house.app.ids.number()
    for each in (world.user, world.colleague):
        known.add("users", str(each.id))
    for record in (world.company, world.contact, world.deal):
        known.add(record.module, str(record.id))
    draft = fields.Draft(number, {"field_label": f"Own {mark}", "data_type": "text"})
    (kept,) = fields.define(tx, world.org.id, CONTACTS, [draft], now=1)
    assert isinstance(kept, Field), kept
    known.add("fields", str(number))
    if mark:
        org_id = world.org.id
        tx.execute(update(tables.org).where(tables.org.c.id == org_id).values(name=mark))
        tx.execute(update(tables.user).where(tables.user.c.org_id == org_id).values(first_name=mark, last_name=mark))
        tx.execute(update(tables.sender).where(tables.sender.c.org_id == org_id).values(name=mark))
        tx.execute(update(tables.record).where(tables.record.c.org_id == org_id).values(name=mark))


def filled(chance: Random, module: Module, known: Known, mark: str = "") -> dict[str, Any]:
    """A record with a value of nearly every field; with ``mark``, in each of its texts."""
    item: dict[str, Any] = {}
    for each in module.fields:
        if each.system or (not each.mandatory and chance.random() < 0.2):
            continue
        value = right(chance, each, lambda led: led_to(chance, led, known))
        if mark and isinstance(value, str) and each.kind in (Kind.TEXT, Kind.TEXTAREA, Kind.WEBSITE):
            value = f"{mark} {value}"[: each.length]
        if mark and each.kind is Kind.EMAIL:
            value = f"{mark}{chance.randrange(10**9)}@other.example"
        item[each.name] = value
    return item


def led_to(chance: Random, led: Field, known: Known) -> str:
    """The id of what a lookup may lead to."""
    return known.some(chance, "users" if led.kind is Kind.OWNER else chance.choice(led.targets))
