"""Keys that mail of a domain is signed with: made here, and sealed before anybody keeps them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from postroom.access.secrets import Vault, make_signing_key
from postroom.mail.dkim_key import Algorithm, is_selector, private_half, public_half
from postroom.mail.limits import KEYS_AT_MOST, KEYS_PER_DOMAIN
from postroom.store import keys
from postroom.store.db import Database, Tx
from postroom.store.keys import Key

_LETTERS: Final = {Algorithm.RSA: "r", Algorithm.ED25519: "e"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A key to be made for a domain (in A-labels); without a ``selector`` it gets one of its own."""

    org_id: int
    domain: str
    algorithm: Algorithm
    selector: str | None = None

    @property
    def is_named_well(self) -> bool:
        """Whether its selector, if it says one, may stand before its domain."""
        return self.selector is None or is_selector(self.selector, self.domain)


class Taken(Exception):  # noqa: N818 - the word says it
    """The domain has a key of that selector."""


class Full(Exception):  # noqa: N818 - the word says it
    """There are as many keys as there may be: ``limit``."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"there may be {limit} keys; remove those that nothing is signed with any more")
        self.limit = limit


def make(vault: Vault, wanted: Wanted, *, number: int, now: int) -> Key:
    """A new key of that number, which signs nothing yet. As slow as ``make_signing_key``."""
    private = make_signing_key(wanted.algorithm)
    return Key(
        id=number,
        org_id=wanted.org_id,
        domain=wanted.domain,
        selector=wanted.selector or _selector(wanted.algorithm, number, now),
        algorithm=wanted.algorithm,
        private=vault.seal(private_half(private)),
        public=public_half(private),
        created_at=now,
    )


def _selector(algorithm: Algorithm, number: int, now: int) -> str:
    """``r20261126-1a2b3c``: when it was made, and what no other organisation with the same domain gets that day."""
    day = datetime.fromtimestamp(now // 1000, UTC)
    return f"{_LETTERS[algorithm]}{day:%Y%m%d}-{number % (1 << 22):x}"


async def add(
    db: Database, vault: Vault, wanted: Sequence[Wanted], *, numbers: Callable[[], int], now: int
) -> list[Key]:
    """Make keys for one domain and store them. Raises ``Taken`` and ``Full``, and then stores none."""
    await db.read(lambda tx: _check_room(tx, wanted))
    made = [await asyncio.to_thread(make, vault, each, number=numbers(), now=now) for each in wanted]

    def write(tx: Tx) -> None:
        _check_room(tx, wanted)
        for each in made:
            keep(tx, each)

    await db.write(write)
    return made


def keep(tx: Tx, new: Key) -> None:
    """Store a new key. Raises ``Taken``."""
    if any(each.selector == new.selector for each in keys.of_domain(tx, new.org_id, new.domain)):
        raise Taken(f"{new.domain} has a key {new.selector} already")
    keys.add(tx, new)


def _check_room(tx: Tx, wanted: Sequence[Wanted]) -> None:
    known = keys.listing(tx, wanted[0].org_id)
    here = sum(each.domain == wanted[0].domain for each in known)
    for there, limit in ((len(known), KEYS_AT_MOST), (here, KEYS_PER_DOMAIN)):
        if there + len(wanted) > limit:
            raise Full(limit)
