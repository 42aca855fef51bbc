"""Which recipients of a mail go together."""

from collections.abc import Sequence

from postroom.mail.draft import Recipient


def by_domain(recipients: Sequence[Recipient]) -> dict[str, tuple[Recipient, ...]]:
    """Recipients by the domain of their address (A-labels, lower case), each group and all groups in their order."""
    groups: dict[str, tuple[Recipient, ...]] = {}
    for each in recipients:
        domain = each.mailbox.address.domain
        groups[domain] = (*groups.get(domain, ()), each)
    return groups
