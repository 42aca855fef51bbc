"""Hand one mail to one server.

1. ``Pool.transmit`` takes a session that is kept for the route, or lets ``Session.open`` make one: connect (``dial``),
   wait for the greeting, EHLO, STARTTLS (``Trust`` says whom to believe), AUTH (``sign_in``, with an access token of
   ``Tokens`` where the route has a grant).
2. ``Session.transmit`` goes through ``transaction``: MAIL, RCPT and DATA, in one write where the server pipelines, then
   the ``Message``, dot-stuffed by ``DotStuffer``, its files drawn from their store by ``body.flow``, then the final
   dot. A large one goes in chunks, the last of which is what the final dot is to the others.
3. Each wait ends by ``Deadlines``. ``ReplyReader`` makes replies of what arrives, ``reply.outcome`` an ``Outcome`` of a
   reply: one for each recipient, as a value, whatever happened, with the server's reason (``classify``, ``phrases``).
4. The session goes back to the pool; after some seconds of rest it is closed.

Where mail goes directly to its recipients' servers, ``Destinations.find`` tells first which they are and how the way to
them must be protected: ``Resolver`` asks the DNS, ``mx.order`` puts the servers in order, ``Policies`` knows what
MTA-STS demands, ``dane`` what the signed DNS says of certificates, ``networks`` whom strangers may send us to.

``probe`` goes the same way once, step by step, before a server is kept.

Pure are ``reply``, ``classify``, ``phrases``, ``protocol``, ``transaction``, ``sasl``, ``mechanisms``, ``scram``,
``saslprep``, ``grant``, ``dots``, ``deadlines``, ``mx``, ``sts``, ``dane`` and ``networks``; ``Connection`` has the
socket to the server, ``issuer`` the one to where tokens come from.
"""
