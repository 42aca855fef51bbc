import pytest

from postroom.errors import Misconfigured
from postroom.smtp.dane import Tlsa
from postroom.smtp.mx import Mx
from postroom.smtp.resolver import Resolver, Unresolved
from tests.smtp.nameserver import Fault, Nameserver, Zone

ZONE: Zone = {
    "example.com MX": ["10 mx1.example.com.", "20 MX2.example.com."],
    "mx1.example.com A": ["192.0.2.1", "192.0.2.2"],
    "mx1.example.com AAAA": ["2001:db8::1"],
    "mx2.example.com CNAME": ["real.example.net."],
    "real.example.net A": ["192.0.2.3"],
    "_25._tcp.mx1.example.com TLSA": ["3 1 1 " + "ab" * 32],
    "text.example.com TXT": ['"v=spf1 " "-all"', '"other"'],
    "1.2.0.192.in-addr.arpa PTR": ["mx1.example.com."],
    "null.example.com MX": ["0 ."],
    "many.example.com TXT": [f'"{n:0200}"' for n in range(40)],
    "broken.example.com A": Fault.SERVFAIL,
    "refused.example.com A": Fault.REFUSED,
    "silent.example.com A": Fault.SILENCE,
    "half.example.com A": Fault.SERVFAIL,
    "half.example.com AAAA": ["2001:db8::2"],
}


async def test_answers_say_what_stands_in_the_dns() -> None:
    async with Nameserver(ZONE, secure=["example.com"]).listening() as server:
        resolver = Resolver(server.address)
        found = await resolver.mx("example.com")
        assert set(found.records) == {
            Mx(preference=10, host="mx1.example.com"),
            Mx(preference=20, host="mx2.example.com"),
        }
        assert (found.exists, found.secure, found.name) == (True, True, "example.com")
        assert (await resolver.mx("null.example.com")).records == (Mx(preference=0, host=""),)
        assert set((await resolver.addresses("mx1.example.com")).records) == {"2001:db8::1", "192.0.2.1", "192.0.2.2"}
        assert (await resolver.tlsa("mx1.example.com", 25)).records == (
            Tlsa(usage=3, selector=1, matching=1, data=b"\xab" * 32),
        )
        assert set((await resolver.txt("text.example.com")).records) == {"v=spf1 -all", "other"}
        assert (await resolver.ptr("192.0.2.1")).records == ("mx1.example.com",)


async def test_an_alias_is_followed_and_only_as_secure_as_its_end() -> None:
    async with Nameserver(ZONE, secure=["example.com"]).listening() as server:
        found = await Resolver(server.address).addresses("mx2.example.com")
    assert (found.records, found.name, found.secure) == (("192.0.2.3",), "real.example.net", False)


async def test_no_name_no_record_and_no_answer_are_three_things() -> None:
    async with Nameserver(ZONE).listening() as server:
        resolver = Resolver(server.address, seconds=0.2)
        no_record = await resolver.mx("mx1.example.com")
        assert (no_record.records, no_record.exists) == ((), True)
        for name in ("nowhere.example.com", "x" * 64 + ".example.com", ".".join(["long"] * 60)):
            no_name = await resolver.addresses(name)
            assert (no_name.records, no_name.exists) == ((), False)
        for name in ("broken", "refused", "silent"):
            with pytest.raises(Unresolved, match=f"{name}.example.com"):
                await resolver.addresses(f"{name}.example.com")
        assert (await resolver.addresses("half.example.com")).records == ("2001:db8::2",)


async def test_what_is_too_long_for_a_datagram_comes_over_tcp_and_forgeries_are_passed_over() -> None:
    async with Nameserver(ZONE, spoofed=True).listening() as server:
        assert len((await Resolver(server.address).txt("many.example.com")).records) == 40
        assert server.over_tcp == 1


async def test_answers_are_remembered_as_long_as_they_say_and_failures_are_not() -> None:
    clock = [0.0]
    async with Nameserver(ZONE).listening() as server:
        resolver = Resolver(server.address, clock=lambda: clock[0])
        for clock[0], asked in ((0.0, 1), (299.0, 1), (301.0, 2)):
            await resolver.mx("example.com")
            assert server.asked.count("example.com MX") == asked
        for _ in range(2):
            with pytest.raises(Unresolved):
                await resolver.addresses("broken.example.com")
        assert server.asked.count("broken.example.com A") == 2


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1#dns", "127.0.0.1#70000", "#53"])
def test_a_resolver_is_an_address(address: str) -> None:
    with pytest.raises(Misconfigured, match="resolver"):
        Resolver(address)


def test_only_a_resolver_of_this_machine_is_believed() -> None:
    assert Resolver("127.0.0.53").trusted
    assert Resolver("::1#5353").trusted
    assert not Resolver("192.0.2.53").trusted
