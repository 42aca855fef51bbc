"""Sessions kept and shared: a mail takes one that is there, or a new one, within a limit for each destination."""

import asyncio
from collections.abc import Hashable
from contextlib import aclosing
from typing import Final, TypeAlias

from msgspec import Struct

from postroom.mail.compose import Composed
from postroom.mail.life import Outcome, Stage
from postroom.mail.pace import Course
from postroom.smtp.berths import Berths, Parts
from postroom.smtp.body import OpenFile, flow
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.journal import Journal
from postroom.smtp.protocol import Envelope, SessionFailed, failed
from postroom.smtp.route import Destination, Route
from postroom.smtp.session import Session
from postroom.smtp.tokens import Tokens
from postroom.smtp.trust import Trust
from postroom.smtp.turns import Turns

IDLE_SECONDS: Final = 30.0  # ours; RFC 5321 §4.5.3.2.7 has servers wait five minutes, but many hang up before
# Ours: there may be as many destinations as mails, and a process may open 1,024 files mostly.
IDLE_AT_MOST: Final = 300
MAILS_PER_SESSION: Final = 1000  # ours: connections move on when the server's name comes to mean another machine

_Faults: TypeAlias = dict[Route, Outcome]  # routes that failed, and how


class Load(Struct, frozen=True, kw_only=True):
    """One mail to hand over, the way to its files, and where it is noted how far it came.

    ``per_session``: it goes through no session that has had so many mails; None: as the pool has it.
    ``course``: what limits see of it.
    """

    course: Course
    composed: Composed
    envelope: Envelope
    open_file: OpenFile
    journal: Journal
    per_session: int | None = None


class _Idle(Struct, frozen=True, kw_only=True):
    """A session at rest, since when, and what its last mail was."""

    since: float
    session: Session
    course: Course


class _Lane:
    """What one destination has: turns, mails that have or await one, how many of these are in a conversation, sessions
    at rest, the longest idle first, the one on whose coming about others wait, and the routes that failed lately.
    """

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.mails = 0
        self.talks = 0
        self.scout: asyncio.Future[_Faults] | None = None
        self.idle: list[_Idle] = []
        self._faults: dict[Route, tuple[float, Outcome]] = {}  # until when they are left alone

    @property
    def stands(self) -> bool:
        """Whether there is a session that the server has let in."""
        return self.talks > 0 or any(each.session.usable for each in self.idle)

    def note(self, route: Route, fault: Outcome, until: float) -> None:
        """The route failed, and is left alone until then."""
        self._faults[route] = (until, fault)

    def faults(self, now: float) -> _Faults:
        """What the routes met that are still left alone."""
        if self._faults:  # asked for each session, and mostly there are none
            self._faults = {route: met for route, met in self._faults.items() if met[0] > now}
        return {route: fault for route, (_, fault) in self._faults.items()}


class Pool:
    """All sessions of one worker."""

    def __init__(
        self,
        *,
        hostname: str,
        trust: Trust,
        deadlines: Deadlines,
        connections_per_transport: int,
        idle_seconds: float = IDLE_SECONDS,
        idle_at_most: int = IDLE_AT_MOST,
        mails_per_session: int = MAILS_PER_SESSION,
        parts: Parts = lambda _: {},
        tokens: Tokens | None = None,
    ) -> None:
        """``parts``: how many connections there may be at once for such mails, beside those of each destination.

        Without ``tokens`` no route has a grant.
        """
        self._hostname = hostname
        self._trust = trust
        self._deadlines = deadlines
        self._limit = connections_per_transport
        self._idle_seconds = idle_seconds
        self._idle_at_most = idle_at_most
        self._idle = 0
        self._mails_per_session = mails_per_session
        self._lanes: dict[Hashable, _Lane] = {}
        self._berths = Berths(parts)
        self._tokens = tokens
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._closing = False

    async def transmit(self, destination: Destination, load: Load) -> list[Outcome]:
        """Hand over one mail: an outcome for each recipient, in order.

        Raises what the opening of a file raises, and ``Unavailable`` where one is not as long as it was or the journal
        gives no leave; the server then has taken nothing.
        """
        lane = self._lanes.get(destination.key) or self._new_lane(destination.key)
        lane.mails += 1
        try:
            await self._turn(lane, destination)
            session = None
            self._berths.busy.add(load.course)
            try:
                session, outcomes = await self._deliver(lane, destination, load)
            finally:
                self._end_turn(lane, session, load)
            return outcomes
        except SessionFailed as error:
            return [error.outcome] * len(load.envelope.recipients)
        finally:
            lane.mails -= 1
            self._look_later()

    def serves(self, key: Hashable) -> bool:
        """Whether any session to the destination stands, which the server has let in."""
        lane = self._lanes.get(key)
        return lane is not None and lane.stands

    def is_over(self) -> bool:
        """Whether there are more sessions than some limit leaves us, those included that are about to close."""
        return self._berths.is_over()

    def trim(self) -> None:
        """Part with the sessions at rest that the limits, as they are now, no longer leave us."""
        for course, _ in self._berths.idle.courses:
            self._part_surplus(course)

    async def close(self) -> None:
        """Close all sessions at rest; one that is at work closes itself at the end of its mail."""
        self._closing = True
        if self._sweep is not None:
            self._sweep.cancel()
        for lane in self._lanes.values():
            while lane.idle:
                self._part_idle(lane, len(lane.idle) - 1)
        await asyncio.gather(*self._goodbyes)

    def _new_lane(self, key: Hashable) -> _Lane:
        lane = self._lanes[key] = _Lane(Turns(self._limit, self._deadlines.total))
        return lane

    async def _turn(self, lane: _Lane, destination: Destination) -> None:
        try:
            await lane.turns.take()
        except TimeoutError:
            server = destination.routes[0].server
            raise failed(Stage.HERE, server, "no connection became free in time") from None

    async def _deliver(self, lane: _Lane, destination: Destination, load: Load) -> tuple[Session, list[Outcome]]:
        session = await self._take(lane, destination, load)
        try:
            await self._make_room(load.course)
        except asyncio.CancelledError:
            if session is not None:
                self._part(session, load.course)
            raise
        outcomes = await self._talk(lane, session, load) if session is not None else []
        if session is None or session.stale:
            # A kept connection may have died unseen. The server never spoke about this mail on it, so the mail is as
            # new; and a session opened for it now is not tried twice.
            session = await self._first(lane, destination, load)
            outcomes = await self._talk(lane, session, load)
        return session, outcomes

    async def _make_room(self, course: Course) -> None:
        self._part_surplus(course)
        while self._berths.is_full(course):
            await asyncio.wait(self._goodbyes, return_when=asyncio.FIRST_COMPLETED)

    def _part_surplus(self, course: Course) -> None:
        while surplus := self._berths.surplus(course):
            over = [
                (each.since, n, lane)
                for lane in self._lanes.values()
                for n, each in enumerate(lane.idle)
                if self._berths.falls_under(each.course, surplus)
            ]
            _, n, lane = min(over, key=lambda found: found[0])
            self._part_idle(lane, n)

    async def _first(self, lane: _Lane, destination: Destination, load: Load) -> Session:
        """A new session; where none stands one goes ahead, and what it meets the others need not try."""
        if lane.scout is not None:
            met = await asyncio.shield(lane.scout)
            return await self._open(lane, destination, load, dict(met))
        if lane.stands:
            return await self._open(lane, destination, load, {})
        return await self._scout(lane, destination, load)

    async def _scout(self, lane: _Lane, destination: Destination, load: Load) -> Session:
        met: _Faults = {}
        lane.scout = end = asyncio.get_running_loop().create_future()
        try:
            return await self._open(lane, destination, load, met)
        finally:
            end.set_result(met)
            lane.scout = None

    async def _open(self, lane: _Lane, destination: Destination, load: Load, met: _Faults) -> Session:
        """A session by the first route that lets us in, passing by those that have ``met`` a fault, which grow by this.

        Raises ``SessionFailed``.
        """
        # RFC 5321 §5.1: in their order, until one works.
        met |= lane.faults(asyncio.get_running_loop().time())
        for route in destination.routes:
            if route not in met:
                try:
                    return await self._dial(route, load)
                except SessionFailed as error:
                    met[route] = error.outcome
                    _note(lane, destination, route, error.outcome)
        raise SessionFailed(met[destination.routes[-1]])

    async def _dial(self, route: Route, load: Load) -> Session:
        return await Session.open(
            route,
            hostname=self._hostname,
            trust=self._trust,
            deadlines=self._deadlines,
            journal=load.journal,
            tokens=self._tokens,
        )

    async def _talk(self, lane: _Lane, session: Session, load: Load) -> list[Outcome]:
        lane.talks += 1
        try:
            return await _hand_over(session, load)
        finally:
            lane.talks -= 1

    async def _take(self, lane: _Lane, destination: Destination, load: Load) -> Session | None:
        """The session used last, so that those in surplus grow old and are closed."""
        while lane.idle:
            session = self._pick(lane, -1).session
            if session.usable and session.route in destination.routes and session.used < self._most(load):
                return session
            await session.close()
        return None

    def _most(self, load: Load) -> int:
        return min(self._mails_per_session, load.per_session or self._mails_per_session)

    def _end_turn(self, lane: _Lane, session: Session | None, load: Load) -> None:
        self._berths.busy.remove(load.course)
        if session is None:
            lane.turns.give_back()
        elif session.usable and session.used < self._most(load) and not self._closing:
            self._keep(lane, session, load.course)
            lane.turns.give_back()
            self._part_surplus(load.course)
        else:
            # The outcomes do not wait for a goodbye, but the next connection does: so the server never sees more of
            # them than it was promised.
            self._part(session, load.course).add_done_callback(lambda _: lane.turns.give_back())

    def _keep(self, lane: _Lane, session: Session, course: Course) -> None:
        loop = asyncio.get_running_loop()
        lane.idle.append(_Idle(since=loop.time(), session=session, course=course))
        self._berths.idle.add(course)
        self._idle += 1
        if self._idle > self._idle_at_most:
            resting = (each for each in self._lanes.values() if each.idle)
            self._part_idle(min(resting, key=lambda each: each.idle[0].since), 0)

    def _look_later(self) -> None:
        if self._sweep is None and not self._closing:
            self._sweep = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)

    def _retire(self) -> None:
        """Part with sessions that rested too long, forget destinations that have nothing, come back for the rest."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for key, lane in tuple(self._lanes.items()):
            while lane.idle and lane.idle[0].since <= now - self._idle_seconds:
                self._part_idle(lane, 0)
            if not lane.idle and not lane.mails and not lane.faults(now):
                del self._lanes[key]
        oldest = min((lane.idle[0].since for lane in self._lanes.values() if lane.idle), default=now)
        self._sweep = loop.call_at(oldest + self._idle_seconds, self._retire) if self._lanes else None

    def _pick(self, lane: _Lane, n: int) -> _Idle:
        picked = lane.idle.pop(n)
        self._berths.idle.remove(picked.course)
        self._idle -= 1
        return picked

    def _part_idle(self, lane: _Lane, n: int) -> None:
        picked = self._pick(lane, n)
        self._part(picked.session, picked.course)

    def _part(self, session: Session, course: Course) -> asyncio.Task[None]:
        self._berths.closing.add(course)
        goodbye = asyncio.create_task(session.close())
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)
        goodbye.add_done_callback(lambda _: self._berths.closing.remove(course))
        return goodbye


def _note(lane: _Lane, destination: Destination, route: Route, fault: Outcome) -> None:
    """Leave the route alone for a while, but not a server that only wants no more sessions than it has of ours."""
    if destination.rest_seconds and (fault.code is None or not lane.stands):
        lane.note(route, fault, asyncio.get_running_loop().time() + destination.rest_seconds)


async def _hand_over(session: Session, load: Load) -> list[Outcome]:
    octets = tuple(segment for segment in load.composed.segments if isinstance(segment, bytes))
    if len(octets) == len(load.composed.segments):
        return await session.transmit(load.envelope, octets, load.journal)
    async with aclosing(flow(load.composed, load.open_file)) as body:
        return await session.transmit(load.envelope, body, load.journal)
