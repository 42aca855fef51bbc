"""A whole Postroom for trial and tests: a throw-away server, and an SMTP server that keeps what the mails became.

1. ``inbox.Inbox`` receives on two ports of loopback, as the sender's and as the organisation's own SMTP server.
2. ``seed.plant`` makes an organisation with everything a first mail and a first sign-in need.
3. ``box.open_sandbox`` runs API and worker on them, in the event loop of whoever asks; ``box.open_centers`` runs one
   such sandbox for each of several data centres.
4. ``arrived.read`` gives what was received, parsed by the standard library.
"""
