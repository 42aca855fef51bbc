"""Keys that organisations sign mail with (DKIM). Private halves are kept encrypted; ``access.secrets`` opens them.

A key is made, and its record published; then it signs, until another of its kind takes its place. Its record stays
published until the last mail that it signed has been read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, or_, select, update

from postroom.mail.dkim_key import Algorithm
from postroom.store.tables import dkim_key

_DOMAINS: Final = 256  # of one statement, each with those above it


class Standing(Enum):
    """What a key does; the value is shown."""

    MADE = "made"  # signs nothing yet: its record is to be published first
    SIGNING = "signing"
    RETIRED = "retired"  # signs nothing any more: another does


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A key of a domain (in A-labels). ``private`` is ciphertext, ``public`` base64 as its record has it; ms."""

    id: int
    org_id: int
    domain: str
    selector: str
    algorithm: Algorithm
    private: bytes = field(repr=False)
    public: str
    created_at: int
    signs_from: int | None = None
    signs_until: int | None = None

    def standing(self, now: int) -> Standing:
        """What it does at that moment."""
        if self.signs_from is None or now < self.signs_from:
            return Standing.MADE
        return Standing.SIGNING if self.signs_until is None or now < self.signs_until else Standing.RETIRED


class Asked(NamedTuple):
    """A domain that mail of an organisation is from, and when."""

    org_id: int
    domain: str
    at: int


def add(tx: Connection, new: Key) -> None:
    """Store a new key."""
    values = {name: getattr(new, name) for name in _COLUMNS} | {"algorithm": new.algorithm.value}
    tx.execute(insert(dkim_key).values(values))


def listing(tx: Connection, org_id: int) -> list[Key]:
    """The organisation's keys by their domains, each domain's oldest first."""
    return [_from_row(row) for row in tx.execute(_LISTING, {"org_": org_id}).mappings()]


def of_domain(tx: Connection, org_id: int, domain: str) -> list[Key]:
    """The keys of one domain, oldest first."""
    rows = tx.execute(_OF_DOMAIN, {"org_": org_id, "domain_": domain}).mappings()
    return [_from_row(row) for row in rows]


def find(tx: Connection, org_id: int, key_id: int) -> Key | None:
    """The key of that number."""
    row = tx.execute(_BY_ID, {"org_": org_id, "id_": key_id}).mappings().one_or_none()
    return None if row is None else _from_row(row)


def start(tx: Connection, org_id: int, domain: str, ids: Collection[int], at: int) -> list[Key]:
    """Let those of these keys that do not sign do so from then on, each in the place of others of its kind.

    Returns those that this has started; one that was retired may come back.
    """
    idle = [
        each for each in of_domain(tx, org_id, domain) if each.id in ids and each.standing(at) is not Standing.SIGNING
    ]
    for each in idle:
        kind = {"org_": org_id, "domain_": domain, "algorithm_": each.algorithm.value, "at_": at}
        tx.execute(_RETIRE, kind)
        tx.execute(_START, {"org_": org_id, "id_": each.id, "at_": at})
    return [replace(each, signs_from=at, signs_until=None) for each in idle]


def remove(tx: Connection, org_id: int, key_id: int) -> bool:
    """Remove a key for good; False where there is none of that number."""
    return tx.execute(delete(dkim_key).where(dkim_key.c.org_id == org_id, dkim_key.c.id == key_id)).rowcount > 0


def signing(tx: Connection, asked: Sequence[Asked]) -> list[list[Key]]:
    """The keys that sign what is asked for, one of a kind: those of its domain, or of the nearest above it with any.

    RFC 7489 §3.1.1: a domain above stands for the ones below it.
    """
    found = _of_domains(tx, asked)
    return [_nearest(found, each) for each in asked]


def _of_domains(tx: Connection, asked: Sequence[Asked]) -> dict[tuple[int, str], list[Key]]:
    """The keys that ever signed, by organisation and domain, of all domains that are asked for and those above."""
    found: dict[tuple[int, str], list[Key]] = {}
    for start_at in range(0, len(asked), _DOMAINS):
        some = asked[start_at : start_at + _DOMAINS]
        orgs = {each.org_id for each in some}
        domains = {domain for each in some for domain in _upwards(each.domain)}
        for row in tx.execute(_BEGUN, {"orgs_": list(orgs), "domains_": list(domains)}).mappings():
            found.setdefault((row["org_id"], row["domain"]), []).append(_from_row(row))
    return found


def _nearest(found: Mapping[tuple[int, str], Sequence[Key]], asked: Asked) -> list[Key]:
    for domain in _upwards(asked.domain):
        known = found.get((asked.org_id, domain), ())
        # The one that was started last, should there be two for a moment.
        newest = {each.algorithm: each for each in known if each.standing(asked.at) is Standing.SIGNING}
        if newest:
            return [newest[kind] for kind in Algorithm if kind in newest]
    return []


def _upwards(domain: str) -> list[str]:
    """The domain and those above it, but for the top."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]


def _from_row(row: RowMapping) -> Key:
    return Key(**{**row, "algorithm": Algorithm(row["algorithm"])})


# Made once: to build a statement costs more than to run it.
_COLUMNS: Final = Key.__slots__
_ALL: Final = select(*(dkim_key.c[name] for name in _COLUMNS))
_LISTING: Final = _ALL.where(dkim_key.c.org_id == bindparam("org_")).order_by(dkim_key.c.domain, dkim_key.c.id)
_HERE: Final = (dkim_key.c.org_id == bindparam("org_")) & (dkim_key.c.domain == bindparam("domain_"))
_BY_ID: Final = _ALL.where(dkim_key.c.org_id == bindparam("org_"), dkim_key.c.id == bindparam("id_"))
_OF_DOMAIN: Final = _ALL.where(_HERE).order_by(dkim_key.c.id)
_STILL: Final = or_(dkim_key.c.signs_until.is_(None), dkim_key.c.signs_until > bindparam("at_"))
_RETIRE: Final = (
    update(dkim_key)
    .where(_HERE, dkim_key.c.algorithm == bindparam("algorithm_"), dkim_key.c.signs_from.is_not(None), _STILL)
    .values(signs_until=bindparam("at_"))
)
_START: Final = (
    update(dkim_key)
    .where(dkim_key.c.org_id == bindparam("org_"), dkim_key.c.id == bindparam("id_"))
    .values(signs_from=bindparam("at_"), signs_until=None)
)
_BEGUN: Final = _ALL.where(
    dkim_key.c.org_id.in_(bindparam("orgs_", expanding=True)),
    dkim_key.c.domain.in_(bindparam("domains_", expanding=True)),
    dkim_key.c.signs_from.is_not(None),
).order_by(dkim_key.c.signs_from, dkim_key.c.id)
