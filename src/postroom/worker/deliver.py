"""One attempt at one mail: make its consignments, hand them over, and say what became of each recipient."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import structlog

from postroom.access.secrets import Vault
from postroom.app import App
from postroom.errors import Misconfigured, Unavailable
from postroom.failpoint import reach
from postroom.mail.compose import Composed, compose
from postroom.mail.draft import Recipient
from postroom.mail.life import Outcome, Result, Stage
from postroom.mail.parting import by_domain
from postroom.mail.pause import at_fault
from postroom.mail.piece import Piece, is_personal
from postroom.smtp.grant import Grant
from postroom.smtp.journal import Journal
from postroom.smtp.pool import Load, Pool
from postroom.smtp.protocol import Envelope
from postroom.smtp.route import Credentials, Destination, Route, Tls
from postroom.store.claims import Job
from postroom.store.transports import Transport
from postroom.worker.consigning import PERSONAL_AT_ONCE, Consignment, Ends, Write, side_by_side
from postroom.worker.places import Places
from postroom.worker.signing import Signer
from postroom.worker.stamps import Stamps
from postroom.worker.unwilling import unwilling

log = structlog.get_logger()

# Where the mail of a transport to a domain goes, or why it cannot.
Find: TypeAlias = Callable[[Transport, str], Awaitable[Destination | Outcome]]


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways to the servers of transports, their secrets opened once and not per mail; ``find`` knows the others."""

    vault: Vault
    find: Find
    _known: dict[Transport, Destination] = field(default_factory=dict)

    async def to(self, transport: Transport, domain: str) -> Destination | Outcome:
        """Where mail to a domain goes; empty: to the transport's own server. Raises ``Misconfigured``."""
        return await self.find(transport, domain) if domain else self._to_server(transport)

    def _to_server(self, transport: Transport) -> Destination:
        """A transport's server as it is configured now. Raises ``Misconfigured`` where its secrets stay shut."""
        found = self._known.get(transport)
        if found is None:
            # Settings of the same transport that are no longer true go with its secrets.
            for old in [each for each in self._known if each.id == transport.id]:
                del self._known[old]
            found = self._known[transport] = self._open(transport)
        return found

    def _open(self, transport: Transport) -> Destination:
        credentials: Credentials | Grant | None = None
        if transport.oauth is not None:
            credentials = Grant.read(self.vault.open_sealed(transport.oauth))
        elif transport.username is not None:
            password = "" if transport.password is None else self.vault.open_sealed(transport.password)
            credentials = Credentials(username=transport.username, password=password)
        return Destination.of(
            Route(
                transport_id=transport.id,
                host=transport.host,
                port=transport.port,
                tls=Tls(transport.tls),
                credentials=credentials,
                source=tuple((transport.source or "").split()),
            )
        )


class Carrier:
    """Tries the mails of one worker."""

    def __init__(self, app: App, pool: Pool, ways: Ways, signer: Signer) -> None:
        self._app = app
        self._pool = pool
        self._ways = ways
        self._stamps = Stamps(app)
        self._signer = signer

    async def attempt(self, job: Job, journal: Journal, places: Places, write: Write, at_once: int) -> Ends:
        """Try the mail once, so many consignments ``at_once``. Raises nothing that one mail brings about.

        ``write`` is given the outcomes for some recipients while it goes on for others; the rest is for the caller.
        """
        if job.transport is None:
            return _ended(job, Stage.HERE, "the transport of this mail has been removed")
        try:
            refused = await unwilling(self._app, job)
            to = tuple([each for each in job.pending if each.n not in refused]) if refused else job.pending
            consignments = await self._consigned(job, to)
        except (Misconfigured, Unavailable) as problem:
            return _ended(job, Stage.HERE, str(problem))
        except Exception:
            log.exception("mail not composed", mail=job.letter.mail_id.hex(), attempt=job.attempt)
            return _ended(job, Stage.HERE, "internal error")
        places.divide([each.domain for each in consignments])
        carry = partial(self._carry, job, job.transport, journal, places)
        if len(consignments) == 1:
            (only,) = consignments
            ends = Ends.all_of(only.recipients, await carry(only))
        else:
            most = min(at_once, PERSONAL_AT_ONCE) if is_personal(job.letter) else at_once
            ends = await side_by_side(consignments, carry, write, most)
        ends.outcomes |= refused
        return ends

    async def _consigned(self, job: Job, to: tuple[Recipient, ...]) -> Sequence[Consignment]:
        """The mail in the parts that go in one transaction each: one for each destination of each piece.

        Raises ``Misconfigured`` and ``Unavailable``.
        """
        consignments: list[Consignment] = []
        for piece in await self._stamps.pieces(job, to):
            composed = None if is_personal(job.letter) else await self._message(job, piece)
            groups = by_domain(piece.recipients) if job.is_direct else {"": piece.recipients}
            consignments += [
                Consignment(domain=domain, recipients=group, piece=piece, composed=composed)
                for domain, group in groups.items()
            ]
        return consignments

    async def _carry(
        self, job: Job, way: Transport, journal: Journal, places: Places, consignment: Consignment
    ) -> Sequence[Outcome]:
        """An outcome for each recipient of one consignment."""
        if consignment.domain not in places:
            return turned_away(consignment.recipients)
        try:
            outcomes = await self._hand_over(job, way, journal, consignment)
        except Misconfigured as problem:
            outcomes = _deferred(consignment.recipients, Stage.ROUTE, str(problem))
        except Unavailable as problem:
            outcomes = _deferred(consignment.recipients, Stage.HERE, str(problem))
        except Exception:  # a bug met by this mail must not stop the others; it is retried, and in the log
            log.exception("attempt failed", mail=job.letter.mail_id.hex(), attempt=job.attempt)
            outcomes = _deferred(consignment.recipients, Stage.HERE, "internal error")
        if consignment.domain:  # to a server of ours a mail goes as a whole, and has its place until it is settled
            now = asyncio.get_running_loop().time()
            places.give_back(consignment.domain, now, answered=is_answered(outcomes))
        return outcomes

    async def _hand_over(
        self, job: Job, way: Transport, journal: Journal, consignment: Consignment
    ) -> Sequence[Outcome]:
        destination = await self._ways.to(way, consignment.domain)
        if isinstance(destination, Outcome):
            return [destination] * len(consignment.recipients)
        composed = consignment.composed or await self._message(job, consignment.piece)
        envelope = Envelope(
            sender=consignment.piece.return_path,
            recipients=consignment.recipients,
            size=composed.size,
            smtputf8=composed.smtputf8,
            id=job.letter.mail_id.hex(),
        )
        load = Load(
            course=job.course,
            composed=composed,
            envelope=envelope,
            open_file=lambda ref: self._app.blobs.open(ref.digest),
            journal=journal,
            per_session=job.per_session,
        )
        return await self._pool.transmit(destination, load)

    async def _message(self, job: Job, piece: Piece) -> Composed:
        """A piece as it leaves. Raises ``Unavailable``.

        A domain that signs its mail sends none unsigned: whoever checks would take that for somebody else's.
        """
        signed = await self._signer.sign(job.org_id, piece.letter, compose(piece.letter, piece.fields))
        reach("composed")
        return signed


def is_answered(outcomes: Sequence[Outcome]) -> bool:
    """Whether the server had anything to say about the mail."""
    return at_fault(outcomes) is None and any(outcome.code is not None for outcome in outcomes)


def turned_away(recipients: Sequence[Recipient]) -> Sequence[Outcome]:
    """The outcomes of recipients to whose servers no mail more may go at present."""
    return _deferred(recipients, Stage.HERE, "too many mails wait for the servers of this domain")


def _ended(job: Job, stage: Stage, line: str) -> Ends:
    return Ends.all_of(job.pending, _deferred(job.pending, stage, line))


def _deferred(recipients: Sequence[Recipient], stage: Stage, line: str) -> Sequence[Outcome]:
    return [Outcome(result=Result.DEFERRED, stage=stage, line=line)] * len(recipients)
