import pytest

from postroom.smtp.published.macros import Scope
from postroom.smtp.published.spf import Result, judge
from postroom.smtp.resolver import Resolver
from tests.smtp.nameserver import Fault, Nameserver, Zone

FOUR, SIX = "192.0.2.7", "2001:db8::7"
ZONE: Zone = {
    "four.test TXT": ['"v=spf1 ip4:192.0.2.0/24 -all"'],
    "six.test TXT": ['"v=spf1 ip6:2001:db8::/32 ~all"'],
    "a.test TXT": ['"v=spf1 a -all"'],
    "a.test A": [FOUR],
    "wide.test TXT": ['"v=spf1 a:host.test/28//64 -all"'],
    "host.test A": ["192.0.2.1"],
    "host.test AAAA": ["2001:db8::1"],
    "mx.test TXT": ['"v=spf1 mx -all"'],
    "mx.test MX": ["10 host.test.", "20 a.test."],
    "ptr.test TXT": ['"v=spf1 ptr:test ?all"'],
    "7.2.0.192.in-addr.arpa PTR": ["liar.test.", "a.test."],
    "exists.test TXT": ['"v=spf1 exists:%{ir}.%{v}.%{l1r-}.%{d2}.list.test -all"'],
    "7.2.0.192.in-addr.postmaster.exists.test.list.test A": ["127.0.0.2"],
    "include.test TXT": ['"v=spf1 include:four.test include:six.test -all"'],
    "redirect.test TXT": ['"v=spf1 redirect=four.test"'],
    "all.test TXT": ['"V=SPF1 redirect=nowhere.test +all"'],
    "nothing.test TXT": ['"v=spf1"'],
    "other.test TXT": ['"v=spf10 -all"', '"something"'],
    "modern.test TXT": ['"v=spf1 new=thing exp=%{d} -all"'],
    "two.test TXT": ['"v=spf1 -all"', '"v=spf1 +all"'],
    "wrong.test TXT": ['"v=spf1 +all ip4:192.0.2.0/33"'],
    "unknown.test TXT": ['"v=spf1 ipv4:192.0.2.7 -all"'],
    "mixed.test TXT": ['"v=spf1 ip4:2001:db8::1 -all"'],
    "empty.test TXT": ['"v=spf1 include: -all"'],
    "lost.test TXT": ['"v=spf1 include:other.test -all"'],
    "ring.test TXT": ['"v=spf1 include:ring.test -all"'],
    "many.test TXT": ['"v=spf1 "' + '"a:host.test "' * 11 + '"-all"'],
    "void.test TXT": ['"v=spf1 a:x1.test a:x2.test a:x3.test -all"'],
    "macro.test TXT": ['"v=spf1 exists:%{p}.test -all"'],
    "broken.test TXT": Fault.SERVFAIL,
    "behind.test TXT": ['"v=spf1 include:broken.test -all"'],
}


@pytest.mark.parametrize(
    ("domain", "address", "result", "lookups"),
    [
        ("four.test", FOUR, Result.PASS, 0),
        ("four.test", "198.51.100.1", Result.FAIL, 0),
        ("four.test", SIX, Result.FAIL, 0),
        ("six.test", SIX, Result.PASS, 0),
        ("six.test", FOUR, Result.SOFTFAIL, 0),
        ("a.test", FOUR, Result.PASS, 1),
        ("wide.test", FOUR, Result.PASS, 1),
        ("wide.test", SIX, Result.PASS, 1),
        ("wide.test", "192.0.2.17", Result.FAIL, 1),
        ("mx.test", FOUR, Result.PASS, 1),
        ("ptr.test", FOUR, Result.PASS, 1),
        ("ptr.test", SIX, Result.NEUTRAL, 1),
        ("exists.test", FOUR, Result.PASS, 1),
        ("include.test", SIX, Result.PASS, 2),
        ("redirect.test", FOUR, Result.PASS, 1),
        ("all.test", SIX, Result.PASS, 0),
        ("nothing.test", FOUR, Result.NEUTRAL, 0),
        ("modern.test", FOUR, Result.FAIL, 0),
        ("other.test", FOUR, Result.NONE, 0),
        ("nowhere.test", FOUR, Result.NONE, 0),
        ("two.test", FOUR, Result.PERMERROR, 0),
        ("wrong.test", FOUR, Result.PERMERROR, 0),
        ("unknown.test", FOUR, Result.PERMERROR, 0),
        ("mixed.test", FOUR, Result.PERMERROR, 0),
        ("empty.test", FOUR, Result.PERMERROR, 0),
        ("lost.test", FOUR, Result.PERMERROR, 1),
        ("ring.test", FOUR, Result.PERMERROR, 11),
        ("many.test", FOUR, Result.PERMERROR, 11),
        ("void.test", FOUR, Result.PERMERROR, 3),
        ("macro.test", FOUR, Result.PERMERROR, 1),
        ("broken.test", FOUR, Result.TEMPERROR, 0),
        ("behind.test", FOUR, Result.TEMPERROR, 1),
    ],
)
async def test_a_record_is_judged(domain: str, address: str, result: Result, lookups: int) -> None:
    async with Nameserver(ZONE).listening() as names:
        found = await judge(Resolver(names.address), address=address, domain=domain)
    assert (found.result, found.lookups) == (result, lookups), found.fault
    assert bool(found.fault) == (result in (Result.PERMERROR, Result.TEMPERROR))


# RFC 7208 §7.4
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("100%%", "100%"),
    ],
)
def test_macros_are_written_out(text: str, expected: str) -> None:
    scope = Scope(address="192.0.2.3", sender="strong-bad@email.example.com", domain="email.example.com")
    assert scope.expand(text) == expected


def test_an_address_of_version_six_has_32_labels() -> None:
    scope = Scope(address="2001:db8::cb01", sender="a@b.example", domain="b.example")
    expected = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6"
    assert scope.expand("%{ir}.%{v}") == expected
