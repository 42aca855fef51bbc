"""What single words of the command line are read into."""

import re
from typing import Any, Final

import click

from postroom.mail.address import Address, BadAddress

# Line ends and what else steers a terminal; surrogates are octets that were no UTF-8 (PEP 383).
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


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


LINE = LineKind()
ADDRESS = AddressKind()
MAIL_ID = MailIdKind()
