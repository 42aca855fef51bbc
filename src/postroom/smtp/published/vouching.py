"""What vouches for the domain's mails: who may send them (SPF), their signatures (DKIM), and what is due to the others
(DMARC).
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from postroom.mail.dkim_key import record_name
from postroom.smtp.published import spf, tags
from postroom.smtp.published.asked import Asked, SigningKey
from postroom.smtp.published.finding import Finding, Verdict, text_record
from postroom.smtp.published.spf import Judgement, Result
from postroom.smtp.resolver import Resolver

_NOBODY: Final = "192.0.2.1"  # RFC 5737: no machine has it
_LAST = re.compile(r"[+~?-]?all|redirect=.*", re.IGNORECASE)
_POLICIES: Final = ("none", "quarantine", "reject")


async def senders(resolver: Resolver, asked: Asked) -> list[Finding]:
    """Whether there is exactly one SPF record, a good one, that names each of our addresses. Raises ``Unresolved``."""
    records = spf.of_texts((await resolver.txt(asked.domain)).records)
    if len(records) != 1:
        return [_not_one(asked, len(records))]
    nobody = await spf.judge(resolver, address=_NOBODY, domain=asked.domain)
    if nobody.fault or nobody.result is Result.PASS:
        return [_bad(nobody)]
    judged = [(each, await spf.judge(resolver, address=each, domain=asked.domain)) for each in asked.addresses]
    if not judged:
        line = f"one record, {nobody.lookups} look-ups; name the addresses that mail leaves from to have them checked"
        return [Finding(subject="SPF", verdict=Verdict.GOOD, line=line)]
    return [_judged(asked, records[0], address, judgement) for address, judgement in judged]


async def signatures(resolver: Resolver, asked: Asked) -> list[Finding]:
    """Whether each of our keys is published, and as it is. Raises ``Unresolved``."""
    if not asked.keys:
        line = f"there is no key; make one: postroom domain key add {asked.domain}"
        return [Finding(subject="DKIM", verdict=Verdict.MISSING, line=line)]
    return [await _signature(resolver, asked, key) for key in asked.keys]


async def policy(resolver: Resolver, asked: Asked) -> list[Finding]:
    """What receivers are asked to do with mails that nothing vouches for. Raises ``Unresolved``."""
    # RFC 7489 §6.6.3: else the organisation's domain tells. Which one that is needs a list of all registries; the
    # nearest above with a record is it, or speaks for it.
    for domain in _upwards(asked.domain):
        records = tags.of_version((await resolver.txt(f"_dmarc.{domain}")).records, "DMARC1")
        if records:
            return [_policy(domain, records)]
    record = text_record(f"_dmarc.{asked.domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{asked.domain}")
    return [Finding(subject="DMARC", verdict=Verdict.MISSING, line="there is no record", record=record)]


def _not_one(asked: Asked, count: int) -> Finding:
    named = " ".join(map(_mechanism, asked.addresses))
    record = text_record(asked.domain, f"v=spf1 {named} -all") if named else ""
    if count:
        line = f"there are {count} records, and so none counts; make them one"
        return Finding(subject="SPF", verdict=Verdict.WRONG, line=line)
    line = "there is no record" + ("" if named else "; name the addresses that mail leaves from to be told it")
    return Finding(subject="SPF", verdict=Verdict.MISSING, line=line, record=record)


def _bad(judgement: Judgement) -> Finding:
    if judgement.result is Result.TEMPERROR:
        return Finding(subject="SPF", verdict=Verdict.UNKNOWN, line=judgement.fault)
    return Finding(subject="SPF", verdict=Verdict.WRONG, line=judgement.fault or "it lets everybody send")


def _judged(asked: Asked, record: str, address: str, judgement: Judgement) -> Finding:
    if judgement.fault:
        return _bad(judgement)
    if judgement.result is Result.PASS:
        return Finding(subject="SPF", verdict=Verdict.GOOD, line=f"{address} may send, {judgement.lookups} look-ups")
    words = record.split()
    at = next((n for n, word in enumerate(words) if _LAST.fullmatch(word)), len(words))
    wider = " ".join([*words[:at], _mechanism(address), *words[at:]])
    line = f"{address} may not send: {judgement.result.value}"
    return Finding(subject="SPF", verdict=Verdict.WRONG, line=line, record=text_record(asked.domain, wider))


def _mechanism(address: str) -> str:
    return f"ip{ip_address(address).version}:{address}"


async def _signature(resolver: Resolver, asked: Asked, key: SigningKey) -> Finding:
    name = record_name(key.selector, key.domain)
    shown = key.selector if key.domain == asked.domain else f"{key.selector} of {key.domain}"
    texts = (await resolver.txt(name)).records
    record = text_record(name, key.record)
    if not texts:
        return Finding(subject="DKIM", verdict=Verdict.MISSING, line=f"{shown} is not published", record=record)
    if len(texts) > 1 or not _same(texts[0], key.record):
        line = f"{shown} is published as something else than our key"
        return Finding(subject="DKIM", verdict=Verdict.WRONG, line=line, record=record)
    rest = "signs" if key.signs else f"signs nothing yet; start it: postroom domain key publish {key.domain} --now"
    return Finding(subject="DKIM", verdict=Verdict.GOOD, line=f"{shown} is published, and {rest}")


def _same(published: str, ours: str) -> bool:
    """Whether it is our key, of our kind, and may be used for mail (RFC 6376 §3.6.1)."""
    found, own = tags.read(published), tags.read(ours)
    if found is None or own is None or found.get("v", "DKIM1") != "DKIM1":
        return False
    for_mail = {"*", "email"} & {service.strip() for service in found.get("s", "*").split(":")}
    return bool(for_mail) and found.get("k", "rsa") == own["k"] and "".join(found.get("p", "").split()) == own["p"]


def _policy(domain: str, records: Sequence[str]) -> Finding:
    found = tags.read(records[0]) if len(records) == 1 else None
    wish = "" if found is None else found.get("p", "").lower()
    if wish not in _POLICIES:
        why = "there are several records" if len(records) > 1 else "the record cannot be read"
        record = text_record(f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
        return Finding(subject="DMARC", verdict=Verdict.WRONG, line=f"{domain}: {why}", record=record)
    return Finding(subject="DMARC", verdict=Verdict.GOOD, line=f"{domain} says {wish}")


def _upwards(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]
