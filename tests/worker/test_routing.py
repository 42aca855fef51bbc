from functools import partial
from pathlib import Path

import pytest

from postroom.errors import Misconfigured
from postroom.mail.life import Outcome, State
from postroom.smtp.route import Destination, Tls
from postroom.store import policies
from postroom.store.policies import StsPolicy
from postroom.store.transports import Transport
from postroom.worker.routing import Routing
from tests.smtp.nameserver import Fault, Nameserver, Zone
from tests.smtp.peers import Server
from tests.worker.test_direct import office_for, send
from tests.worker.test_loop import post, worker

ZONE: Zone = {
    "takes.example MX": ["10 a.x.example."],
    "broken.example MX": Fault.SERVFAIL,
    "x.example MX": ["10 a.x.example.", "20 b.x.example.", "30 POST.example."],
    "a.x.example A": ["127.0.0.1"],
    "b.x.example A": ["127.0.0.1"],
}
DIRECT = Transport(
    id=7, org_id=1, host="", port=0, tls="none", direct=True, source="192.0.2.7 2001:db8::7", created_at=0
)


@pytest.mark.parametrize("private", ["yes", "no"])
async def test_ways_are_found_by_settings_transport_and_policies(tmp_path: Path, sqlite_url: str, private: str) -> None:
    async with Nameserver(ZONE).listening() as names:
        few = {"resolver": names.address, "mx_private": private, "mx_port": 2525}
        async with post(tmp_path, sqlite_url, port=9, few=few) as office:
            now = office.app.clock()
            policy = StsPolicy(
                domain="x.example", id="1", mode="enforce", mx=["b.x.example"], fetched_at=now, ends_at=now + 60_000
            )
            await office.app.db.write(partial(policies.keep, policy=policy))
            found = await Routing(office.app).find(DIRECT, "x.example")
    if private == "no":
        assert isinstance(found, Outcome)
        return
    assert isinstance(found, Destination)
    (route,) = found.routes
    assert (route.transport_id, route.host, route.port, route.tls) == (7, "b.x.example", 2525, Tls.STARTTLS)
    assert (route.addresses, route.source) == (("127.0.0.1",), ("192.0.2.7", "2001:db8::7"))


async def test_mail_goes_where_the_dns_says(tmp_path: Path, sqlite_url: str) -> None:
    server = Server()
    async with Nameserver(ZONE).listening() as names, server.listening():
        few = {"resolver": names.address, "mx_private": "yes", "mx_port": server.port}
        async with office_for(tmp_path, sqlite_url, {}, few=few) as office, worker(office.app):
            mail = await send(office, "takes.example", "broken.example", "nowhere.example")
            filed = await office.reaches_event(mail, "deferred")
    assert [(each.state, each.enhanced) for each in filed.deliveries] == [
        (State.SENT, "2.0.0"),
        (State.QUEUED, "4.4.3"),
        (State.FAILED, "5.1.2"),
    ]
    assert len(server.messages) == 1


@pytest.mark.parametrize("few", [{"mx_private": "perhaps"}, {"resolver": "nowhere"}])
async def test_a_wrong_setting_is_told_to_who_needs_it(tmp_path: Path, sqlite_url: str, few: dict[str, str]) -> None:
    async with post(tmp_path, sqlite_url, port=9, few=few) as office:
        with pytest.raises(Misconfigured, match=next(iter(few))):
            await Routing(office.app).find(DIRECT, "x.example")
