"""``postroom field``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from postroom.cli import say
from postroom.cli.options import as_json, in_org
from postroom.config import Settings

if TYPE_CHECKING:
    from postroom.errors import Fault
    from postroom.record import Field, Module

_MODULE: Final = click.Choice(["Contacts", "Accounts", "Pipelines", "Products", "Tasks", "Events", "Calls", "Notes"])
_TYPE: Final = click.Choice(
    [
        *("text", "textarea", "email", "phone", "website", "picklist", "boolean"),
        *("integer", "double", "currency", "date", "datetime"),
    ]
)


@click.group()
def field() -> None:
    """Add, list and remove fields of one's own."""


@field.command()
@click.argument("module", type=_MODULE)
@click.argument("label")
@click.option("--type", "kind", type=_TYPE, default="text", show_default=True, help="What it holds.")
@click.option(
    "--length", type=click.IntRange(1, 32000), help="The most characters or digits.  [as many as the type takes]"
)
@click.option("--unique", is_flag=True, help="No two records share a value.")
@click.option("--required", is_flag=True, help="New records must have a value.")
@click.option("--choice", "choices", multiple=True, help="A value of a pick list; repeatable.")
@as_json
@in_org
def add(
    *,
    settings: Settings,
    module: str,
    label: str,
    kind: str,
    length: int | None,
    unique: bool,
    required: bool,
    choices: Sequence[str],
    as_json: bool,
) -> None:
    """Add a field to a module; its API name is made from the label."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import fields
    from postroom.store.fields import Draft
    from postroom.store.orgs import Org

    raw = {
        "field_label": label,
        "data_type": kind,
        "length": length,
        "unique": {"casesensitive": False} if unique else None,
        "required": required,
        "pick_list_values": [{"display_value": each} for each in choices],
    }

    async def act(app: App, org: Org) -> "Field | tuple[Fault, ...]":
        draft = Draft(app.ids.number(), raw)
        (kept,) = await app.db.write(lambda tx: fields.define(tx, org.id, _named(module), [draft], now=app.clock()))
        return kept

    kept = with_org(settings, act)
    if isinstance(kept, tuple):
        raise click.ClickException("; ".join(map(_explain, kept)))
    if as_json:
        say.as_json(_row(module, kept))
    else:
        click.echo(f"{module} has the field {kept.name} now, id {kept.id}")


@field.command()
@click.argument("module", type=_MODULE, required=False)
@as_json
@in_org
def ls(settings: Settings, module: str | None, as_json: bool) -> None:
    """List the fields that were added, of one module or of all."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.record import MODULES
    from postroom.store import fields
    from postroom.store.fields import Asked
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> "list[Module]":
        asked = [Asked(org.id, each) for each in MODULES if module in (None, each.name)]
        return await app.db.read(lambda tx: fields.whole(tx, asked))

    rows = [_row(whole.name, each) for whole in with_org(settings, act) for each in whole.own]
    say.listing(rows, as_json)


@field.command()
@click.argument("module", type=_MODULE)
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_org
def remove(settings: Settings, module: str, name: str, yes: bool) -> None:
    """Remove a field, named by its API name, with all values that records have of it."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import fields
    from postroom.store.db import Tx
    from postroom.store.erasing import erase
    from postroom.store.fields import Removed
    from postroom.store.orgs import Org

    if not yes:
        click.confirm(f"Remove {name} from {module} with all its values?", abort=True, err=True)

    async def act(app: App, org: Org) -> None:
        def write(tx: Tx) -> Removed | None:
            found = fields.of(tx, org.id, _named(module)).by_name.get(name)
            if found is None or found.id is None:
                return None
            return fields.remove(tx, org.id, _named(module), found.id, now=app.clock())

        gone = await app.db.write(write)
        if gone is None:
            raise click.ClickException(f"nobody has added a field {name} to {module}; see: postroom field ls")
        await erase(app.db, gone)

    with_org(settings, act)
    click.echo(f"field {name} removed from {module}")


def _named(name: str) -> "Module":
    from postroom.record import MODULES

    return next(each for each in MODULES if each.name == name)


def _row(module: str, shown: "Field") -> dict[str, str]:
    return {
        "id": str(shown.id),
        "module": module,
        "name": shown.name,
        "label": shown.label,
        "type": shown.kind.value,
        "length": str(shown.length),
        "unique": "yes" if shown.unique else "no",
        "required": "yes" if shown.mandatory else "no",
        "choices": ", ".join(shown.choices),
    }


def _explain(fault: "Fault") -> str:
    """What is wrong with a field, in words; its keys are named as the options are."""
    from postroom.errors import Reason

    details, place = fault.details, str(fault.path[0]) if fault.path else ""
    named = {"": "the module", "field_label": "the label", "pick_list_values": "--choice"}
    words = {
        Reason.MISSING: "is missing",
        Reason.WRONG_VALUE: "does not suit the type" if place == "length" else "holds a character that is not allowed",
        Reason.TOO_LONG: f"has more than {details.get('maximum_length')} characters",
        Reason.TOO_MANY_ITEMS: f"is given more than {details.get('maximum_length')} times",
        Reason.DUPLICATE: "is there already",
        Reason.FIELDS_TOO_MANY: f"the limit of {details.get('limit')} is reached",
        Reason.NOT_SUPPORTED: "does not suit the type",
    }
    return f"{named.get(place, f'--{place}')}: {words[fault.reason]}"
