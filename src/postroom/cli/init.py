"""``postroom init``."""

import click

from postroom.cli import say
from postroom.cli.founding import ORG_NAME, USER_ADDRESS, USER_NAME
from postroom.cli.kinds import ADDRESS, LINE
from postroom.cli.options import as_json, make_data_dir, with_settings
from postroom.config import Settings
from postroom.mail.address import Address


@click.command()
@click.option("--org", "name", type=LINE, default=ORG_NAME, show_default=True, help="The organisation's name.")
@click.option("--email", type=ADDRESS, default=USER_ADDRESS, show_default=True, help="The first user's address.")
@click.option("--name", "person", type=LINE, default=USER_NAME, show_default=True, help="The first user's name.")
@as_json
@with_settings
def init(settings: Settings, name: str, email: Address, person: str, as_json: bool) -> None:
    """Make a data directory with an organisation and its first user."""
    import asyncio

    from postroom.app import open_app
    from postroom.cli.founding import Founded, found

    async def act() -> Founded | None:
        async with open_app(settings) as app:
            return await found(app, name=name, address=email, person=person)

    make_data_dir(settings)
    founded = asyncio.run(act())
    if founded is None:
        raise click.ClickException(f"{settings.data_dir} holds an organisation already; see: postroom org show")
    made = {
        "data_dir": str(settings.data_dir.absolute()),
        "database": settings.database.rpartition("@")[2] or str(settings.data_dir.absolute() / "postroom.db"),
        **founded.as_object(),
    }
    if as_json:
        say.as_json(made)
        return
    say.facts((key.replace("_", " "), value) for key, value in made.items())
    where = f" --data-dir {settings.data_dir}"
    click.echo(f"\nNext: postroom client add{where}, postroom sender add{where}, postroom serve{where}")
