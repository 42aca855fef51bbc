"""The table of verbs, and the one place where errors become a line and an exit code."""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final, NoReturn

import click

from postroom import __version__

# Where each verb lives, and its sentence, so that listing them loads none of them.
VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("postroom.cli.init:init", "Make a data directory with an organisation and its first user."),
    "serve": ("postroom.cli.serve:serve", "Run the API and the delivery worker in one process."),
    "api": ("postroom.cli.serve:api", "Run the API alone."),
    "worker": ("postroom.cli.serve:worker", "Run the delivery worker alone."),
    "sandbox": ("postroom.cli.sandbox.verb:sandbox", "Run a throw-away server whose mails arrive in a local inbox."),
    "demo": ("postroom.cli.demo:demo", "Send four mails through a sandbox and show how they arrive."),
    "send": ("postroom.cli.send:send", "Send one mail through the API of a running server, or of Bigin's own cloud."),
    "org": ("postroom.cli.org:org", "Add, list, show and change organisations."),
    "user": ("postroom.cli.user:user", "Add, list and change users, set their passwords."),
    "client": ("postroom.cli.client:client", "Register and change the OAuth clients that may ask for tokens."),
    "token": ("postroom.cli.token:token", "Make grant codes and refresh tokens."),
    "sender": ("postroom.cli.sender:sender", "Add, confirm, change, list, remove from addresses; hold their servers."),
    "domain": (
        "postroom.cli.domain:domain",
        "Keep the keys of a domain, and check what it publishes about its mail.",
    ),
    "blocked": ("postroom.cli.blocked:blocked", "Keep addresses out of every mail."),
    "record": ("postroom.cli.record:record", "Import records."),
    "field": ("postroom.cli.field:field", "Add, list and remove fields of one's own."),
    "template": ("postroom.cli.template:template", "Add, list, show and remove templates of mails."),
    "limit": ("postroom.cli.limit:limit", "Limit how fast mail leaves, for all workers together."),
    "queue": (
        "postroom.cli.queue:queue",
        "Show mails and workers, hold and release mails, try them again, cancel them.",
    ),
    "migrate": ("postroom.cli.migrate:migrate", "Bring the database to this version's schema."),
}


class Verbs(click.Group):
    """A group whose commands are loaded when they are called."""

    def list_commands(self, _: click.Context) -> list[str]:
        """The verbs in the order of their table."""
        return list(VERBS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb."""
        if cmd_name not in VERBS:
            return None
        module, name = VERBS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from their table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in VERBS.items()])


@click.group(cls=Verbs)
@click.version_option(__version__, prog_name="postroom", message="%(prog)s %(version)s")
def postroom() -> None:
    """Postroom: mail for CRM records through your own SMTP servers."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command; the exit code is 0, 1 for a problem, 2 for words that cannot be understood, 130 for Ctrl-C."""
    try:
        code = postroom.main(args=arguments, prog_name="postroom", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message() + _hint(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        # Who answers no, or nothing, is no interruption.
        if isinstance(error.__cause__ or error, KeyboardInterrupt):
            _fail("interrupted", 130)
        _fail("nothing was done", 1)
    except BrokenPipeError:
        # Whoever read our output has gone: nothing is left to say, and the interpreter shall not try at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        _fail(_problem(error), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _problem(error: Exception) -> str:
    """The line of a Problem; anything else is a bug and is raised again."""
    from postroom.errors import Problem

    if not isinstance(error, Problem):
        raise error
    return str(error)


def _hint(error: click.ClickException) -> str:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f" (see {error.ctx.command_path} --help)"
    return ""


def _fail(line: str, code: int) -> NoReturn:
    click.echo(f"postroom: {' '.join(line.split())}", err=True)
    sys.exit(code)
