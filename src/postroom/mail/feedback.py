"""Feedback-ID: what providers count complaints by. Four words as Google has them, the last one the sender's."""

from hashlib import blake2b
from typing import Final

from postroom.mail.draft import Stream

_SENDER_OCTETS: Final = 6  # Google wants 5 to 15 characters: these are 12 hex digits


def field(stream: Stream, domain: str) -> str:
    """The field of a stream of mails from addresses of a domain."""
    # Google takes any three words before the sender's, and tells complaints by each of them.
    return f"Feedback-ID: {stream.user_id}:{stream.module}:{stream.org_id}:{sender_id(domain)}\r\n"


def sender_id(domain: str) -> str:
    """What all mails of a domain have in common, for ever: a provider believes a sender that it has known for long."""
    return blake2b(domain.encode(), digest_size=_SENDER_OCTETS, person=b"feedback-id").hexdigest()
