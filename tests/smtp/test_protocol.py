import pytest
from msgspec.structs import replace

from postroom.mail.address import Address
from postroom.mail.draft import Kind, Mailbox, Recipient
from postroom.mail.life import Stage
from postroom.smtp.protocol import Capabilities, Envelope, command, hello, introduction
from postroom.smtp.route import Credentials, Route, Tls
from postroom.smtp.transaction import transaction
from tests.smtp.letters import envelope


def test_capabilities() -> None:
    offers = (
        "mx.example",
        "PIPELINING",
        "size 1000",
        "8BITMIME",
        "STARTTLS",
        "AUTH PLAIN login",
        "CHUNKING",
        "SMTPUTF8",
        "DSN",
    )
    assert Capabilities.read(offers) == Capabilities(
        pipelining=True,
        size=True,
        size_limit=1000,
        smtputf8=True,
        chunking=True,
        dsn=True,
        starttls=True,
        auth=frozenset({"PLAIN", "LOGIN"}),
    )


def test_the_first_line_offers_nothing() -> None:
    assert Capabilities.read(("PIPELINING",)) == Capabilities()


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE many", "SIZE -5", "SIZE ²", "SIZE " + "9" * 5000])
def test_no_limit_that_can_be_read_is_no_limit(size: str) -> None:
    found = Capabilities.read(("mx", size))
    assert found.size
    assert found.size_limit == 0


def test_mechanisms_of_several_lines_and_of_the_old_form_count() -> None:
    assert Capabilities.read(("mx", "AUTH=LOGIN", "AUTH PLAIN", "")).auth == {"LOGIN", "PLAIN"}


@pytest.mark.parametrize(
    ("hostname", "address", "name"),
    [
        ("mail.example.com", "192.0.2.1", "mail.example.com"),
        ("", "192.0.2.1", "[192.0.2.1]"),
        ("laptop", "192.0.2.1", "[192.0.2.1]"),
        ("10.0.0.1", "192.0.2.1", "[192.0.2.1]"),
        ("a b.example", "192.0.2.1", "[192.0.2.1]"),
        ("mail.example\r\nQUIT", "192.0.2.1", "[192.0.2.1]"),
        ("", "2001:db8::1", "[IPv6:2001:db8::1]"),
        ("", "fe80::1%eth0", "[IPv6:fe80::1]"),
    ],
)
def test_introduction(hostname: str, address: str, name: str) -> None:
    assert introduction(hostname, address) == name


@pytest.mark.parametrize("text", ["RCPT TO:<a@b>\r\nDATA", "RCPT TO:<a\0@b>", "RCPT TO:<a\n@b>"])
def test_a_command_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="control"):
        command(Stage.ENVELOPE, text)


EVIL = "b.example>\r\nRSET\r\nMAIL FROM:<c@d.example"
FORGED = Address("a", EVIL)


@pytest.mark.parametrize("offers", [Capabilities(pipelining=True, dsn=True), Capabilities(dsn=True)])
@pytest.mark.parametrize(
    "mail",
    [
        replace(envelope(), sender=FORGED),
        replace(envelope(), sender=Address("a\r\nRSET", "b.example")),
        replace(envelope(), recipients=(Recipient(n=0, kind=Kind.TO, mailbox=Mailbox(name="", address=FORGED)),)),
    ],
)
def test_an_address_that_was_never_parsed_injects_nothing(mail: Envelope, offers: Capabilities) -> None:
    conversation = transaction(mail, offers, "mx:25")
    with pytest.raises(ValueError, match="control"):
        next(conversation)


def test_what_a_mail_is_called_injects_nothing() -> None:
    ask = next(transaction(replace(envelope(), id="1\r\nRSET = +"), Capabilities(dsn=True), "mx:25"))
    assert ask.data.endswith(b" ENVID=1+0D+0ARSET+20+3D+20+2B\r\n")


@pytest.mark.parametrize("name", ["mail.example\r\nRSET", "mail.example\nRSET", "mail.example\0"])
def test_what_we_are_called_injects_nothing(name: str) -> None:
    with pytest.raises(ValueError, match="control"):
        next(hello(name, "mx:25"))


def test_a_password_is_not_shown() -> None:
    credentials = Credentials(username="ann", password="s3cret")
    route = Route(transport_id=1, host="mx.example", port=25, tls=Tls.TLS, credentials=credentials)
    assert "s3cret" not in repr(route)
    assert {route: 1}[route] == 1


def test_a_server_is_named_by_host_and_port() -> None:
    assert Route(transport_id=1, host="mx.example", port=25, tls=Tls.NONE).server == "mx.example:25"
    assert Route(transport_id=1, host="2001:db8::1", port=25, tls=Tls.NONE).server == "[2001:db8::1]:25"
