"""Pages of records: which one is asked for, and the tokens that lead from one to the next (W 7.1).

A token holds where its page begins and what it is bound to: the organisation, the URL and every parameter but the page
itself. Whoever makes one up reads nothing but another page of what they may read anyway, so it carries no signature.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

import msgspec
from msgspec.structs import asdict

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.zone import moment
from postroom.store.finding import Found, Order, Position
from postroom.web.api.wire.record_shapes import FoundInfo, PageInfo
from postroom.web.api.wire.values import Json

PER_PAGE: Final = 200  # W 7.1: the default and the most
WITHOUT_TOKEN: Final = 2000  # W 7.1: records that page numbers lead to
WITH_TOKENS: Final = 100_000  # W 7.1: records that tokens lead to
TOKEN_HOURS: Final = 24  # W 7.1 tells that they expire, not when
_HOUR: Final = 3_600_000  # ms


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page. ``seen`` counts the records before it; ``start`` is where it begins, None where ``seen`` tells that.

    ``backwards``: it ends before ``start``.
    """

    size: int
    order: Order
    bound: bytes
    seen: int
    start: Position | None = None
    backwards: bool = False

    @property
    def offset(self) -> int:
        """How many records are passed over to come to it."""
        return 0 if self.start else self.seen

    @property
    def limit(self) -> int:
        """One record more than it holds tells whether there are more."""
        return self.size + 1


class _Token(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    bound: bytes
    expires_at: int
    seen: int
    id: int
    key: bytes | None
    backwards: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A page's records, and whether there are others before and behind."""

    found: Sequence[Found]
    before: bool
    behind: bool


class NumberedInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Which page it is, of a list in one order."""

    per_page: int
    count: int
    page: int
    more_records: bool


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list in one order."""

    data: list[Json]
    info: NumberedInfo


def bind(org_id: int, path: str, query: Iterable[tuple[str, str]]) -> bytes:
    """What the tokens of a list are bound to."""
    told = sorted((name, value) for name, value in query if name not in ("page", "page_token"))
    return hashlib.sha256(msgspec.json.encode([org_id, path, told])).digest()[:16]


def by_number(number: int, size: int, order: Order, bound: bytes, *, at_most: int) -> Page:
    """The page of that number, from 1. Raises ``Invalid`` where it lies beyond ``at_most`` records."""
    if number * size > at_most:
        raise Invalid(Fault(Reason.PAGE_TOO_FAR if at_most == WITHOUT_TOKEN else Reason.PAGES_EXHAUSTED))
    return Page(size=size, order=order, bound=bound, seen=(number - 1) * size)


def by_token(text: str, size: int, order: Order, bound: bytes, *, now: int) -> Page:
    """The page that a token leads to. Raises ``Invalid`` for one of another list, an old one, or none at all."""
    try:
        token = msgspec.msgpack.decode(base64.urlsafe_b64decode(text.encode("ascii")), type=_Token)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Invalid(Fault(Reason.PAGE_TOKEN_WRONG)) from None
    by_field = order.field is not None
    if token.bound != bound or not token.seen >= 0 or not 0 < token.id < 1 << 63 or (token.key and not by_field):
        raise Invalid(Fault(Reason.PAGE_TOKEN_WRONG))
    if token.expires_at <= now:
        raise Invalid(Fault(Reason.PAGE_TOKEN_EXPIRED))
    if token.seen + size > WITH_TOKENS:
        raise Invalid(Fault(Reason.PAGES_EXHAUSTED))
    start = Position(token.id, token.key)
    return Page(size=size, order=order, bound=bound, seen=token.seen, start=start, backwards=token.backwards)


def cut(page: Page, found: Sequence[Found]) -> Cut:
    """The page out of what was found, which is one more where there are more."""
    more = len(found) > page.size
    if page.backwards:
        return Cut(found=found[1:] if more else found, before=more, behind=True)
    return Cut(found=found[: page.size], before=page.seen > 0, behind=more)


def info(page: Page, shown: Cut, *, now: int, zone: tzinfo) -> PageInfo:
    """What is told beside the records of a page."""
    expires_at = now + TOKEN_HOURS * _HOUR
    first, last = shown.found[0].position, shown.found[-1].position
    behind = _token(page, last, expires_at, page.seen + len(shown.found), backwards=False) if shown.behind else None
    before = _token(page, first, expires_at, max(page.seen - page.size, 0), backwards=True) if shown.before else None
    return PageInfo(
        **asdict(told(page, shown)),
        next_page_token=behind,
        previous_page_token=before,
        page_token_expiry=moment(expires_at, zone) if behind or before else None,
    )


def told(page: Page, shown: Cut) -> FoundInfo:
    """What is told beside the records of a page that has no tokens (W 7.4)."""
    return FoundInfo(
        per_page=page.size,
        count=len(shown.found),
        sort_by=page.order.field or "id",
        page=page.seen // page.size + 1,
        sort_order="asc" if page.order.ascending else "desc",
        more_records=shown.behind,
    )


def numbered(entries: Sequence[Json], number: int, size: int) -> Numbered:
    """A page of a list in one order; one more than it holds tells that there are more."""
    page = list(entries[:size])
    info = NumberedInfo(per_page=size, count=len(page), page=number, more_records=len(entries) > size)
    return Numbered(data=page, info=info)


def _token(page: Page, at: Position, expires_at: int, seen: int, *, backwards: bool) -> str:
    token = _Token(page.bound, expires_at, seen, at.id, at.key, backwards)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(token)).decode()
