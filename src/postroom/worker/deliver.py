"""One attempt at one mail: compose it, hand it over, and say what became of each recipient."""

from dataclasses import dataclass, field

import structlog

from postroom.access.secrets import Vault
from postroom.app import App
from postroom.errors import Misconfigured, Unavailable
from postroom.failpoint import reach
from postroom.mail.compose import compose
from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.journal import Journal
from postroom.smtp.pool import Load, Pool
from postroom.smtp.protocol import Envelope
from postroom.smtp.route import Credentials, Destination, Route, Tls
from postroom.store.claims import Job
from postroom.store.transports import Transport

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways to the servers of transports, their passwords opened once and not per mail."""

    vault: Vault
    _known: dict[Transport, Destination] = field(default_factory=dict)

    def to_server(self, transport: Transport) -> Destination:
        """A transport's server as it is configured now. Raises ``Misconfigured`` where its password stays shut."""
        found = self._known.get(transport)
        if found is None:
            # Settings of the same transport that are no longer true go with its password.
            for old in [each for each in self._known if each.id == transport.id]:
                del self._known[old]
            found = self._known[transport] = self._open(transport)
        return found

    def _open(self, transport: Transport) -> Destination:
        credentials = None
        if transport.username is not None:
            password = "" if transport.password is None else self.vault.open_sealed(transport.password)
            credentials = Credentials(username=transport.username, password=password)
        return Destination.of(
            Route(
                transport_id=transport.id,
                host=transport.host,
                port=transport.port,
                tls=Tls(transport.tls),
                credentials=credentials,
            )
        )


async def attempt(app: App, pool: Pool, ways: Ways, job: Job, journal: Journal) -> list[Outcome]:
    """Try the mail once: an outcome for each pending recipient, in order. Raises nothing that one mail brings about."""
    if job.transport is None:
        return _deferred(job, Stage.HERE, "the transport of this mail has been removed")
    try:
        destination = ways.to_server(job.transport)
    except Misconfigured as problem:
        return _deferred(job, Stage.ROUTE, str(problem))
    try:
        composed = compose(job.letter)
        reach("composed")
        envelope = Envelope(
            sender=job.letter.return_path,
            recipients=job.pending,
            size=composed.size,
            smtputf8=composed.smtputf8,
        )
        load = Load(
            course=job.course,
            composed=composed,
            envelope=envelope,
            open_file=lambda ref: app.blobs.open(ref.digest),
            journal=journal,
            per_session=job.per_session,
        )
        return await pool.transmit(destination, load)
    except Unavailable as problem:
        return _deferred(job, Stage.HERE, str(problem))
    except Exception:  # a bug met by this mail must not stop the others; it is retried, and in the log
        log.exception("attempt failed", mail=job.letter.mail_id.hex(), attempt=job.attempt)
        return _deferred(job, Stage.HERE, "internal error")


def _deferred(job: Job, stage: Stage, line: str) -> list[Outcome]:
    return [Outcome(result=Result.DEFERRED, stage=stage, line=line)] * len(job.pending)
