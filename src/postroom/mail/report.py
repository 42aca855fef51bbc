"""What a sender is told about a mail that has not arrived (RFC 3464): for people, for programs, and which mail it is.

``Report`` says of which mail, whom it has not reached and why, and until when it is tried. ``Report.parts`` writes that
down in the three texts that a multipart/report (RFC 6522) is made of.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple

from postroom.mail.address import Address
from postroom.mail.draft import Letter
from postroom.mail.encoding import canonical
from postroom.mail.header import date_time, plain, words
from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.mail.limits import FOLDED_OCTETS

# RFC 3463 §3.4 to 3.6 and RFC 4954 §6 (X.7.8), for what no server gave a code.
_WITHOUT_REPLY: Final = {
    Stage.HERE: "4.3.0",  # undefined status of the mail system
    Stage.ROUTE: "4.4.4",  # unable to route
    Stage.CONNECT: "4.4.1",  # no answer from host
    Stage.TLS: "4.7.5",  # cryptographic failure
    Stage.AUTH: "4.7.8",  # authentication
}
_BAD_CONNECTION: Final = "4.4.2"
_UNDEFINED: Final = "4.0.0"


class _Meaning(NamedTuple):
    """What a reason is in a status code (RFC 3463 §3) that the server did not give itself, and in words."""

    detail: str
    words: str


_MEANINGS: Final[Mapping[Why, _Meaning]] = {
    Why.GREYLISTED: _Meaning("7.1", "The server takes mail only from who comes back."),
    Why.RATE_LIMITED: _Meaning("7.0", "The server was sent too much in too short a time."),
    Why.BUSY: _Meaning("3.2", "The server is in trouble itself."),
    Why.OVER_QUOTA: _Meaning("2.2", "The mailbox is full."),
    Why.BAD_MAILBOX: _Meaning("1.1", "There is no such mailbox."),
    Why.UNROUTABLE: _Meaning("4.4", "No mail can be sent to that domain."),
    Why.BAD_SENDER: _Meaning("1.8", "The server does not let your address send."),
    Why.DOMAIN_AUTHENTICATION: _Meaning("7.1", "SPF, DKIM or DMARC do not vouch for your address."),
    Why.BLOCKED: _Meaning("7.1", "Your server or domain has a bad name, or is on a block list."),
    Why.CONTENT: _Meaning("6.0", "The mail looks like spam, or is not formed as the server wants it."),
    Why.TOO_BIG: _Meaning("3.4", "The mail is too big."),
    Why.POLICY: _Meaning("7.1", "A rule of the server forbids it."),
    Why.RELAY_DENIED: _Meaning("7.1", "The server does not carry your mail to that domain."),
    Why.AUTHENTICATION: _Meaning("7.8", "The login to the server is missing or wrong."),
    Why.TLS: _Meaning("7.5", "The connection is not encrypted as the server wants it."),
    Why.PROTOCOL: _Meaning("5.0", "The server did not understand what it was told."),
    Why.OTHER: _Meaning("0.0", "The server gave a reason of its own."),
}


class Parts(NamedTuple):
    """The texts of a notice, with LF for line ends; ``Letter.content`` holds them as ``written``."""

    words: str
    status: str
    header: str

    @classmethod
    def read(cls, content: str) -> "Parts":
        """What ``written`` wrote."""
        return cls(*json.loads(content))

    def written(self) -> str:
        """The three as one text."""
        return json.dumps(self, ensure_ascii=False)

    def typed(self) -> tuple[tuple[str, str], ...]:
        """Each text with its media type, in the order of RFC 6522 §3."""
        # RFC 6533 §3: addresses beyond ASCII have types of their own.
        status = "message/delivery-status" if self.status.isascii() else "message/global-delivery-status"
        header = "text/rfc822-headers" if self.header.isascii() else "message/global-headers"
        return ("text/plain; charset=utf-8", self.words), (status, self.status), (header, self.header)


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """Somebody whom a mail has not reached, and how the last attempt ended, if there was one; moments in ms."""

    address: Address
    outcome: Outcome | None = None
    tried_at: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A mail that has not arrived: when it was accepted, at whom, and ``until`` when it is tried (ms since the epoch).

    ``until`` None: it is not tried any more.
    """

    letter: Letter
    accepted_at: int
    missed: tuple[Missed, ...]
    until: int | None = None

    @property
    def action(self) -> str:
        """What has become of it, in the word of RFC 3464 §2.3.3."""
        return "failed" if self.until is None else "delayed"

    @property
    def subject(self) -> str:
        """What the notice is called."""
        return f"{'Not delivered' if self.until is None else 'Not delivered yet'}: {self.letter.subject}"

    def parts(self, *, header: str, reporter: str) -> Parts:
        """The texts of the notice. ``header`` is that of the mail, ``reporter`` the domain in whose name it is told."""
        return Parts(canonical(_words(self)), canonical(_status(self, reporter)), canonical(header))


def _words(report: Report) -> str:
    fate = "was not delivered" if report.until is None else "has not been delivered yet"
    end = (
        "It is not tried again."
        if report.until is None
        else f"There is nothing to do: it is tried again until {date_time(report.until)}.\n"
        "If it has not been delivered by then, you are told."
    )
    missed = "\n\n".join(
        ["\n        ".join([f"    {each.address}", *_reasons(each.outcome)]) for each in report.missed]
    )
    return (
        f'Your mail "{plain(report.letter.subject)}"\n'
        f"of {date_time(report.letter.dated_at)} {fate} to\n\n{missed}\n\n{end}\n"
        "Nothing is said here of others to whom it went.\n\n"
        "The same follows for programs, and then the header of your mail.\n"
    )


def _reasons(outcome: Outcome | None) -> Iterator[str]:
    if outcome is None:
        yield "It has not been tried."
        return
    if outcome.why is not None:
        yield _MEANINGS[outcome.why].words
    if outcome.code is not None:
        yield f"{outcome.server} answered: {outcome.code} {outcome.line}"
    else:
        yield f"{outcome.server}: {outcome.line}" if outcome.server else outcome.line
    if outcome.result is Result.UNKNOWN:
        yield "It may have arrived all the same."


def _status(report: Report, reporter: str) -> str:
    """The fields about the mail, then those about each recipient; a blank line before each of these (§2.1)."""
    about = f"Reporting-MTA: dns; {reporter}\r\nArrival-Date: {date_time(report.accepted_at)}\r\n"
    return "\r\n".join([about, *("".join(_fields(each, report)) for each in report.missed)])


def _fields(missed: Missed, report: Report) -> Iterator[str]:
    """RFC 3464 §2.3. Original-Recipient is for what a sender's server gave by ORCPT, and nobody gave any here."""
    kind = "utf-8" if missed.address.needs_smtputf8 else "rfc822"
    yield f"Final-Recipient: {kind}; {missed.address}\r\n"
    yield f"Action: {report.action}\r\n"
    yield f"Status: {_code(missed.outcome)}\r\n"
    if missed.outcome is not None:
        yield from _said(missed.outcome)
    if missed.tried_at is not None:
        yield f"Last-Attempt-Date: {date_time(missed.tried_at)}\r\n"
    if report.until is not None:
        yield f"Will-Retry-Until: {date_time(report.until)}\r\n"


def _said(outcome: Outcome) -> Iterator[str]:
    if outcome.server:
        yield f"Remote-MTA: dns; {_name(outcome.server)}\r\n"
    if outcome.line or outcome.code is not None:
        # §2.3.6: of SMTP is what a server answered; any other reason is our own.
        said = f"X-Postroom; {outcome.line}" if outcome.code is None else f"smtp; {outcome.code} {outcome.line}"
        # What a server says may be one word longer than a line may be, and in any letters. The words for people have
        # all of it.
        yield words(
            "Diagnostic-Code", [word[:FOLDED_OCTETS] for word in said.encode("ascii", "replace").decode().split()]
        )


def _name(server: str) -> str:
    host = server.rpartition(":")[0]
    host = host.strip("[]") if host.startswith("[") else host.partition("[")[0]
    try:
        # RFC 5321 §4.1.3: an address in the place of a name.
        return f"[{host}]" if ip_address(host).version == 4 else f"[IPv6:{host}]"
    except ValueError:
        return host


def _code(outcome: Outcome | None) -> str:
    """The enhanced code of the reply, or else one made of what is known (RFC 3463)."""
    if outcome is None:
        return _UNDEFINED
    if outcome.enhanced is not None:
        return outcome.enhanced
    if outcome.code is not None:
        return f"{outcome.code // 100}.{_MEANINGS[outcome.why or Why.OTHER].detail}"
    return _WITHOUT_REPLY.get(outcome.stage, _BAD_CONNECTION)
