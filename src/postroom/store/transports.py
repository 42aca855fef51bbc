"""Transports: SMTP servers that mail leaves through. Passwords are kept encrypted; ``access.secrets`` opens them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update

from postroom.mail.pause import Passage
from postroom.store.many import GIVEN, run_all
from postroom.store.tables import transport


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a transport fares: ``held`` by an operator, or paused, until when and since when (ms), and why.

    ``failures`` counts in a row; 0: it is not paused.
    """

    held: bool
    paused_until: int | None
    paused_since: int | None
    fault: str | None
    failures: int

    @property
    def stops(self) -> str | None:
        """Why no mail leaves through it; None where mails do."""
        return "held by an operator" if self.held else self.fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Transport:
    """One server. ``tls`` is none, starttls or tls; ``password`` and ``oauth`` are ciphertext.

    ``direct``: no server of ours, each mail goes to those of its recipients; ``host`` is empty then. ``source``: from
    which addresses of this machine, blanks between them. ``fallback_id`` has its mails while it is paused.
    """

    id: int
    org_id: int
    host: str
    port: int
    tls: str
    username: str | None = None
    password: bytes | None = None
    oauth: bytes | None = None
    direct: bool = False
    source: str | None = None
    fallback_id: int | None = None
    created_at: int


def add(tx: Connection, new: Transport) -> None:
    """Store a new transport."""
    tx.execute(insert(transport).values({name: getattr(new, name) for name in Transport.__slots__}))


def save(tx: Connection, changed: Transport) -> None:
    """Replace the settings of a transport; mails that wait for it go the new way, at once if it was paused."""
    kept = {"id", "org_id", "created_at"}
    values = {name: getattr(changed, name) for name in Transport.__slots__ if name not in kept} | _AS_NEW
    same = (transport.c.org_id == changed.org_id) & (transport.c.id == changed.id)
    tx.execute(update(transport).where(same).values(values))


def exchange_oauth(tx: Connection, seen: Transport, oauth: bytes) -> bool:
    """Put what it signs in with from now on in the place of what was seen; False where that is not there any more."""
    return tx.execute(_EXCHANGE, {"org_": seen.org_id, "id_": seen.id, "seen_": seen.oauth, "new_": oauth}).rowcount > 0


def hold(tx: Connection, org_id: int, transport_id: int, *, held: bool) -> None:
    """Let no mail leave through it from now on, or mails again; those in a worker's hands end as they end."""
    tx.execute(update(transport).where(transport.c.org_id == org_id, transport.c.id == transport_id).values(held=held))


def find_many(tx: Connection, transport_ids: Sequence[int]) -> list[Transport | None]:
    """The transports of these numbers, in order; for the worker, which serves every organisation."""
    found = {row.id: Transport(**row._mapping) for row in run_all(tx, _BY_ID, list(set(transport_ids)))}
    return [found.get(each) for each in transport_ids]


def standings(tx: Connection, transport_ids: Collection[int]) -> Mapping[int, Standing]:
    """How these transports fare, by number."""
    if not transport_ids:
        return {}
    rows = tx.execute(_STANDINGS, {"ids_": list(transport_ids)}).mappings()
    return {row["id"]: Standing(**{name: row[name] for name in Standing.__slots__}) for row in rows}


def report(tx: Connection, found: Sequence[Passage]) -> list[bool]:
    """Write what attempts told of transports, once for each; False for what was known already or is out of date.

    Mails that were in flight together and met the same fault are one failure: only the first of them finds as many
    failures as it had seen.
    """
    first: dict[tuple[int, int], Passage] = {}
    for each in found:
        first.setdefault((each.transport_id, each.seen), each)
    # In order, so that two processes never wait for each other.
    changed = {id(each) for _, each in sorted(first.items()) if _report(tx, each)}
    return [id(each) in changed for each in found]


def _report(tx: Connection, each: Passage) -> bool:
    seen = {"id_": each.transport_id, "seen_": each.seen}
    if each.until is None:
        return tx.execute(_WORKS, seen).rowcount > 0
    told = {"failures_": each.failures, "until_": each.until, "at_": each.at, "fault_": each.fault}
    return tx.execute(_PAUSED, seen | told).rowcount > 0


def keep_paused(tx: Connection, transport_ids: Collection[int], until: int) -> None:
    """Let nobody else try these transports until then, while a mail of ours does."""
    if transport_ids:
        tx.execute(_KEEP_PAUSED, {"ids_": list(transport_ids), "until_": until})


def try_now(tx: Connection, org_id: int, transport_ids: Collection[int], now: int) -> None:
    """Let one mail find out at once whether these transports work again, those of them that are paused."""
    tx.execute(_TRY_NOW, {"org_": org_id, "ids_": list(transport_ids), "now_": now})


def may_try(tx: Connection, transport_ids: Collection[int], now: int) -> set[int]:
    """Those of them whose pause has ended and that nobody tries; nobody else can until the transaction ends."""
    if not transport_ids:
        return set()
    return set(tx.execute(_FREE, {"ids_": list(transport_ids), "now_": now}).scalars())


# Made once: to build a statement costs more than to run it.
_GIVEN = transport.c.id.in_(bindparam("ids_", expanding=True))
_STANDINGS = select(transport.c.id, *(transport.c[name] for name in Standing.__slots__)).where(_GIVEN)
_AS_SEEN = (transport.c.id == bindparam("id_")) & (transport.c.failures == bindparam("seen_"))
_AS_NEW = {"paused_until": None, "paused_since": None, "fault": None, "failures": 0}
_EXCHANGE = (
    update(transport)
    .where(transport.c.org_id == bindparam("org_"), transport.c.id == bindparam("id_"))
    .where(transport.c.oauth == bindparam("seen_"))
    .values(oauth=bindparam("new_"))
)
_WORKS = update(transport).where(_AS_SEEN).values(_AS_NEW)
_PAUSED = (
    update(transport)
    .where(_AS_SEEN)
    .values(
        failures=bindparam("failures_"),
        paused_until=bindparam("until_"),
        paused_since=func.coalesce(transport.c.paused_since, bindparam("at_")),
        fault=func.coalesce(bindparam("fault_"), transport.c.fault),
    )
)
_KEEP_PAUSED = update(transport).where(_GIVEN, transport.c.failures > 0).values(paused_until=bindparam("until_"))
_TRY_NOW = (
    update(transport)
    .where(transport.c.org_id == bindparam("org_"), _GIVEN, transport.c.paused_until > bindparam("now_"))
    .values(paused_until=bindparam("now_"))
)
_FREE = (
    select(transport.c.id)
    .where(_GIVEN, func.coalesce(transport.c.paused_until, 0) <= bindparam("now_"))
    .order_by(transport.c.id)
    .with_for_update(skip_locked=True)
)
_SETTINGS = [transport.c[name] for name in Transport.__slots__]
_BY_ID = select(*_SETTINGS).where(transport.c.id.in_(GIVEN))


def listing(tx: Connection, org_id: int) -> Sequence[Transport]:
    """The organisation's transports, oldest first."""
    rows = tx.execute(select(*_SETTINGS).where(transport.c.org_id == org_id).order_by(transport.c.id)).mappings()
    return [Transport(**row) for row in rows]
