"""The servers that mails go to directly, found with the resolver of the settings and the policies of the store."""

import random
from dataclasses import dataclass
from functools import cached_property, partial

from postroom.app import App
from postroom.mail.life import Outcome
from postroom.smtp.destinations import Destinations
from postroom.smtp.networks import permitted
from postroom.smtp.policies import Policies
from postroom.smtp.resolver import Resolver
from postroom.smtp.route import Destination
from postroom.smtp.sts import Mode, Policy
from postroom.smtp.trust import verifying
from postroom.store import policies
from postroom.store.db import Database
from postroom.store.policies import StsPolicy
from postroom.store.transports import Transport


class Routing:
    """Of one worker. Nothing is made, and no setting read, before a mail goes directly."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def find(self, transport: Transport, domain: str) -> Destination | Outcome:
        """Where mail for the domain goes, or why nowhere. Raises ``Misconfigured`` and ``Unavailable``."""
        source = tuple((transport.source or "").split())
        return await self._destinations.find(domain, transport_id=transport.id, source=source)

    @cached_property
    def _destinations(self) -> Destinations:
        settings = self._app.settings
        may_dial = permitted(settings.mx_private)
        resolver = Resolver(settings.resolver)
        return Destinations(
            resolver,
            Policies(
                resolver,
                _Shelf(self._app.db),
                trust=verifying(settings.ca_file),
                may_dial=may_dial,
                clock=self._app.clock,
            ),
            ourselves=settings.hostname,
            port=settings.mx_port,
            may_dial=may_dial,
            chance=random.random,
        )


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Policies in the database."""

    db: Database

    async def find(self, domain: str) -> Policy | None:
        found = await self.db.read(partial(policies.find, domain=domain))
        if found is None:
            return None
        return Policy(
            id=found.id,
            mode=Mode(found.mode),
            mx=tuple(found.mx),
            fetched_at=found.fetched_at,
            ends_at=found.ends_at,
        )

    async def keep(self, domain: str, policy: Policy) -> None:
        kept = StsPolicy(
            domain=domain,
            id=policy.id,
            mode=policy.mode.value,
            mx=policy.mx,
            fetched_at=policy.fetched_at,
            ends_at=policy.ends_at,
        )
        await self.db.write(partial(policies.keep, policy=kept))
