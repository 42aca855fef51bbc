"""The words by which somebody signs in to an SMTP server with Google, Microsoft or another issuer of access tokens."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from postroom.cli.options import secret

if TYPE_CHECKING:
    from postroom.smtp.grant import Grant

REFRESH_VARIABLE: Final = "POSTROOM_OAUTH_REFRESH_TOKEN"
SECRET_VARIABLE: Final = "POSTROOM_OAUTH_CLIENT_SECRET"  # noqa: S105 - a name, not a secret
# Where those who are known by a word take mail, as they document it.
HOSTS: Final = {"google": "smtp.gmail.com", "microsoft": "smtp.office365.com"}
# Google's refresh tokens are good for what was agreed to; Microsoft's for several things, so it is told which.
_SCOPES: Final = {"microsoft": "https://outlook.office.com/SMTP.Send offline_access"}


class IssuerKind(click.ParamType[str]):
    """google, microsoft, or the URL of a token endpoint."""

    name = "google|microsoft|URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a URL over which secrets would be seen."""
        word: str = value
        if word not in HOSTS:
            from postroom.smtp.issuer import is_safe

            if not is_safe(word):
                self.fail(f"{word!r} is neither google nor microsoft nor an https URL", param, ctx)
        return word


def with_oauth(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options of OAuth; its argument ``grant`` makes one for a user name (None without ``--oauth``).

    The secrets are asked for when it is made.
    """

    @click.option("--oauth", "server", type=IssuerKind(), help="Sign in by OAuth; whose tokens, or who issues them.")
    @click.option("--client-id", help="With --oauth: the id of your application there.")
    @click.option("--scope", help="With --oauth: what tokens are asked for.  [default: what sending mail needs]")
    @click.option(
        "--refresh-token-stdin",
        is_flag=True,
        help=f"Read the refresh token from stdin; else {REFRESH_VARIABLE} or a prompt.",
    )
    @click.option(
        "--client-secret-stdin",
        is_flag=True,
        help=f"Read the client's secret from stdin, after the former; else {SECRET_VARIABLE} or a prompt, or none.",
    )
    @functools.wraps(verb)
    def run(
        *args: Any,
        server: str | None,
        client_id: str | None,
        scope: str | None,
        refresh_token_stdin: bool,
        client_secret_stdin: bool,
        **words: Any,
    ) -> Any:
        if server is None:
            if client_id or scope or refresh_token_stdin or client_secret_stdin:
                raise click.UsageError(
                    "--client-id, --scope, --refresh-token-stdin and --client-secret-stdin need --oauth"
                )
            return verb(*args, server=None, grant=None, **words)
        if not client_id:
            raise click.UsageError("--oauth needs --client-id")

        grant = functools.partial(
            agree,
            server=server,
            client_id=client_id,
            scope=scope,
            refresh_token_stdin=refresh_token_stdin,
            client_secret_stdin=client_secret_stdin,
        )
        return verb(*args, server=server, grant=grant, **words)

    return run


def agree(
    username: str,
    *,
    server: str,
    client_id: str,
    scope: str | None = None,
    refresh_token_stdin: bool = False,
    client_secret_stdin: bool = False,
) -> "Grant":
    """What somebody has agreed to at the issuer, its secrets asked for."""
    from postroom.smtp.grant import Grant

    return Grant(
        username=username,
        server=server,
        client_id=client_id,
        refresh_token=secret(
            "refresh token", REFRESH_VARIABLE, from_stdin=refresh_token_stdin, flag="--refresh-token-stdin"
        ),
        client_secret=_client_secret(from_stdin=client_secret_stdin),
        scope=_SCOPES.get(server, "") if scope is None else scope,
    )


def _client_secret(*, from_stdin: bool) -> str:
    """Applications on people's own machines have none."""
    import os
    import sys

    if from_stdin or os.environ.get(SECRET_VARIABLE):
        return secret("client secret", SECRET_VARIABLE, from_stdin=from_stdin)
    if not sys.stdin.isatty():
        return ""
    answer: str = click.prompt("Client secret (empty: none)", default="", show_default=False, hide_input=True, err=True)
    return answer
