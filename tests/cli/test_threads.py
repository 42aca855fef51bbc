"""A thread of ten mails, sent through a running server and read out of an inbox, as a mail client puts it together.

Two judges: what the standard library reads in the header, and liblore, with which others read mailing lists.
"""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from liblore.utils import get_strict_thread

from postroom.client import Mail, Mailbox, mails
from tests.cli.boxed import Boxed, boxed

# Which mail each of them answers: two branches begin at the first, and fork once more.
ANSWERS: Final = {1: 0, 2: 1, 3: 2, 4: 3, 5: 2, 6: 0, 7: 6, 8: 7, 9: 6}


async def sent(box: Boxed, n: int, told: dict[int, str]) -> str:
    """Send mail number ``n``; its id. The office and Robin take turns."""
    mail = Mail(
        sender=Mailbox(email=box.variables["POSTROOM_ORG_FROM" if n % 2 else "POSTROOM_FROM"]),
        to=[Mailbox(email=box.variables["POSTROOM_TO"])],
        subject=f"{n}",
        in_reply_to=told[ANSWERS[n]] if n in ANSWERS else None,
    )
    return (await box.api.do(mails.send("Contacts", box.variables["POSTROOM_RECORD_ID"], mail))).message_id


async def arrived(home: Path) -> dict[int, EmailMessage]:
    """Ten mails that answer one another, and one that is alone (number 10), out of the inbox of a sandbox."""
    async with boxed(home) as box:
        told: dict[int, str] = {}
        for n in range(11):
            told[n] = await sent(box, n, told)
        for message_id in told.values():
            await box.sent(message_id)
        threads = {(await box.mail(told[n])).whole["thread_id"] for n in range(10)}
        assert threads == {told[0]}
        octets = [each.read_bytes() for each in (home / "box" / "mails").glob("*.eml")]
    messages = [message_from_bytes(each, policy=policy.default) for each in octets]
    # In the order of a mailing list: liblore counts on it.
    return dict(sorted(((int(each["Subject"]), each) for each in messages), key=lambda pair: pair[0]))


def chain(n: int) -> list[int]:
    """The mails before this one, oldest first."""
    return [*chain(ANSWERS[n]), ANSWERS[n]] if n in ANSWERS else []


async def test_ten_mails_are_one_thread_to_its_readers(tmp_path: Path) -> None:
    found = await arrived(tmp_path)
    assert set(found) == set(range(11))
    names = {n: str(each["Message-ID"]) for n, each in found.items()}
    for n, each in found.items():
        assert (each["References"] or "").split() == [names[before] for before in chain(n)]
        assert each["In-Reply-To"] == (names[ANSWERS[n]] if n in ANSWERS else None)

    def read(n: int, *, below: bool, without: int | None = None) -> set[int]:
        """The thread of a mail, or what is ``below`` it there, as it is read where one mail is missing."""
        there = [each for m, each in found.items() if m != without]
        thread = get_strict_thread(there, names[n].strip("<>"), noparent=below)
        return {int(each["Subject"]) for each in thread or ()}

    for n in range(10):
        assert read(n, below=False) == set(range(10))
        assert read(n, below=True) == {m for m in range(10) if n in (*chain(m), m)}
    assert read(10, below=False) == {10}
    # Whoever threw a mail away is shown its answers where they belong.
    assert read(0, below=True, without=2) == set(range(10)) - {2}
    assert read(1, below=True, without=2) == {1, 3, 4, 5}
