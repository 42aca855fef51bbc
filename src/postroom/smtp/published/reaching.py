"""Where mail to the domain goes and how it is protected, and what our own addresses are called."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from dns.reversename import from_address

from postroom.smtp.policies import NotFetched, Policies
from postroom.smtp.published import tags
from postroom.smtp.published.asked import Asked
from postroom.smtp.published.finding import Finding, Verdict, text_record
from postroom.smtp.resolver import Resolver
from postroom.smtp.sts import Mode, published

_LOST: Final = "answers and notices about mails from it are lost"


async def servers(resolver: Resolver, asked: Asked) -> list[Finding]:
    """Whether anybody takes answers. Raises ``Unresolved``."""
    hosts = await _hosts(resolver, asked.domain)
    if not hosts:
        if not (await resolver.mx(asked.domain)).exists:
            return [Finding(subject="MX", verdict=Verdict.WRONG, line=f"there is no domain {asked.domain}")]
        return [Finding(subject="MX", verdict=Verdict.MISSING, line=f"no server takes its mail: {_LOST}")]
    # RFC 7505 §4.2: and receivers may refuse what cannot be answered.
    if hosts == [""]:
        return [Finding(subject="MX", verdict=Verdict.WRONG, line=f"it takes no mail (null MX): {_LOST}")]
    nowhere = [host for host in hosts if not (await resolver.addresses(host)).records]
    if nowhere:
        return [Finding(subject="MX", verdict=Verdict.WRONG, line=f"{' and '.join(nowhere)} has no address")]
    return [Finding(subject="MX", verdict=Verdict.GOOD, line=f"mail for it goes to {', '.join(hosts)}")]


async def names(resolver: Resolver, asked: Asked) -> list[Finding]:
    """Whether each of our addresses has a name that has the address. Raises ``Unresolved``."""
    return [await _name(resolver, address, asked.hostname) for address in asked.addresses]


async def reports(resolver: Resolver, asked: Asked) -> list[Finding]:
    """Whether the domain is told where TLS to its servers failed (RFC 8460 §3). Raises ``Unresolved``."""
    name = f"_smtp._tls.{asked.domain}"
    records = tags.of_version((await resolver.txt(name)).records, "TLSRPTv1")
    record = text_record(name, f"v=TLSRPTv1; rua=mailto:postmaster@{asked.domain}")
    if not records:
        return [Finding(subject="TLS-RPT", verdict=Verdict.OPTIONAL, line="there is no record", record=record)]
    found = tags.read(records[0]) if len(records) == 1 else None
    if found is None or not found.get("rua", "").startswith(("mailto:", "https:")):
        line = "there are several records" if len(records) > 1 else "the record cannot be read"
        return [Finding(subject="TLS-RPT", verdict=Verdict.WRONG, line=line, record=record)]
    return [Finding(subject="TLS-RPT", verdict=Verdict.GOOD, line=f"reports go to {found['rua']}")]


async def protection(resolver: Resolver, policies: Policies, asked: Asked) -> list[Finding]:
    """Whether its policy can be fetched, and names its servers (RFC 8461). Raises ``Unresolved``."""
    name = f"_mta-sts.{asked.domain}"
    texts = (await resolver.txt(name)).records
    latest = published(texts)
    if latest is None:
        record = text_record(name, "v=STSv1; id=1")
        if tags.of_version(texts, "STSv1"):
            line = "the record cannot be read, or there are several"
            return [Finding(subject="MTA-STS", verdict=Verdict.WRONG, line=line, record=record)]
        line = f"there is no record; it needs a policy at https://mta-sts.{asked.domain}/.well-known/mta-sts.txt"
        return [Finding(subject="MTA-STS", verdict=Verdict.OPTIONAL, line=line, record=record)]
    try:
        policy = await policies.fetch(asked.domain, latest)
    except NotFetched as fault:
        return [Finding(subject="MTA-STS", verdict=Verdict.WRONG, line=f"there is no policy: {fault}")]
    unnamed = [host for host in await _hosts(resolver, asked.domain) if not policy.allows(host)]
    if unnamed and policy.mode is not Mode.NONE:
        line = f"the policy does not name {', '.join(unnamed)}"
        return [Finding(subject="MTA-STS", verdict=Verdict.WRONG, line=line)]
    return [Finding(subject="MTA-STS", verdict=Verdict.GOOD, line=f"the policy's mode is {policy.mode.value}")]


async def _hosts(resolver: Resolver, domain: str) -> Sequence[str]:
    records = (await resolver.mx(domain)).records
    if records:
        return [each.host for each in sorted(records, key=lambda each: each.preference)]
    # RFC 5321 §5.1: without MX it is its own server, if it has an address.
    return [domain] if (await resolver.addresses(domain)).records else []


async def _name(resolver: Resolver, address: str, hostname: str) -> Finding:
    found = (await resolver.ptr(address)).records
    if not found:
        record = f"{from_address(address)} IN PTR {hostname}." if hostname else ""
        return Finding(subject="PTR", verdict=Verdict.MISSING, line=f"{address} has no name", record=record)
    for name in found:
        if ip_address(address) in map(ip_address, (await resolver.addresses(name)).records):
            return Finding(subject="PTR", verdict=Verdict.GOOD, line=f"{address} is {name}")
    kind = "A" if ip_address(address).version == 4 else "AAAA"
    line = f"{address} is called {found[0]}, which has other addresses"
    return Finding(subject="PTR", verdict=Verdict.WRONG, line=line, record=f"{found[0]}. IN {kind} {address}")
