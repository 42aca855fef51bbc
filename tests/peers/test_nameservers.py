"""Real signatures: what DANE says is heard from zones that are signed, and from no others."""

import ssl
from random import Random

from postroom.mail.life import Outcome, Result
from postroom.smtp.dane import Tlsa
from postroom.smtp.destinations import Destinations
from postroom.smtp.networks import is_public
from postroom.smtp.policies import Policies
from postroom.smtp.resolver import Resolver
from postroom.smtp.route import Destination, Tls
from tests.peers.nameservers import DIGEST, FORGED, PLAIN, SIGNED, nameservers
from tests.peers.premises import Premises
from tests.smtp.shelf import Shelf


async def test_only_what_is_signed_protects(ground: Premises) -> None:
    with nameservers(ground) as address:
        resolver = Resolver(address)
        policies = Policies(resolver, Shelf(), trust=ssl.create_default_context(), may_dial=is_public, clock=lambda: 0)
        destinations = Destinations(
            resolver, policies, ourselves="", port=25, may_dial=is_public, chance=Random(1).random
        )
        signed, plain, forged = [await destinations.find(zone, transport_id=7) for zone in (SIGNED, PLAIN, FORGED)]
        nothing = await resolver.tlsa(f"nothing.{SIGNED}", 25)
    assert isinstance(signed, Destination)
    assert [(each.tls, each.tlsa) for each in signed.routes] == [
        (Tls.DANE, (Tlsa(usage=3, selector=1, matching=1, data=bytes.fromhex(DIGEST)),))
    ]
    assert isinstance(plain, Destination)
    assert [each.tls for each in plain.routes] == [Tls.OPPORTUNISTIC]
    assert isinstance(forged, Outcome)
    assert (forged.result, forged.enhanced) == (Result.DEFERRED, "4.4.3")
    assert (nothing.records, nothing.exists, nothing.secure) == ((), False, True)
