"""What goes over the wire to Bigin's cloud, octet by octet, as chapters 1 to 4 of the wire have it."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest

from postroom import __version__
from postroom.client import Call, Center, Email, Mail, Mailbox, Upload, cloud, files, mails
from postroom.client.errors import InvalidData, NotFound, ServerFailed
from tests.client.doing import BOTH, Driving, Scenario
from tests.client.recorder import Recorder, accepted, answer, recording, script

MAIL: Final = Mail(
    sender=Mailbox(name="Order desk", email="desk@example.com"),
    to=[Mailbox(name="Rita Dahl", email="rita@example.net")],
    subject="Größe M",
    content="<p>It is <b>on its way</b>.</p>",
)
WHOLE: Final = Mail(
    sender=Mailbox(name="Order desk", email="desk@example.com"),
    to=[Mailbox(email="rita@example.net"), Mailbox(name="Ben", email="ben@example.net")],
    cc=[Mailbox(email="c@example.net")],
    bcc=[Mailbox(email="b@example.net")],
    reply_to=Mailbox(email="answers@example.com"),
    org_email=True,
    scheduled_at=datetime.fromisoformat("2027-02-27T19:30:12+05:30"),
    subject="s",
    content="c",
    format="text",
    attachments=["ab" * 32],
)
FOUND: Final = Email(
    message_id="ab",
    subject="",
    status=(),
    whole={"owner": {"id": "42", "name": "Ada"}, "attachments": [{"id": "cd", "name": "Ü &.csv", "size": "1"}]},
)
ID: Final = "4876876000000624001"


def head(line: str, *more: str) -> str:
    """The head of a request as this client writes it."""
    ours = (f"User-Agent: postroom/{__version__}", "Accept: */*", "Authorization: Zoho-oauthtoken 1000.aa.bb")
    return "\r\n".join([f"{line} HTTP/1.1", "Host: {host}", *ours, *more, "", ""])


def posted(line: str, body: str, kind: str = "application/json") -> str:
    """The same with a body."""
    return head(line, f"Content-Type: {kind}", f"Content-Length: {len(body.encode())}") + body


SEND: Final = f"POST /bigin/v2/Contacts/{ID}/actions/send_mail"
CASES: Final[dict[str, tuple[Call[Any], str]]] = {
    "1.1 a mail": (
        mails.send("Contacts", ID, MAIL),
        posted(
            SEND,
            '{"data":[{"from":{"user_name":"Order desk","email":"desk@example.com"},'
            '"to":[{"user_name":"Rita Dahl","email":"rita@example.net"}],'
            '"subject":"Größe M","content":"<p>It is <b>on its way</b>.</p>","mail_format":"html"}]}',
        ),
    ),
    "1.2 every key of the mail object that Bigin has": (
        mails.send("Contacts", ID, WHOLE, key="Bigin-knows-none"),
        posted(
            SEND,
            '{"data":[{"from":{"user_name":"Order desk","email":"desk@example.com"},'
            '"to":[{"email":"rita@example.net"},{"user_name":"Ben","email":"ben@example.net"}],'
            '"cc":[{"email":"c@example.net"}],"bcc":[{"email":"b@example.net"}],'
            '"reply_to":{"email":"answers@example.com"},"org_email":true,'
            '"scheduled_time":"2027-02-27T19:30:12+05:30",'
            '"subject":"s","content":"c","mail_format":"text",'
            f'"attachments":[{{"id":"{"ab" * 32}"}}]}}]}}',
        ),
    ),
    "1.2 a template, and the mail that is answered": (
        mails.send(
            "Pipelines", ID, Mail(sender=Mailbox(email="d@x.example"), to=[], template="7", in_reply_to="cd" * 32)
        ),
        posted(
            f"POST /bigin/v2/Pipelines/{ID}/actions/send_mail",
            '{"data":[{"from":{"email":"d@x.example"},"to":[],"template":{"id":"7"},'
            f'"in_reply_to":{{"message_id":"{"cd" * 32}"}}}}]}}',
        ),
    ),
    "2 from addresses": (
        mails.from_addresses(),
        head("GET /bigin/v2/settings/emails/actions/from_addresses"),
    ),
    "2 another user's": (
        mails.from_addresses("42"),
        head("GET /bigin/v2/settings/emails/actions/from_addresses?user_id=42"),
    ),
    "3.1 files": (
        files.upload(
            [
                Upload(name='Ü "1"\r\n.csv', source=BytesIO(b"a,b\n")),
                Upload(name="data:a/b\r\nX: 1,", source=BytesIO(b"")),
            ]
        ),
        posted(
            "POST /bigin/v2/files",
            '--word1\r\nContent-Disposition: form-data; name="file"; filename="Ü %221%22%0D%0A.csv"\r\n'
            "Content-Type: text/csv\r\n\r\na,b\n\r\n"
            '--word1\r\nContent-Disposition: form-data; name="file"; filename="data:a/b%0D%0AX: 1,"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n\r\n--word1--\r\n",
            "multipart/form-data; boundary=word1",
        ),
    ),
    "3.2 a file": (
        files.download("ab/?&=", BytesIO()),
        head("GET /bigin/v2/files?id=ab%2F%3F%26%3D"),
    ),
    "8.1 mails": (
        mails.listing("Contacts", ID, "sent_from_crm"),
        head(f"GET /bigin/v2/Contacts/{ID}/Emails?type=sent_from_crm"),
    ),
    "8.1 a file of a mail": (
        mails.download("Contacts", ID, FOUND, "cd", BytesIO()),
        head(
            f"GET /bigin/v2/Contacts/{ID}/Emails/actions/download_attachments"
            "?message_id=ab&id=cd&user_id=42&name=%C3%9C%20%26.csv"
        ),
    ),
    "8.1 a mail": (
        mails.get("Contacts", ID, "../../users"),
        head(f"GET /bigin/v2/Contacts/{ID}/Emails/..%2F..%2Fusers"),
    ),
}
TOKEN: Final = (
    "POST /oauth/v2/token HTTP/1.1\r\nHost: {host}\r\n"
    f"User-Agent: postroom/{__version__}\r\nAccept: */*\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 94\r\n\r\n"
    "grant_type=refresh_token&refresh_token=1000.re.fresh&client_id=1000.ID&client_secret=sec%2Bret"
)


def place(here: Recorder, api: str | None = None) -> Any:
    """The cloud, its table of hosts replaced."""
    return cloud("eu", centers={"eu": Center(accounts=here.url, api=api or here.url)})


def once(call: Call[Any]) -> Scenario:
    """One call, and what it gives does not matter here."""
    yield call


@pytest.mark.parametrize("drive", BOTH)
@pytest.mark.parametrize("name", CASES)
def test_a_request_is_as_the_wire_has_it(name: str, drive: Driving) -> None:
    call, expected = CASES[name]
    email = {"message_id": "x", "subject": None, "status": [{"type": "sent"}]}
    if "send_mail" in expected:
        said = accepted()
    elif "POST" in expected:
        said = answer({"data": [{"status": "success", "details": {"id": "ab"}}] * 2})
    else:
        said = answer({"from_addresses": [], "Emails": [email], "data": []})
    with recording(script(said)) as here:
        drive(once(call), place(here))
    host = here.url.removeprefix("http://")
    assert [each.octets.decode() for each in here.heard] == [
        TOKEN.replace("{host}", host),
        expected.replace("{host}", host),
    ]


@pytest.mark.parametrize("drive", BOTH)
def test_a_large_file_flows_and_tells_how_far_it_is(drive: Driving, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(b"x" * 200_000)
    told: list[tuple[int, int]] = []
    stored = answer({"data": [{"status": "success", "details": {"id": "ab"}, "message": ""}]})

    def scenario() -> Scenario:
        mail = Mail(sender=Mailbox(email="a@x.example"), to=[], attachments=[tmp_path / "large.bin", "cd"])
        sent = yield mails.send("Contacts", "1", mail, progress=lambda taken, of: told.append((taken, of)))
        assert sent.message_id == "ab" * 32

    with recording(script(stored, accepted())) as here:
        drive(scenario(), place(here))
    assert told == [(n, 200_000) for n in (65_536, 131_072, 196_608, 200_000)]
    assert here.heard[1].octets.count(b"x" * 200_000) == 1
    assert b'"attachments":[{"id":"ab"},{"id":"cd"}]' in here.heard[2].octets


@pytest.mark.parametrize("drive", BOTH)
def test_a_file_comes_down_as_it_is_and_a_refusal_is_none_of_it(drive: Driving) -> None:
    into = BytesIO()
    file = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\xff\r\n!"
    refused = answer({"code": "INVALID_DATA", "details": {}, "message": "m", "status": "error"}, 400)

    def scenario() -> Scenario:
        yield files.download("ab", into)
        for error in (InvalidData, ServerFailed, NotFound):
            with pytest.raises(error):
                yield files.download("ab", into)

    led_away = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 4\r\n\r\nhere"
    with recording(script(file, refused, led_away, answer(None, 204))) as here:
        drive(scenario(), place(here))
        assert not here.asked("elsewhere")
    assert into.getvalue() == b"\x00\xff\r\n!"
