"""What cases of mail ask: to send one, to read what became of it, and to upload what goes with it."""

from dataclasses import replace
from typing import Any, Final

from tests.contract.calls import ask, get
from tests.contract.case import Ask

SCOPES: Final = "ZohoBigin.send_mail.all.CREATE,ZohoBigin.modules.ALL,ZohoBigin.settings.ALL,ZohoBigin.files.ALL"
CONTACT, COMPANY, DEAL = "/Contacts/{contact}", "/Accounts/{company}", "/Pipelines/{deal}"
OFFICE, CLEO = {"email": "office@{domain}"}, {"email": "cleo@customer-of-{domain}"}
PLAIN: Final[dict[str, Any]] = {"from": OFFICE, "to": [CLEO], "subject": "Hello", "content": "<p>Hello"}
# The mail that was accepted last, and the file that was stored last.
MAILED, STORED = "{got_message_id}", "{got_id}"


def by(who: str, asked: Ask) -> Ask:
    """The same, asked by somebody of those whom ``Actor.person`` knows."""
    return replace(asked, bearer=f"{{{who}:{SCOPES}}}")


def send(*mails: dict[str, Any], path: str = CONTACT) -> Ask:
    """These mails, as they are."""
    return replace(ask("POST", f"{path}/actions/send_mail", SCOPES), json={"data": list(mails)})


def mail(path: str = CONTACT, **changed: Any) -> Ask:
    """A plain mail but for what is changed."""
    return send(PLAIN | changed, path=path)


def mail_from(sender: Any, **changed: Any) -> Ask:
    """A plain mail of that sender."""
    return mail(**{"from": sender}, **changed)


def mail_without(key: str) -> Ask:
    """A plain mail that lacks a key."""
    return send({name: value for name, value in PLAIN.items() if name != key})


def filed(path: str = CONTACT) -> Ask:
    """The mail that was accepted last."""
    return get(f"{path}/Emails/{MAILED}", SCOPES)


def upload(*sizes: int, **query: str) -> Ask:
    """Files of so many octets."""
    return replace(ask("POST", "/files", SCOPES, **query), files=sizes)
