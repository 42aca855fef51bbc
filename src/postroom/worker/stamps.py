"""The pieces in which mails go out, and what these are marked with: fetched once for an organisation, not per mail."""

from functools import partial

from postroom.access import unsubscribing
from postroom.app import App
from postroom.mail.draft import Recipient
from postroom.mail.piece import Piece, Stamp, is_personal, personal, whole
from postroom.store import orgs
from postroom.store.claims import Job
from postroom.store.db import Tx


class Stamps:
    """What the organisations of this server mark their mails with."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._secrets: dict[int, bytes] = {}  # they never change
        self._server = ""

    async def pieces(self, job: Job, to: tuple[Recipient, ...]) -> list[Piece]:
        """The pieces of a mail for these of its recipients, the same on each attempt.

        Raises ``Misconfigured`` where a link would lead nowhere or no key opens the secret, and ``Unavailable``.
        """
        if not is_personal(job.letter):
            return [whole(job.letter, to)]
        if job.letter.stream is not None and not self._server:
            self._server = unsubscribing.server(self._app.settings)
        stamp = Stamp(secret=await self._secret(job.org_id), server=self._server)
        return personal(job.letter, to, job.mail_seq, stamp)

    async def _secret(self, org_id: int) -> bytes:
        found = self._secrets.get(org_id)
        if found is None:
            sealed = await self._app.db.read(partial(orgs.secret, org_id=org_id))
            if sealed is None:
                new = self._app.vault.make_signing_secret()
                sealed = await self._app.db.write(partial(_keep, org_id=org_id, new=new))
            found = self._secrets[org_id] = self._app.vault.open_signing_secret(sealed)
        return found


def _keep(tx: Tx, *, org_id: int, new: bytes) -> bytes:
    """The secret of the organisation from now on: another worker may have been quicker."""
    orgs.keep_secret(tx, org_id, new)
    kept = orgs.secret(tx, org_id)
    assert kept is not None, "it has just been kept"
    return kept
