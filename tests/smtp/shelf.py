"""A shelf for policies in memory."""

from dataclasses import dataclass, field

from postroom.smtp.sts import Policy


@dataclass(frozen=True, slots=True)
class Shelf:
    """``policies`` by their domains."""

    policies: dict[str, Policy] = field(default_factory=dict)

    async def find(self, domain: str) -> Policy | None:
        return self.policies.get(domain)

    async def keep(self, domain: str, policy: Policy) -> None:
        self.policies[domain] = policy
