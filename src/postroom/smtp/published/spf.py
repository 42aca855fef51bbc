"""Whether a domain lets an address send its mail: the evaluation of SPF records. RFC 7208."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Final, TypeVar

from postroom.smtp.published.macros import Scope
from postroom.smtp.resolver import Answer, Resolver, Unresolved

_LOOKUPS: Final = 10  # RFC 7208 §4.6.4, with the next two
_VOID_LOOKUPS: Final = 2
_NAMES: Final = 10

T = TypeVar("T")

_TERM = re.compile(
    r"(?P<sign>[+~?-]?)(?P<name>[a-z][a-z0-9_.-]*)(?:(?P<mark>[:=])(?P<value>.*?))?"
    r"(?:/(?P<wide>[0-9]{1,3}))?(?://(?P<six>[0-9]{1,3}))?",
    re.IGNORECASE,
)
_LOOKING_UP: Final = frozenset({"include", "a", "mx", "ptr", "exists"})
_MECHANISMS: Final = _LOOKING_UP | {"all", "ip4", "ip6"}
_NEEDING_VALUE: Final = frozenset({"include", "exists", "ip4", "ip6"})


class Result(Enum):
    """RFC 7208 §2.6."""

    NONE = "none"  # there is no record
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_SIGNS: Final = {"": Result.PASS, "+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What came out, after how many look-ups that count; ``fault`` says what is wrong with the record, or the DNS."""

    result: Result
    lookups: int
    fault: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Term:
    sign: str
    name: str
    value: str
    four: int
    six: int


class _Broken(Exception):  # noqa: N818 - what happened, caught in this file
    """The record cannot be evaluated."""


def of_texts(texts: Sequence[str]) -> list[str]:
    """The SPF records among TXT records (RFC 7208 §4.5); there should be one at most."""
    return [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


async def judge(resolver: Resolver, *, address: str, domain: str) -> Judgement:
    """Whether mail from the domain may come from the address."""
    evaluation = _Evaluation(resolver, address=address, sender=f"postmaster@{domain}")
    try:
        result = await evaluation.host(domain)
    except _Broken as fault:
        return Judgement(result=Result.PERMERROR, lookups=evaluation.lookups, fault=str(fault))
    except Unresolved as fault:
        return Judgement(result=Result.TEMPERROR, lookups=evaluation.lookups, fault=str(fault))
    return Judgement(result=result, lookups=evaluation.lookups)


@dataclass(slots=True)
class _Evaluation:
    """RFC 7208 §4: ``check_host``, with what it has used up of its limits."""

    resolver: Resolver
    address: str = field(kw_only=True)
    sender: str = field(kw_only=True)
    lookups: int = 0
    void: int = 0

    async def host(self, domain: str) -> Result:
        """The result for one record, and those that it includes."""
        records = of_texts((await self.resolver.txt(domain)).records)
        if not records:
            return Result.NONE
        if len(records) > 1:
            raise _Broken(f"{domain} has {len(records)} SPF records")
        terms = _terms(records[0])
        scope = Scope(address=self.address, sender=self.sender, domain=domain)
        for term in terms:
            if term.name in _MECHANISMS and await self._matches(term, scope):
                return _SIGNS[term.sign]
        redirect = next((term for term in terms if term.name == "redirect="), None)
        # RFC 7208 §6.1: never where there is an ``all``.
        if redirect is None or any(term.name == "all" for term in terms):
            return Result.NEUTRAL
        self._count()
        return await self._existing(_expanded(redirect.value, scope))

    async def _existing(self, domain: str) -> Result:
        result = await self.host(domain)
        # RFC 7208 §5.2, §6.1: who points at another record must point at one.
        if result is Result.NONE:
            raise _Broken(f"{domain} has no SPF record")
        return result

    async def _matches(self, term: _Term, scope: Scope) -> bool:
        if term.name in _LOOKING_UP:
            self._count()
        if term.name in ("ip4", "ip6"):
            return self._in_network(term)
        if term.name == "all":
            return True
        name = _expanded(term.value, scope) if term.value else scope.domain
        if term.name == "include":
            return await self._existing(name) is Result.PASS
        if term.name == "exists":
            return bool(self._seen(await self.resolver.addresses(name)))
        if term.name == "ptr":
            return await self._is_called(name)
        hosts = [name] if term.name == "a" else await self._mail_hosts(name)
        return any([await self._is_at(host, term) for host in hosts])

    async def _mail_hosts(self, domain: str) -> list[str]:
        hosts = [each.host for each in self._seen(await self.resolver.mx(domain)) if each.host]
        if len(hosts) > _NAMES:
            raise _Broken(f"{domain} has more than {_NAMES} MX records")
        return hosts

    async def _is_at(self, host: str, term: _Term) -> bool:
        return any(self._near(each, term) for each in self._seen(await self.resolver.addresses(host)))

    async def _is_called(self, domain: str) -> bool:
        names = self._seen(await self.resolver.ptr(self.address))[:_NAMES]
        within = [name for name in names if name == domain or name.endswith("." + domain)]
        return any([self.address in (await self.resolver.addresses(name)).records for name in within])

    def _in_network(self, term: _Term) -> bool:
        version = 4 if term.name == "ip4" else 6
        try:
            given = ip_address(term.value)
        except ValueError:
            raise _Broken(f"{term.name}:{term.value} is no address") from None
        if given.version != version:
            raise _Broken(f"{term.value} is no address for {term.name}")
        return self._near(term.value, term)

    def _near(self, address: str, term: _Term) -> bool:
        """Whether we are in the network of that address, as wide as the term has it."""
        version = ip_address(address).version
        if version != ip_address(self.address).version:
            return False
        network = ip_network(f"{address}/{term.four if version == 4 else term.six}", strict=False)
        return ip_address(self.address) in network

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > _LOOKUPS:
            raise _Broken(f"it takes more than {_LOOKUPS} look-ups")

    def _seen(self, answer: Answer[T]) -> tuple[T, ...]:
        if not answer.records:
            self.void += 1
            if self.void > _VOID_LOOKUPS:
                raise _Broken(f"more than {_VOID_LOOKUPS} of its names lead nowhere, {answer.name} among them")
        return answer.records


def _terms(record: str) -> list[_Term]:
    """What a record says. Raises ``_Broken`` where any of it is wrong (RFC 7208 §4.6)."""
    return [_term(word) for word in record.split(" ")[1:] if word]


def _term(word: str) -> _Term:
    found = _TERM.fullmatch(word)
    if found is None:
        raise _Broken(f"{word} is no term")
    name, value = found["name"].lower(), found["value"] or ""
    # RFC 7208 §6: modifiers that nobody knows are passed over, mechanisms are not.
    if found["mark"] == "=":
        return _Term(sign="", name=name + "=", value=value, four=32, six=128)
    if name not in _MECHANISMS or (not value and name in _NEEDING_VALUE):
        raise _Broken(f"{word} is no term")
    wide = found["wide"]
    four = int(wide) if wide and name != "ip6" else 32
    six = int((wide if name == "ip6" else found["six"]) or 128)
    if four > 32 or six > 128:
        raise _Broken(f"{word} is wider than an address")
    return _Term(sign=found["sign"], name=name, value=value, four=four, six=six)


def _expanded(text: str, scope: Scope) -> str:
    try:
        return scope.expand(text)
    except ValueError as error:
        raise _Broken(str(error)) from None
