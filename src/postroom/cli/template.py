"""``postroom template``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

import click

from postroom.cli import say
from postroom.cli.options import as_json, in_org
from postroom.config import Settings

if TYPE_CHECKING:
    from postroom.errors import Fault
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.templates import Template

_MODULE: Final = click.Choice(["Contacts", "Accounts", "Pipelines"])


@click.group()
def template() -> None:
    """Add, list, show and remove templates of mails."""


@template.command()
@click.argument("module", type=_MODULE)
@click.argument("name")
@click.option("--subject", default="", help="The subject; ${Contacts.First_Name} is a field of the record.")
@click.option("--content", type=click.File(encoding="utf-8"), help="The file with the mail itself; - is stdin.")
@click.option("--text", "plain", is_flag=True, help="The content is plain text and not HTML.")
@click.option("--description", default="", help="What it is for.")
@click.option("--category", default="", help="A word to ask for in lists.")
@as_json
@in_org
def add(
    *,
    settings: Settings,
    module: str,
    name: str,
    subject: str,
    content: TextIO | None,
    plain: bool,
    description: str,
    category: str,
    as_json: bool,
) -> None:
    """Add a template for the mails about a module's records."""
    from postroom.app import App
    from postroom.cli.opening import user_named, with_org
    from postroom.store import templates
    from postroom.store.orgs import Org
    from postroom.store.templates import Author, Kept
    from postroom.web.api.wire.templates import KEY, read_new

    raw = {
        "name": name,
        "module": {"api_name": module},
        "subject": subject,
        "content": _read(content) if content else "",
        "mail_format": "text" if plain else "html",
        "description": description,
        "category": category,
    }
    (asked,) = read_new({KEY: [raw]})

    async def act(app: App, org: Org) -> Kept:
        if isinstance(asked, tuple):
            return asked
        user = await user_named(app, org, None)
        author, number = Author(org_id=org.id, user_id=user.id, now=app.clock()), app.ids.number()
        return await app.db.write(lambda tx: templates.add(tx, author, number, asked))

    kept = with_org(settings, act)
    if isinstance(kept, tuple):
        raise click.ClickException("; ".join(map(_explain, kept)))
    if as_json:
        say.as_json(_row(kept))
    else:
        click.echo(f"{kept.module} have the template {kept.name} now, id {kept.id}")


@template.command()
@as_json
@in_org
def ls(settings: Settings, as_json: bool) -> None:
    """List the templates."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import templates
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> "Sequence[Template]":
        return await app.db.read(lambda tx: templates.listing(tx, org.id))

    say.listing([_row(each) for each in with_org(settings, act)], as_json)


@template.command()
@click.argument("name", metavar="ID|NAME")
@as_json
@in_org
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show a template with its content."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> "Template":
        return await app.db.read(lambda tx: _named(tx, org, name))

    found = with_org(settings, act)
    if as_json:
        say.as_json(_row(found) | {"description": found.description, "content": found.content})
    else:
        say.facts(_row(found).items())
        click.echo(f"\n{found.content}")


@template.command()
@click.argument("name", metavar="ID|NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_org
def rm(settings: Settings, name: str, yes: bool) -> None:
    """Remove a template; mails that were made from it stay as they are."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import templates
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> None:
        await app.db.read(lambda tx: _named(tx, org, name))
        if not yes:
            click.confirm(f"Remove the template {name}?", abort=True, err=True)

        def write(tx: Tx) -> None:
            templates.remove(tx, templates.Key(org.id, _named(tx, org, name).id))

        await app.db.write(write)

    with_org(settings, act)
    click.echo(f"template {name} removed")


def _read(content: TextIO) -> str:
    """All of the file. Raises ``BadParameter`` for one that is no text."""
    try:
        return content.read()
    except UnicodeDecodeError:
        raise click.BadParameter("is not text in UTF-8", param_hint="--content") from None


def _named(tx: "Tx", org: "Org", word: str) -> "Template":
    """The template of that id, else the one of that name. Raises ``ClickException`` where there is none."""
    from postroom.store import templates

    known = templates.listing(tx, org.id)
    matching = [each for each in known if str(each.id) == word] or [each for each in known if each.name == word]
    found = templates.find(tx, templates.Key(org.id, matching[0].id)) if matching else None
    if found is None:
        raise click.ClickException(f"there is no template {word}; see: postroom template ls")
    return found


def _row(shown: "Template") -> dict[str, str]:
    return {
        "id": str(shown.id),
        "module": shown.module,
        "name": shown.name,
        "subject": shown.subject,
        "format": shown.format.value,
        "category": shown.category,
        "files": ", ".join(ref.name for ref in shown.files),
        "used": say.moment(shown.used_at),
    }


def _explain(fault: "Fault") -> str:
    """What is wrong with a template, in words; its keys are named as the options are."""
    from postroom.errors import Reason

    details, place = fault.details, str(fault.path[0]) if fault.path else ""
    named = {"": "the organisation", "name": "the name"}
    words = {
        Reason.MISSING: "is missing",
        Reason.WRONG_VALUE: "holds a character that is not allowed",
        Reason.TOO_LONG: f"has more than {details.get('maximum_length')} characters",
        Reason.DUPLICATE: "is that of another template",
        Reason.TEMPLATES_TOO_MANY: f"has {details.get('limit')} templates, which is the most",
    }
    return f"{named.get(place, f'--{place}')}: {words[fault.reason]}"
