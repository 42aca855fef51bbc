"""What single words of the command line are read into."""

from typing import Any

import click

from postroom.mail.address import Address, BadAddress


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


ADDRESS = AddressKind()
MAIL_ID = MailIdKind()
