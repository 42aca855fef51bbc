"""What domains ask of those who send to them (RFC 8461), kept as long as they say. It belongs to no organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, text

from postroom.store.tables import sts_policy


@dataclass(frozen=True, kw_only=True, slots=True)
class StsPolicy:
    """A policy as it was fetched at ``fetched_at``; nothing is believed of it after ``ends_at``."""

    domain: str
    id: str
    mode: str
    mx: Sequence[str]
    fetched_at: int
    ends_at: int


_FIND: Final = select(sts_policy).where(sts_policy.c.domain == bindparam("domain"))
# One statement, since several workers may fetch the same at once; both databases understand it.
_KEEP: Final = text(
    "INSERT INTO sts_policy (domain, id, mode, mx, fetched_at, ends_at)"
    " VALUES (:domain, :id, :mode, :mx, :fetched_at, :ends_at)"
    " ON CONFLICT (domain) DO UPDATE SET id = excluded.id, mode = excluded.mode, mx = excluded.mx,"
    " fetched_at = excluded.fetched_at, ends_at = excluded.ends_at"
).bindparams(bindparam("mx", type_=sts_policy.c.mx.type))


def find(tx: Connection, domain: str) -> StsPolicy | None:
    """What is kept of the domain, ended or not."""
    row = tx.execute(_FIND, {"domain": domain}).mappings().one_or_none()
    return None if row is None else StsPolicy(**row)


def keep(tx: Connection, policy: StsPolicy) -> None:
    """Keep a policy in place of the domain's last."""
    tx.execute(_KEEP, {name: getattr(policy, name) for name in StsPolicy.__slots__})


def drop_ended(tx: Connection, before: int) -> int:
    """Remove policies that ended before that moment."""
    return tx.execute(delete(sts_policy).where(sts_policy.c.ends_at < before)).rowcount
