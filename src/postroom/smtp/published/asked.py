"""What the domain is asked about: what of ours its records should name."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A key of ours: its ``record`` as it should be published, and whether mails are signed with it.

    ``domain`` is the one that is asked about, or one above it whose keys sign in its place.
    """

    domain: str
    selector: str
    record: str
    signs: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A domain (in A-labels) that we send mail from.

    ``addresses`` are those that it leaves from, as far as they are known, ``hostname`` the name that we go by, perhaps
    empty.
    """

    domain: str
    addresses: tuple[str, ...] = ()
    hostname: str = ""
    keys: tuple[SigningKey, ...] = ()
