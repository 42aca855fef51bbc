import ssl
from collections.abc import Mapping, Sequence

import pytest
import trustme

from postroom.mail.dkim_key import Algorithm, record
from postroom.smtp.policies import Policies
from postroom.smtp.published.asked import Asked, SigningKey
from postroom.smtp.published.check import check
from postroom.smtp.published.finding import Finding, Verdict
from postroom.smtp.resolver import Resolver
from tests.smtp.nameserver import Fault, Nameserver, Zone
from tests.smtp.peers import Authority
from tests.smtp.policyhost import PolicyHost, policy
from tests.smtp.shelf import Shelf

AUTHORITY = Authority(ca=trustme.CA())
TRUST = AUTHORITY.client().verifying
TLS: ssl.SSLContext = AUTHORITY.server("mta-sts.x.example")

OURS = record(Algorithm.RSA, "b3Vycw==")
ASKED = Asked(
    domain="x.example",
    addresses=("8.8.1.1", "2606:4700::1"),
    hostname="out.x.example",
    keys=(SigningKey(domain="x.example", selector="r1", record=OURS, signs=True),),
)
SIX = ".".join("1000" + "0000" * 5 + "0074" + "6062")
GOOD: Zone = {
    "x.example TXT": ['"v=spf1 ip4:8.8.1.1 ip6:2606:4700::/32 -all"', '"other=1"'],
    "r1._domainkey.x.example TXT": [f'"v=DKIM1; h=sha256; {OURS[9:]}"'],
    "_dmarc.x.example TXT": ['"v=DMARC1; p=reject; rua=mailto:d@x.example"'],
    "x.example MX": ["10 mx.x.example."],
    "mx.x.example A": ["8.8.1.2"],
    "1.1.8.8.in-addr.arpa PTR": ["out.x.example."],
    f"{SIX}.ip6.arpa PTR": ["gone.x.example.", "out.x.example."],
    "out.x.example A": ["8.8.1.1"],
    "out.x.example AAAA": ["2606:4700:0::1"],
    "_smtp._tls.x.example TXT": ['"v=TLSRPTv1; rua=mailto:t@x.example"'],
    "_mta-sts.x.example TXT": ['"v=STSv1; id=1"'],
    "mta-sts.x.example A": ["127.0.0.1"],
}


async def found(changes: Zone, asked: Asked = ASKED, mx: str = "mx.x.example") -> Mapping[str, Sequence[Finding]]:
    """What is found of x.example, by its subjects."""
    async with Nameserver({**GOOD, **changes}).listening() as names, PolicyHost(policy(mx=mx)).listening(TLS) as host:
        resolver = Resolver(names.address)
        policies = Policies(
            resolver,
            Shelf(),
            trust=TRUST,
            may_dial=lambda _: True,
            clock=lambda: 0,
            port=host.port,
        )
        findings = await check(resolver, policies, asked)
    return {each.subject: [one for one in findings if one.subject == each.subject] for each in findings}


async def test_a_domain_that_is_well() -> None:
    every = await found({})
    assert list(every) == ["SPF", "DKIM", "DMARC", "MX", "PTR", "TLS-RPT", "MTA-STS"]
    assert {each.verdict for some in every.values() for each in some} == {Verdict.GOOD}
    assert {subject: len(some) for subject, some in every.items() if len(some) > 1} == {"SPF": 2, "PTR": 2}
    assert not any(each.record for some in every.values() for each in some)


async def test_a_domain_that_has_nothing_is_told_what_to_publish() -> None:
    every = await found(dict.fromkeys(GOOD, ()))
    assert {subject: (some[0].verdict.value, some[0].record) for subject, some in every.items()} == {
        "SPF": ("missing", 'x.example. IN TXT "v=spf1 ip4:8.8.1.1 ip6:2606:4700::1 -all"'),
        "DKIM": ("missing", f'r1._domainkey.x.example. IN TXT "{OURS}"'),
        "DMARC": ("missing", '_dmarc.x.example. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@x.example"'),
        "MX": ("missing", ""),
        "PTR": ("missing", "1.1.8.8.in-addr.arpa. IN PTR out.x.example."),
        "TLS-RPT": ("optional", '_smtp._tls.x.example. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@x.example"'),
        "MTA-STS": ("optional", '_mta-sts.x.example. IN TXT "v=STSv1; id=1"'),
    }


@pytest.mark.parametrize(
    ("subject", "changes", "verdict", "words"),
    [
        ("SPF", {"x.example TXT": ['"v=spf1 -all"', '"v=spf1 mx -all"']}, Verdict.WRONG, "2 records"),
        ("SPF", {"x.example TXT": ['"v=spf1 +all"']}, Verdict.WRONG, "everybody"),
        ("SPF", {"x.example TXT": ['"v=spf1 include:y.example -all"']}, Verdict.WRONG, "y.example has no SPF record"),
        ("SPF", {"x.example TXT": Fault.SERVFAIL}, Verdict.UNKNOWN, "x.example"),
        ("DKIM", {"r1._domainkey.x.example TXT": ['"v=DKIM1; k=rsa; p="']}, Verdict.WRONG, "something else"),
        ("DKIM", {"r1._domainkey.x.example TXT": ['"k=ed25519; p=b3Vycw=="']}, Verdict.WRONG, "something else"),
        ("DKIM", {"r1._domainkey.x.example TXT": ['"p=b3Vy cw==;"']}, Verdict.GOOD, "signs"),
        ("DMARC", {"_dmarc.x.example TXT": ['"v=DMARC1; p=maybe"']}, Verdict.WRONG, "cannot be read"),
        ("DMARC", {"_dmarc.x.example TXT": ['"v=DMARC1; p=none"', '"v=DMARC1;p=reject"']}, Verdict.WRONG, "several"),
        ("MX", {"x.example MX": ["0 ."]}, Verdict.WRONG, "null MX"),
        ("MX", {"x.example MX": ["5 no.x.example.", "10 mx.x.example."]}, Verdict.WRONG, "no.x.example has no address"),
        ("MX", {"x.example MX": [], "x.example A": ["8.8.1.1"]}, Verdict.GOOD, "goes to x.example"),
        ("PTR", {"out.x.example A": ["8.8.1.3"]}, Verdict.WRONG, "other addresses"),
        ("TLS-RPT", {"_smtp._tls.x.example TXT": ['"v=TLSRPTv1; rua=t@x.example"']}, Verdict.WRONG, "cannot be read"),
        ("MTA-STS", {"_mta-sts.x.example TXT": ['"v=STSv1"']}, Verdict.WRONG, "cannot be read"),
        ("MTA-STS", {"mta-sts.x.example A": []}, Verdict.WRONG, "no policy"),
        ("MTA-STS", {"x.example MX": ["10 mx.x.example.", "20 out.x.example."]}, Verdict.WRONG, "out.x.example"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(subject: str, changes: Zone, verdict: Verdict, words: str) -> None:
    first = (await found(changes))[subject][0]
    assert (first.verdict, words in first.line) == (verdict, True), first


async def test_an_address_that_is_not_named_is_put_before_the_rest() -> None:
    changes = {"x.example TXT": ['"v=spf1 ip4:8.8.1.1 include:y.example ~all"'], "y.example TXT": ['"v=spf1 -all"']}
    four, six = (await found(changes))["SPF"]
    assert (four.verdict, six.verdict) == (Verdict.GOOD, Verdict.WRONG)
    assert six.record == 'x.example. IN TXT "v=spf1 ip4:8.8.1.1 include:y.example ip6:2606:4700::1 ~all"'


async def test_the_organisation_above_speaks_for_a_domain() -> None:
    asked = Asked(domain="news.x.example")
    every = await found({"news.x.example TXT": ['"v=spf1 mx -all"'], "news.x.example MX": ["10 mx.x.example."]}, asked)
    assert every["DMARC"][0].line == "x.example says reject"
    assert "name the addresses" in every["SPF"][0].line
    assert every["DKIM"][0].line == "there is no key; make one: postroom domain key add news.x.example"
    assert "PTR" not in every
