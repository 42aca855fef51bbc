"""The words for what the mails of a from address tell machines: where bounces go, and how to unsubscribe."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from postroom.cli.kinds import ADDRESS
from postroom.config import Settings
from postroom.mail.address import Address

if TYPE_CHECKING:
    from postroom.store.senders import Sender


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What an operator says of it; None: nothing. ``plain`` takes a return path back."""

    return_path: Address | None
    plain: bool
    one_click: bool | None

    def by(self, sender: "Sender", settings: Settings) -> "Sender":
        """The sender as it is then. Raises ``Misconfigured`` where nobody could be unsubscribed by a link."""
        from dataclasses import replace

        from postroom.access import unsubscribing

        if self.one_click:
            unsubscribing.server(settings)
        if self.one_click is not None:
            sender = replace(sender, one_click=self.one_click)
        if self.plain:
            return replace(sender, return_path=None)
        return sender if self.return_path is None else replace(sender, return_path=self.return_path.folded)


def with_told(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options, and the argument ``told``."""
    import functools

    @click.option("--return-path", type=ADDRESS, help="Where bounces go; each mail adds +TOKEN before the @.")
    @click.option("--no-return-path", "plain", is_flag=True, help="Bounces go to the from address itself.")
    @click.option(
        "--one-click/--no-one-click", default=None, help="Whether mails can be unsubscribed from with one click."
    )
    @functools.wraps(verb)
    def run(*args: Any, return_path: Address | None, plain: bool, one_click: bool | None, **words: Any) -> Any:
        if return_path is not None:
            if plain:
                raise click.UsageError("a return path or none: --return-path or --no-return-path")
            _check(return_path)
        return verb(*args, told=Told(return_path=return_path, plain=plain, one_click=one_click), **words)

    return run


def _check(return_path: Address) -> None:
    from postroom.mail.verp import ROOM, can_carry

    if not can_carry(return_path):
        raise click.BadParameter(
            f"a token must have room beside it: at most {ROOM} characters before the @, plain ones",
            param_hint="--return-path",
        )
