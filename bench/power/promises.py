"""What was promised, what had truly arrived, what a cut has left: and whether all of that fits together. Pure.

Moments are places in the tape: what stands before a cut happened before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A mail that was answered with 200, whose answer was in hand at ``at``; ``key`` is empty where it had none."""

    at: int
    subject: str
    mail_id: str
    key: str
    files: tuple[str, ...]
    request: bytes = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploaded:
    """A file that was answered with 200; its SHA-256."""

    at: int
    file_id: str
    digest: bytes


@dataclass(kw_only=True, slots=True)
class Account:
    """What was told and seen.

    ``arrived``: when the receiving server first had the mail of a subject. ``earlier``: what it had of mails whose
    time is cut away; the folder knows nothing of it, and true it is.
    """

    promises: list[Promise] = field(default_factory=list)
    uploads: dict[str, Uploaded] = field(default_factory=dict)
    arrived: dict[str, int] = field(default_factory=dict)
    earlier: frozenset[str] = frozenset()
    misled: list[str] = field(default_factory=list)  # those who asked again and were answered otherwise

    def after(self, cut: int) -> "Account":
        """What holds for a new tape that begins with what this cut has left."""
        return Account(
            promises=[replace(each, at=0) for each in self.promises if each.at <= cut],
            uploads={name: replace(each, at=0) for name, each in self.uploads.items() if each.at <= cut},
            arrived={subject: 0 for subject, at in self.arrived.items() if at <= cut},
            earlier=self.earlier | {subject for subject, at in self.arrived.items() if at > cut},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail as the database has it; ``files`` are the SHA-256 of its attachments.

    ``in_doubt``: it is said of it that a server may have taken it.
    """

    subject: str
    state: str
    recipients: tuple[str, ...]
    is_queued: bool
    in_doubt: bool
    files: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """What a Postroom finds that was opened after the cut. ``whole``: the SHA-256 of files that can be read."""

    mails: Mapping[str, Mail]
    answers: Mapping[str, str]
    files: Mapping[str, bytes]
    keys: bytes
    whole: frozenset[bytes]


def judge(account: Account, left: Left, cut: int, recipient: str) -> Iterator[str]:
    """What is wrong with it."""
    for promise in account.promises:
        if promise.at <= cut:
            yield from _broken(promise, left, account)
    for upload in account.uploads.values():
        if upload.at <= cut and left.files.get(upload.file_id) != upload.digest:
            yield f"file {upload.file_id} was answered with 200 and is lost"
    for mail in left.mails.values():
        yield from _untrue(mail, left, account, cut, recipient)
    for digest in {*left.files.values()} - left.whole:
        yield f"the database has the file {digest.hex()}, and the folder has not"


def _broken(promise: Promise, left: Left, account: Account) -> Iterator[str]:
    mail = left.mails.get(promise.mail_id)
    if mail is None or mail.subject != promise.subject:
        yield f"{promise.subject} was answered with 200 and is lost"
        return
    if mail.files != tuple(account.uploads[name].digest for name in promise.files):
        yield f"{promise.subject} has other files than it was accepted with"
    if promise.key and promise.mail_id not in left.answers.get(promise.key, ""):
        yield f"the answer to the key {promise.key} is lost"


def _untrue(mail: Mail, left: Left, account: Account, cut: int, recipient: str) -> Iterator[str]:
    if mail.recipients != (recipient,):
        yield f"{mail.subject} goes to {mail.recipients}"
    if mail.is_queued == (mail.state in ("sent", "failed", "cancelled")):
        yield f"{mail.subject} is {mail.state}, and {'still' if mail.is_queued else 'not'} in the queue"
    if mail.state == "failed":
        yield f"{mail.subject} has failed"
    has_arrived = account.arrived.get(mail.subject, cut + 1) <= cut
    if mail.state == "sent" and not has_arrived and mail.subject not in account.earlier:
        yield f"{mail.subject} is said to be sent, and nobody had got it"
    if mail.is_queued and has_arrived and not mail.in_doubt:
        yield f"{mail.subject} had arrived, and the queue knows nothing of it"
    if not set(mail.files) <= left.whole:
        yield f"{mail.subject} has a file that cannot be read"
