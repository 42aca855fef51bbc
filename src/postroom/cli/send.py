"""``postroom send``."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from postroom.cli import say
from postroom.cli.options import as_json

if TYPE_CHECKING:
    from postroom.client import Call, Mail, Mailbox, Place, Sent
    from postroom.client.multipart import Progress

_RECORD: Final = re.compile(r"(Contacts|Accounts|Pipelines)/(\d{1,19})")
_NAMED: Final = re.compile(r"\s*(.*?)\s*<([^<>]+)>\s*")

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def _record(_: click.Context, __: click.Parameter, value: str) -> tuple[str, str]:
    found = _RECORD.fullmatch(value)
    if found is None:
        raise click.BadParameter("is Contacts/ID, Accounts/ID or Pipelines/ID")
    return found[1], found[2]


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        # Without an offset it is this machine's time that is meant.
        return datetime.fromisoformat(value).astimezone()
    except ValueError:
        raise click.BadParameter("is an ISO 8601 moment such as 2027-01-31T09:00:00+01:00") from None


@click.command()
@click.option("--record", required=True, callback=_record, help="The record it is filed under: Contacts/ID.")
@click.option("--from", "sender", help="NAME <ADDRESS>.  [default: the user's default from address]")
@click.option("--to", multiple=True, required=True, help="Repeatable, as are the next two.")
@click.option("--cc", multiple=True)
@click.option("--bcc", multiple=True)
@click.option("--reply-to")
@click.option("--subject")
@click.option("--text", help="The text; @FILE reads it from a file, - from stdin.")
@click.option("--html", help="The same, as HTML.")
@click.option("--attach", "files", multiple=True, type=_FILE, help="Repeatable.")
@click.option("--template", metavar="ID", help="The template that has what is not given here.")
@click.option("--in-reply-to", metavar="MESSAGE_ID", help="The mail that it answers.")
@click.option("--at", callback=_moment, help="When to send it (ISO 8601).  [default: now]")
@click.option("--key", help="Postroom takes a mail once for a key, however often it is sent (Idempotency-Key).")
@click.option("--org-email", is_flag=True, help="Send it through the organisation's server.")
@click.option(
    "--data-center", metavar="DC", help="Send it through Bigin's cloud: us, eu, au, in, cn, jp, sa, ca or uk."
)
@click.option("--url", help="Send it through the Postroom at this URL.")
@click.option("--env-file", type=_FILE, help="Take the variables from this file, which nobody else may read.")
@click.option("--dry-run", is_flag=True, help="Show the requests, without tokens, and send nothing.")
@as_json
def send(
    *,
    record: tuple[str, str],
    files: Sequence[Path],
    data_center: str | None,
    url: str | None,
    env_file: Path | None,
    key: str | None,
    dry_run: bool,
    as_json: bool,
    **words: Any,
) -> None:
    """Send one mail through the API of a running server, or of Bigin's own cloud.

    Who sends is in POSTROOM_CLIENT_ID, POSTROOM_CLIENT_SECRET and POSTROOM_REFRESH_TOKEN; where the server is, unless
    --data-center or --url say so, in POSTROOM_API_URL and POSTROOM_ACCOUNTS_URL. The access token is kept in the user's
    cache folder for the next call.
    """
    from postroom.cli import bar, calling, envfile

    if data_center is not None and url is not None:
        raise click.UsageError("--data-center or --url, not both")
    mail = _mail(words, files)
    variables = {**os.environ, **(envfile.read(env_file) if env_file else {})}
    place = calling.place(variables, data_center=data_center, url=url)
    if key is not None and not place.postroom:
        raise click.UsageError("--key: Bigin's cloud knows no such key, only Postroom does")
    if dry_run:
        _rehearse(_call(record, mail, key), place, as_json)
        return
    with bar.carrying("upload", of=sum(each.stat().st_size for each in files)) as progress:
        sent = _sent(_call(record, mail, key, progress), place, variables)
    if as_json:
        say.as_json({"message_id": sent.message_id, "message": sent.message, "left_out": dict(sent.left_out)})
        return
    click.echo(sent.message_id)
    for address, reason in sent.left_out.items():
        click.echo(f"postroom: {address} is blocked and gets nothing: {reason}", err=True)


def _call(record: tuple[str, str], mail: "Mail", key: str | None, progress: "Progress | None" = None) -> "Call[Sent]":
    from postroom.client import mails

    try:
        return mails.send(*record, mail, key=key, progress=progress)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--key") from None


def _sent(call: "Call[Sent]", place: "Place", variables: Mapping[str, str]) -> "Sent":
    from postroom.cli import calling
    from postroom.client import Client, Patience, Tokens, user_folder

    shown, tokens = calling.credentials(variables), Tokens(user_folder(os.environ))
    # Somebody waits at the terminal.
    with calling.told(), Client(place, shown, tokens=tokens, patience=Patience(tries=3, first=0.2)) as client:
        return client.do(call)


def _rehearse(call: "Call[Sent]", place: "Place", as_json: bool) -> None:
    import json

    from postroom.cli.rehearsing import rehearsed

    requests = rehearsed(call, place)
    if as_json:
        say.as_json(requests)
        return
    for each in requests:
        click.echo(f"{each['method']} {each['url']}")
        for file in each.get("files", ()):
            click.echo(f"  {file['name']}: {file['size']:,} octets")
        if "body" in each:
            click.echo(json.dumps(each["body"], ensure_ascii=False, indent=2))


def _mail(words: Mapping[str, Any], files: Sequence[Path]) -> "Mail":
    """The mail of the words."""
    from postroom.client import Mail

    if words["text"] is not None and words["html"] is not None:
        raise click.UsageError("--text or --html, not both: a text is made of the HTML")
    html = words["html"] is not None
    # What is not given is the template's, but what is empty is not.
    missing = "" if words["template"] is None else None
    subject, content = words["subject"], words["html"] if html else words["text"]
    return Mail(
        sender=_mailbox(words["sender"]) if words["sender"] else None,
        to=[_mailbox(each) for each in words["to"]],
        cc=[_mailbox(each) for each in words["cc"]],
        bcc=[_mailbox(each) for each in words["bcc"]],
        reply_to=_mailbox(words["reply_to"]) if words["reply_to"] else None,
        org_email=words["org_email"],
        scheduled_at=words["at"],
        subject=missing if subject is None else subject,
        content=missing if content is None else _content(content),
        format="html" if html else "text",
        attachments=files,
        template=words["template"],
        in_reply_to=words["in_reply_to"],
    )


def _mailbox(text: str) -> "Mailbox":
    from postroom.client import Mailbox

    named = _NAMED.fullmatch(text)
    if named is None:
        return Mailbox(email=text)
    return Mailbox(email=named[2], name=named[1].strip('"'))


def _content(word: str) -> str:
    if word != "-" and not word.startswith("@"):
        return word
    try:
        with click.open_file(word.removeprefix("@"), encoding="utf-8") as file:
            return str(file.read())
    except OSError as error:
        raise click.ClickException(f"{word.removeprefix('@')}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{word.removeprefix('@')}: is not text in UTF-8") from None
