"""The lanes that have something to do, and the road that their mails take now: which transport.

Most take their own transport. While that is held, or paused because it failed, its fallback has them; and one of them
finds out now and then whether a transport that failed works again.
"""

from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, bindparam, false, func, or_, select

from postroom.mail.life import Unknown
from postroom.store import transports
from postroom.store.tables import job, lane, org, transport


class Road(Struct, frozen=True):
    """A lane (``id``) and the transport that its mails take, from ``ready_at`` on (ms since the epoch).

    ``failures`` of the transport, in a row: above 0 one mail may find out whether it works again.
    """

    id: int
    org_id: int
    domain: str
    urgent: bool
    unknown: Unknown
    transport_id: int
    host: str | None  # None: it was removed
    direct: bool
    failures: int
    ready_at: int


def waiting(tx: Connection, *, now: int, soon: int, may_have: Callable[[int], bool]) -> list[Road]:
    """The roads of all lanes that have mails, and may have them, until ``soon``.

    One that failed is ready ``now`` where its pause has ended, nobody tries it, and we ``may_have`` a mail for that
    transport; nobody else can try it until the transaction ends.
    """
    choices = [_choices(row) for row in tx.execute(_LANES, {"soon_": soon})]
    failed = {road.transport_id for roads in choices for road in roads if road.failures and road.ready_at <= now}
    tried = transports.may_try(tx, {number for number in failed if may_have(number)}, now)
    chosen = [_chosen(roads, now, tried) for roads in choices]
    return [road for road in chosen if road is not None]


def _choices(row: Any) -> Sequence[Road]:
    """The roads that a lane's mails may take, the better one first."""
    about = (row.id, row.org_id, row.domain, row.urgent, _UNKNOWNS[row.unknown])
    failures = row.failures or 0
    own = Road(*about, row.transport_id, row.host, row.direct, failures, max(row.oldest, row.paused_until or 0))
    if not (row.held or failures) or row.other_id is None:
        return [own]
    ready_at = max(row.oldest, row.other_paused_until or 0)
    other = Road(*about, row.other_id, row.other_host, row.other_direct, row.other_failures, ready_at)
    return [other] if row.held else [own, other]


def _chosen(roads: Sequence[Road], now: int, tried: Collection[int]) -> Road | None:
    """The first that is ready, or else what will be so first; None where all that is known is that others try."""
    for road in roads:
        if road.ready_at <= now and (not road.failures or road.transport_id in tried):
            return road
    return min((road for road in roads if road.ready_at > now), key=attrgetter("ready_at"), default=None)


def _lanes() -> Select[Any]:
    """The lanes that have mails soon and may have them: one step of the index for each, however many mails it has."""
    lowest = select(func.min(job.c.lane_id).label("id")).cte("waiting", recursive=True)
    higher = select(func.min(job.c.lane_id)).where(job.c.lane_id > lowest.c.id).scalar_subquery()
    lanes = lowest.union_all(select(higher).where(lowest.c.id.is_not(None)))
    oldest = select(func.min(job.c.due_at)).where(job.c.lane_id == lanes.c.id).scalar_subquery().label("oldest")
    # MATERIALIZED: else SQLite looks again for each time that it is named.
    found = select(lanes.c.id, oldest).where(lanes.c.id.is_not(None)).cte("found").prefix_with("MATERIALIZED")
    own, other = transport, transport.alias("other")
    # A transport may have been removed; its mails are claimed, and told so.
    ways = found.join(lane, lane.c.id == found.c.id).join(org, org.c.id == lane.c.org_id)
    ways = ways.outerjoin(own, own.c.id == lane.c.transport_id)
    stands_in = and_(other.c.id == own.c.fallback_id, other.c.org_id == own.c.org_id, other.c.held == false())
    held, direct = func.coalesce(own.c.held, false()), func.coalesce(own.c.direct, false())
    return (
        select(lane.c.id, lane.c.org_id, lane.c.domain, lane.c.urgent, org.c.unknown, lane.c.transport_id)
        .add_columns(own.c.host, direct.label("direct"), own.c.failures, own.c.paused_until)
        .add_columns(held.label("held"), found.c.oldest)
        .add_columns(other.c.id.label("other_id"), other.c.host.label("other_host"))
        .add_columns(other.c.direct.label("other_direct"), other.c.failures.label("other_failures"))
        .add_columns(other.c.paused_until.label("other_paused_until"))
        .select_from(ways.outerjoin(other, stands_in))
        .where(found.c.oldest <= bindparam("soon_"))
        .where(
            or_(
                and_(held == false(), func.coalesce(own.c.paused_until, 0) <= bindparam("soon_")),
                other.c.id.is_not(None),
            )
        )
    )


# To ask an enumeration by a call takes ten times as long.
_UNKNOWNS: Final = {each.value: each for each in Unknown}
# Made once: to build a statement costs more than to run it.
_LANES: Final = _lanes()
