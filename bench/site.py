"""One Postroom, ready to take mails: its data, an organisation, and an access token made by its own OAuth functions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from tests.world import World, found

from postroom.access import secrets
from postroom.access.grant import Credentials, Granted, Shown, exchange_code, make_code
from postroom.access.terms import Terms
from postroom.app import App, clock, open_app
from postroom.config import Settings
from postroom.store import clients, transports
from postroom.store.clients import Client

_DAY = 86_400
_BOUNDARY = "a-boundary-of-this-test"
_SCOPES = ",".join(
    (
        *("ZohoBigin.send_mail.all.CREATE", "ZohoBigin.Files.CREATE", "ZohoBigin.modules.ALL", "ZohoBigin.coql.READ"),
        "ZohoSearch.securesearch.READ",
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where the data is and who is in it, and what a client needs to know to send a mail to the contact."""

    settings: Settings
    token: str = field(repr=False)
    world: World

    @property
    def recipient(self) -> str:
        """The address of the contact."""
        assert self.world.contact.email is not None
        return self.world.contact.email

    def environment(self) -> dict[str, str]:
        """What a process of this Postroom is told."""
        return {
            "POSTROOM_CA_FILE": self.settings.ca_file,
            "POSTROOM_DATA_DIR": str(self.settings.data_dir),
            "POSTROOM_DATABASE": self.settings.database,
            "POSTROOM_HOSTNAME": "postroom.example",
            "POSTROOM_PORT": "0",
        }

    def mail(
        self,
        subject: str,
        content: str,
        *,
        files: tuple[str, ...] = (),
        time: str | None = None,
        key: str = "",
        org_email: bool = False,
    ) -> bytes:
        """The HTTP request that sends one HTML mail, at ``time`` and under an idempotency key where they are given.

        ``org_email``: through the organisation's server, not the sender's.
        """
        item = {
            "from": {"user_name": "Ada Byron", "email": self.world.sender.email},
            "to": [{"user_name": "Cleo Dahl", "email": self.recipient}],
            "subject": subject,
            "content": content,
            "mail_format": "html",
            "attachments": [{"id": each} for each in files],
            "scheduled_time": time,
            "org_email": org_email,
        }
        body = msgspec.json.encode({"data": [item]})
        return self.request(
            "POST", f"/Contacts/{self.world.contact.id}/actions/send_mail", body, "application/json", key
        )

    def upload(self, files: Sequence[bytes]) -> bytes:
        """The HTTP request that uploads some files."""
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="file-%d.bin"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        parts = b"".join(b"%s%s\r\n" % (head % n, content) for n, content in enumerate(files))
        body = parts + f"--{_BOUNDARY}--\r\n".encode()
        return self.request("POST", "/files", body, f"multipart/form-data; boundary={_BOUNDARY}")

    def cancel(self, message_id: str) -> bytes:
        """The HTTP request that calls a mail back."""
        return self.request("DELETE", f"/Contacts/{self.world.contact.id}/Emails/{message_id}", b"", "application/json")

    def request(self, method: str, path: str, body: bytes, content_type: str, key: str = "") -> bytes:
        """An HTTP request to the API, with the token."""
        named = f"Idempotency-Key: {key}\r\n" if key else ""
        return (
            f"{method} /bigin/v2{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Zoho-oauthtoken {self.token}\r\n"
            f"{named}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


async def prepare(data_dir: Path, sink_port: int, *, database: str = "", ca_file: str = "") -> Site:
    """Make the data of a Postroom whose mails go to the sink at ``sink_port``.

    With certificates to trust, the organisation's server is spoken to under STARTTLS and with a password.
    """
    settings = Settings(data_dir=data_dir, database=database, ca_file=ca_file)
    async with open_app(settings) as app:
        world = await app.db.write(lambda tx: found(tx, port=sink_port))
        if ca_file:
            safe = replace(world.org_transport, tls="starttls", username="ada", password=app.vault.seal("secret"))
            await app.db.write(lambda tx: transports.save(tx, safe))
        token = await _token(app, world)
    return Site(settings=settings, token=token, world=world)


async def _token(app: App, world: World) -> str:
    secret = secrets.make_client_secret()
    shown = Credentials(client_id=secrets.make_client_id(), client_secret=secret)
    client = Client(
        id=shown.client_id,
        org_id=world.org.id,
        user_id=world.user.id,
        name="bench",
        secret_hash=secrets.digest(secret),
        created_at=clock(),
    )
    await app.db.write(lambda tx: clients.add(tx, client))
    terms = replace(Terms.of(app.settings), access_seconds=_DAY)
    code = await make_code(app.db, client, _SCOPES, now=clock(), terms=terms)
    assert isinstance(code, str), code
    granted = await exchange_code(app.db, shown, Shown(code=code), now=clock(), terms=terms)
    assert isinstance(granted, Granted), granted
    return granted.access_token
