"""Postroom: mail for the people behind CRM records, sent through your own servers, never lost nor doubled in silence.

A mail's journey, room by room:

1. ``web.api.send`` reads the request into a ``mail.draft.Draft``, or answers every fault of it.
2. ``send.submit`` checks it against the organisation's records and senders and stores it, with its job, in one commit.
3. ``worker.loop`` claims due jobs under a lease; ``worker.deliver`` composes the message and hands it to ``smtp.pool``.
4. ``settle.decide`` turns the server's replies into a verdict; ``settle.settle`` writes it, with its history, in one
   commit.
"""

__version__ = "0.1.0"
