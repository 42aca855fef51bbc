"""``postroom user``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS, LINE
from postroom.cli.options import as_json, in_org, secret, with_settings
from postroom.config import Settings
from postroom.mail.address import Address

if TYPE_CHECKING:
    from postroom.store.db import Tx
    from postroom.store.users import User

PASSWORD_VARIABLE = "POSTROOM_USER_PASSWORD"  # noqa: S105 - a name, not a secret
# NIST SP 800-63B-4 §3.1.1.2: so long is a password that alone lets somebody in; nothing is demanded of its characters.
# With 50 tries in 15 minutes, the shorter ones that people choose would be guessed within weeks.
PASSWORD_CHARACTERS: Final = 15

PROFILE: Final = click.Choice(["Administrator", "Standard"])


@click.group()
def user() -> None:
    """Add, list and change users, set their passwords."""


@user.command()
@click.argument("email", type=ADDRESS)
@click.option("--name", type=LINE, help="First and last name.  [default: what stands before the @]")
@click.option("--profile", type=PROFILE, default="Administrator", show_default=True, help="What the user may do.")
@click.option("--unconfirmed", is_flag=True, help="Mail a link first: until it is used, the user sends no mail.")
@as_json
@in_org
def add(
    settings: Settings, *, email: Address, name: str | None, profile: str, unconfirmed: bool, as_json: bool
) -> None:
    """Add a user."""
    from postroom.access.confirmation import Subject
    from postroom.app import App
    from postroom.cli.confirming import link
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
            confirmed_at=None if unconfirmed else app.clock(),
            created_at=app.clock(),
        )
        mail = link(app, Subject(org=org, user=new)) if unconfirmed else None

        def write(tx: Tx) -> None:
            if users.find_by_email(tx, org.id, new.email):
                raise click.ClickException(f"{new.email} is a user already")
            users.add(tx, new)
            if mail is not None:
                mail(tx)

        await app.db.write(write)
        app.wake.ring()
        return new

    new = with_org(settings, act)
    if as_json:
        say.as_json({"id": str(new.id), "email": new.email, "name": new.full_name, "profile": new.profile})
    else:
        click.echo(f"user {new.email} added, id {new.id}")
        if unconfirmed:
            click.echo(f"a link to confirm the account is on its way to {new.email}")


@user.command()
@as_json
@in_org
def ls(settings: Settings, as_json: bool) -> None:
    """List the users, and where each signs in."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import accounts, users
    from postroom.store.accounts import Account
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.users import User

    async def act(app: App, org: Org) -> list[tuple[User, Account | None]]:
        def read(tx: Tx) -> list[tuple[User, Account | None]]:
            return [(each, accounts.find(tx, each.email)) for each in users.listing(tx, org.id)]

        return await app.db.read(read)

    def signs_in(account: Account | None) -> str:
        if account is None or (account.data_center is None and account.password_hash is None):
            return "no password"
        return account.data_center or "here"

    rows = [
        {
            "id": str(each.id),
            "email": each.email,
            "name": each.full_name,
            "profile": each.profile,
            "active": "yes" if each.active else "no",
            "confirmed": "no" if each.confirmed_at is None else "yes",
            "signs_in": signs_in(account),
        }
        for each, account in with_org(settings, act)
    ]
    say.listing(rows, as_json)


@user.command()
@click.argument("email", type=ADDRESS)
@click.option("--vouch", is_flag=True, help="Confirm the account yourself: no mail is sent.")
@in_org
def confirm(settings: Settings, email: Address, vouch: bool) -> None:
    """Mail a user a new link to confirm the account; the one before ends."""
    from postroom.access.confirmation import Subject
    from postroom.app import App
    from postroom.cli.confirming import link
    from postroom.cli.opening import user_named, with_org
    from postroom.store import confirmations, users
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> str:
        found = await user_named(app, org, email)
        if found.confirmed_at is not None:
            return f"{found.email} is confirmed already"

        def write(tx: Tx) -> None:
            confirmations.use_up(tx, org.id, app.clock(), user_id=found.id)
            users.confirm(tx, org.id, found.id, app.clock())

        await app.db.write(write if vouch else link(app, Subject(org=org, user=found)))
        app.wake.ring()
        return f"{found.email} is confirmed" if vouch else f"a link is on its way to {found.email}"

    click.echo(with_org(settings, act))


@user.command()
@click.argument("email", type=ADDRESS)
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@in_org
def password(settings: Settings, email: Address, password_stdin: bool) -> None:
    """Set a user's password, from stdin, POSTROOM_USER_PASSWORD or a prompt; signs them out everywhere.

    It has at least 15 characters and is the same for all organisations of that address.
    """
    from postroom.access.secrets import hash_password
    from postroom.app import App
    from postroom.cli.opening import user_named, with_org
    from postroom.store import accounts
    from postroom.store.accounts import Account
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> None:
        owner = await user_named(app, org, email)
        known = await app.db.read(lambda tx: accounts.find(tx, owner.email))
        if known is not None and known.data_center is not None:
            raise click.ClickException(f"{owner.email} signs in at {known.data_center}; see: postroom user elsewhere")
        given = secret("password", PASSWORD_VARIABLE, from_stdin=password_stdin)
        if len(given) < PASSWORD_CHARACTERS:
            raise click.ClickException(f"the password is too short: it needs {PASSWORD_CHARACTERS} characters or more")
        hashed = hash_password(given)

        def write(tx: Tx) -> None:
            accounts.keep(tx, Account(email=owner.email, password_hash=hashed, created_at=app.clock()))
            accounts.close_sessions(tx, owner.email)

        await app.db.write(write)

    with_org(settings, act)
    click.echo(f"password of {email.folded} set")


@user.command()
@click.argument("email", type=ADDRESS)
@click.option("--data-center", "name", required=True, help="The data centre's name; this server's own takes it back.")
@with_settings
def elsewhere(settings: Settings, email: Address, name: str) -> None:
    """Note that somebody signs in at another data centre, where the sign-in page then sends them.

    They need not be a user here. A password that they had here is forgotten.
    """
    from postroom.access import centers
    from postroom.app import App
    from postroom.cli.opening import with_app
    from postroom.store import accounts
    from postroom.store.accounts import Account
    from postroom.store.db import Tx

    known = centers.read(settings, settings.public_url or f"http://{settings.host}")
    if name != known.own.name and known.onward(name) is None:
        names = ", ".join(each for each in known.others if known.onward(each)) or "-"
        raise click.ClickException(f"from {known.own.name} nobody is sent on to {name}; data_centers has: {names}")
    home = None if name == known.own.name else name

    async def act(app: App) -> None:
        def write(tx: Tx) -> None:
            found = accounts.find(tx, email.folded)
            # Who is at home here already keeps their password.
            if home != (found.data_center if found else None):
                accounts.keep(tx, Account(email=email.folded, data_center=home, created_at=app.clock()))
                accounts.close_sessions(tx, email.folded)

        await app.db.write(write)

    with_app(settings, act)
    click.echo(f"{email.folded} signs in {f'at {home}' if home else 'here'}")


@user.command()
@click.argument("email", type=ADDRESS)
@click.argument("profile", type=PROFILE)
@in_org
def profile(settings: Settings, email: Address, profile: str) -> None:
    """Set what a user may do."""
    from dataclasses import replace

    _change(settings, email, lambda each: replace(each, profile=profile))
    click.echo(f"{email.folded} is {profile} now")


@user.command()
@click.argument("email", type=ADDRESS)
@in_org
def disable(settings: Settings, email: Address) -> None:
    """Take the organisation from a user: their tokens are refused, nobody can sign in to it as them.

    Mails of theirs that wait leave all the same, unless they are called back (postroom queue cancel).
    """
    from dataclasses import replace

    from postroom.store import accounts, users

    def sign_out(tx: "Tx") -> None:
        if not users.memberships(tx, email.folded):
            accounts.close_sessions(tx, email.folded)

    _change(settings, email, lambda each: replace(each, active=False), sign_out)
    click.echo(f"{email.folded} is disabled")


@user.command()
@click.argument("email", type=ADDRESS)
@in_org
def enable(settings: Settings, email: Address) -> None:
    """Give it back; what they had granted is good again."""
    from dataclasses import replace

    _change(settings, email, lambda each: replace(each, active=True))
    click.echo(f"{email.folded} is enabled")


def _change(
    settings: Settings,
    email: Address,
    change: "Callable[[User], User]",
    then: "Callable[[Tx], None]" = lambda _: None,
) -> None:
    """Store what a user of the organisation becomes, and do ``then`` in the same transaction."""
    from postroom.app import App
    from postroom.cli.opening import no_user, with_org
    from postroom.store import users
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> None:
        def write(tx: "Tx") -> None:
            found = users.find_by_email(tx, org.id, email.folded)
            if found is None:
                raise no_user(email)
            users.save(tx, change(found))
            then(tx)

        await app.db.write(write)

    with_org(settings, act)
