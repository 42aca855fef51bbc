"""What single words of the command line are read into."""

import re
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

import click

from postroom.mail.address import Address, BadAddress

# Line ends and what else steers a terminal; surrogates are octets that were no UTF-8 (PEP 383).
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_HOST: Final = re.compile(r"[\w.-]{1,253}")  # underscores stand in names of machines, letters of any script in others

_NUMBER: Final = re.compile("[0-9]{1,18}")  # what fits into 64 bits


class LineKind(click.ParamType[str]):
    """A line of text, as names and reasons are shown."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what would be more than a line."""
        line: str = value
        if _CONTROL.search(line):
            self.fail("holds a line end, a control character or what is no UTF-8", param, ctx)
        return line


class AddressKind(click.ParamType[Address]):
    """An e-mail address."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Read it as everywhere else."""
        try:
            return Address.parse(value)
        except BadAddress as error:
            self.fail(f"{value!r} {error}", param, ctx)


class MailIdKind(click.ParamType[str]):
    """The id of a mail, 64 hex digits, or their beginning."""

    name = "mail id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Fold the digits; anything else is a mistake."""
        folded: str = value.lower()
        if not 1 <= len(folded) <= 64 or not set(folded) <= set("0123456789abcdef"):
            self.fail(f"{value!r} is not the beginning of a mail's id (64 hex digits)", param, ctx)
        return folded


class ShownMailKind(click.ParamType["Address | str"]):
    """The id of a mail, or the return path that it has for one of its recipients."""

    name = "mail id|return path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address | str:
        """An address where there is an @, else an id."""
        return (ADDRESS if "@" in value else MAIL_ID).convert(value, param, ctx)


class MailboxesKind(click.ParamType["Address | str"]):
    """An e-mail address, or a domain: all of its addresses."""

    name = "address|domain"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address | str:
        """Read a domain as that of an address."""
        text: str = value
        try:
            return Address.parse(text) if "@" in text else Address.parse(f"somebody@{text}").domain
        except BadAddress as error:
            self.fail(f"{text!r} {error}", param, ctx)


class DomainKind(click.ParamType[str]):
    """A domain that mail is from."""

    name = "domain"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it as that of an address: in A-labels."""
        text: str = value
        try:
            return Address.parse(f"somebody@{text}").domain
        except BadAddress as error:
            self.fail(f"{text!r} {error}", param, ctx)


class MomentKind(click.ParamType[int]):
    """A moment, ms since the epoch."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read ISO 8601; without an offset it is this machine's time that is meant."""
        try:
            return round(datetime.fromisoformat(value).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} is no ISO 8601 moment such as 2027-01-31T09:00:00+01:00", param, ctx)


class RecordIdKind(click.ParamType[int]):
    """A record, as mails show it; its id tells it from all others."""

    name = "record"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read MODULE/ID."""
        module, _, number = str(value).partition("/")
        if not module.isalpha() or not _NUMBER.fullmatch(number):
            self.fail(f"{value!r} is not MODULE/ID", param, ctx)
        return int(number)


class IpKind(click.ParamType[str]):
    """An IP address of either version."""

    name = "ip"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give it back in its usual form."""
        try:
            return str(ip_address(value))
        except ValueError:
            self.fail(f"{value!r} is no IP address", param, ctx)


class HostKind(click.ParamType[str]):
    """The name of a server, or its IP address."""

    name = "host"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what no machine is called; it is shown in histories, and in the notices of failures."""
        host: str = value
        if _HOST.fullmatch(host):
            return host
        try:
            ip_address(LINE.convert(host, param, ctx))
        except ValueError:
            self.fail(f"{host!r} is neither the name of a server nor an IP address", param, ctx)
        return host


LINE = LineKind()


ADDRESS = AddressKind()
MAIL_ID = MailIdKind()
SHOWN_MAIL = ShownMailKind()
MAILBOXES = MailboxesKind()
DOMAIN = DomainKind()
MOMENT = MomentKind()
RECORD_ID = RecordIdKind()
IP = IpKind()
HOST = HostKind()
