"""All that is to be known of a domain that mail is sent from."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from postroom.smtp.policies import Policies
from postroom.smtp.published import reaching, vouching
from postroom.smtp.published.asked import Asked
from postroom.smtp.published.finding import Finding, Verdict
from postroom.smtp.reply import one_line
from postroom.smtp.resolver import Resolver, Unresolved


async def check(resolver: Resolver, policies: Policies, asked: Asked) -> list[Finding]:
    """What was found, subject by subject; what the DNS did not answer is among it."""
    parts = {
        "SPF": vouching.senders(resolver, asked),
        "DKIM": vouching.signatures(resolver, asked),
        "DMARC": vouching.policy(resolver, asked),
        "MX": reaching.servers(resolver, asked),
        "PTR": reaching.names(resolver, asked),
        "TLS-RPT": reaching.reports(resolver, asked),
        "MTA-STS": reaching.protection(resolver, policies, asked),
    }
    found = await asyncio.gather(*(_known(subject, part) for subject, part in parts.items()))
    # What the DNS of strangers says goes to a terminal.
    return [replace(each, line=one_line(each.line)) for some in found for each in some]


async def _known(subject: str, part: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await part
    except Unresolved as fault:
        return [Finding(subject=subject, verdict=Verdict.UNKNOWN, line=str(fault))]
