"""The door for HTTP: it reads requests, asks whoever decides, and writes answers; it decides nothing itself.

1. ``run.serve`` listens and hands each request to the application that ``server.create`` made.
2. ``server`` finds the endpoint in its table, knows the caller by ``access.bearer`` and holds the scopes against it.
3. The endpoint's handler in ``web.api`` is given a ``call.Call`` and returns a response.
4. What was raised instead becomes an answer in ``refusals``, the only home of the wire's codes and messages.

What ``accounts`` serves stands in a table of its own, for it takes no token; ``reference`` tells what the API is.
"""
