"""``postroom user``."""

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS
from postroom.cli.options import as_json, secret, with_settings
from postroom.config import Settings
from postroom.mail.address import Address

PASSWORD_VARIABLE = "POSTROOM_USER_PASSWORD"  # noqa: S105 - a name, not a secret


@click.group()
def user() -> None:
    """Add and list users, set their passwords."""


@user.command()
@click.argument("email", type=ADDRESS)
@click.option("--name", help="First and last name.  [default: what stands before the @]")
@click.option(
    "--profile",
    type=click.Choice(["Administrator", "Standard"]),
    default="Administrator",
    show_default=True,
    help="What the user may do.",
)
@as_json
@with_settings
def add(settings: Settings, email: Address, name: str | None, profile: str, as_json: bool) -> None:
    """Add a user."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import users
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.users import User

    first_name, _, last_name = (name or email.local).strip().rpartition(" ")

    async def act(app: App, org: Org) -> User:
        new = User(
            id=app.ids.number(),
            org_id=org.id,
            email=email.folded,
            first_name=first_name,
            last_name=last_name,
            profile=profile,
            created_at=app.clock(),
        )

        def write(tx: Tx) -> None:
            if users.find_by_email(tx, org.id, new.email):
                raise click.ClickException(f"{new.email} is a user already")
            users.add(tx, new)

        await app.db.write(write)
        return new

    new = with_org(settings, act)
    if as_json:
        say.as_json({"id": str(new.id), "email": new.email, "name": new.full_name, "profile": new.profile})
    else:
        click.echo(f"user {new.email} added, id {new.id}")


@user.command()
@as_json
@with_settings
def ls(settings: Settings, as_json: bool) -> None:
    """List the users."""
    from collections.abc import Sequence

    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import users
    from postroom.store.orgs import Org
    from postroom.store.users import User

    async def act(app: App, org: Org) -> Sequence[User]:
        return await app.db.read(lambda tx: users.listing(tx, org.id))

    rows = [
        {"id": str(each.id), "email": each.email, "name": each.full_name, "profile": each.profile}
        for each in with_org(settings, act)
    ]
    say.listing(rows, as_json)


@user.command()
@click.argument("email", type=ADDRESS)
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@with_settings
def password(settings: Settings, email: Address, password_stdin: bool) -> None:
    """Set a user's password, from stdin, POSTROOM_USER_PASSWORD or a prompt."""
    from postroom.access.secrets import hash_password
    from postroom.app import App
    from postroom.cli.opening import user_named, with_org
    from postroom.store import accounts
    from postroom.store.accounts import Account
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> None:
        owner = await user_named(app, org, email)
        hashed = hash_password(secret("password", PASSWORD_VARIABLE, from_stdin=password_stdin))

        def write(tx: Tx) -> None:
            accounts.keep(tx, Account(email=owner.email, password_hash=hashed, created_at=app.clock()))
            accounts.close_sessions(tx, owner.email)

        await app.db.write(write)

    with_org(settings, act)
    click.echo(f"password of {email.folded} set")
