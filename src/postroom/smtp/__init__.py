"""Hand one mail to one server.

1. ``Pool.transmit`` takes a session that is kept for the route, or lets ``Session.open`` make one: connect, wait for
   the greeting, EHLO, STARTTLS, AUTH.
2. ``Session.transmit`` goes through ``transaction``: MAIL, RCPT and DATA, in one write where the server pipelines, then
   the message, dot-stuffed by ``DotStuffer``, its files drawn from their store by ``body.flow``, then the final dot.
3. Each wait ends by ``Deadlines``. ``ReplyReader`` makes replies of what arrives, ``reply.outcome`` an ``Outcome`` of a
   reply: one for each recipient, as a value, whatever happened, with the server's reason (``classify``, ``phrases``).
4. The session goes back to the pool; after some seconds of rest it is closed.

Pure are ``reply``, ``classify``, ``phrases``, ``protocol``, ``transaction``, ``sasl``, ``dots`` and ``deadlines``;
``Connection`` has the socket.
"""
