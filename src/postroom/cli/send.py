"""``postroom send``."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from postroom.cli import say
from postroom.cli.options import as_json

_RECORD: Final = re.compile(r"(Contacts|Accounts|Pipelines)/\d{1,19}")
_NAMED: Final = re.compile(r"\s*(.*?)\s*<([^<>]+)>\s*")

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def _record(_: click.Context, __: click.Parameter, value: str) -> str:
    if not _RECORD.fullmatch(value):
        raise click.BadParameter("is Contacts/ID, Accounts/ID or Pipelines/ID")
    return value


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("is an ISO 8601 moment such as 2027-01-31T09:00:00+01:00") from None
    # Without an offset it is this machine's time that is meant.
    return moment.astimezone().isoformat(timespec="seconds")


@click.command()
@click.option("--record", required=True, callback=_record, help="The record it is filed under: Contacts/ID.")
@click.option("--from", "sender", help="NAME <ADDRESS>.  [default: the user's default from address]")
@click.option("--to", multiple=True, required=True, help="Repeatable, as are the next two.")
@click.option("--cc", multiple=True)
@click.option("--bcc", multiple=True)
@click.option("--reply-to")
@click.option("--subject", default="")
@click.option("--text", help="The text; @FILE reads it from a file, - from stdin.")
@click.option("--html", help="The same, as HTML.")
@click.option("--attach", "files", multiple=True, type=_FILE, help="Repeatable.")
@click.option("--at", callback=_moment, help="When to send it (ISO 8601).  [default: now]")
@click.option("--org-email", is_flag=True, help="Send it through the organisation's server.")
@click.option("--env-file", type=_FILE, help="Take the variables from this file.")
@as_json
def send(*, files: Sequence[Path], env_file: Path | None, as_json: bool, **words: Any) -> None:
    """Send one mail through the API of a running server.

    Where it is and who sends is in POSTROOM_API_URL, POSTROOM_ACCOUNTS_URL, POSTROOM_CLIENT_ID, POSTROOM_CLIENT_SECRET
    and POSTROOM_REFRESH_TOKEN. The access token is kept in the user's cache folder for the next call.
    """
    import asyncio

    from postroom.cli import envfile

    mail = _mail(words)
    variables = {**os.environ, **(envfile.read(env_file) if env_file else {})}
    answer = asyncio.run(_sent(variables, words["record"], mail, files))
    message_id = answer["details"]["message_id"]
    if as_json:
        say.as_json({"message_id": message_id, "message": answer["message"]})
    else:
        click.echo(message_id)


async def _sent(
    variables: Mapping[str, str], record: str, mail: dict[str, object], files: Sequence[Path]
) -> dict[str, Any]:
    from postroom.cli import tokenfile
    from postroom.cli.calling import connect

    async with connect(variables, tokens=tokenfile.folder(os.environ)) as api:
        if "from" not in mail:
            mail["from"] = await api.default_sender()
        if files:
            mail["attachments"] = [{"id": each} for each in await api.upload(files)]
        return await api.send(record, mail)


def _mail(words: Mapping[str, Any]) -> dict[str, object]:
    """The mail object of the words (W 1.2)."""
    if words["text"] is not None and words["html"] is not None:
        raise click.UsageError("--text or --html, not both: a text is made of the HTML")
    html = words["html"] is not None
    mail: dict[str, object] = {
        "subject": words["subject"],
        "content": _content(words["html"] if html else words["text"] or ""),
        "mail_format": "html" if html else "text",
        "org_email": words["org_email"],
    }
    if words["sender"]:
        mail["from"] = _mailbox(words["sender"])
    for kind in ("to", "cc", "bcc"):
        if words[kind]:
            mail[kind] = [_mailbox(each) for each in words[kind]]
    if words["reply_to"]:
        mail["reply_to"] = _mailbox(words["reply_to"])
    if words["at"]:
        mail["scheduled_time"] = words["at"]
    return mail


def _mailbox(text: str) -> dict[str, str]:
    named = _NAMED.fullmatch(text)
    if named is None:
        return {"email": text}
    return {"user_name": named[1].strip('"'), "email": named[2]}


def _content(word: str) -> str:
    if word != "-" and not word.startswith("@"):
        return word
    try:
        with click.open_file(word.removeprefix("@"), encoding="utf-8") as file:
            return str(file.read())
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{word.removeprefix('@')}: {error}") from None
