"""send.submit on both databases: what is accepted is on disk, what is refused leaves nothing."""

from dataclasses import replace
from email import message_from_bytes
from functools import partial
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import func, select

from postroom.access.principal import Principal
from postroom.access.scope import parse
from postroom.errors import Fault, Invalid, NotFound, Reason
from postroom.mail.address import Address
from postroom.mail.compose import compose
from postroom.mail.draft import Draft, FileRef, Format, Kind, Linked, Mailbox, Stream
from postroom.mail.life import State
from postroom.mail.limits import MIB
from postroom.mail.retry import DAY
from postroom.record import CONTACTS
from postroom.send import submit
from postroom.store import blocked, files, indexing, mails, orgs, senders, templates
from postroom.store.blocked import Blocked
from postroom.store.db import Database, Tx
from postroom.store.files import Upload
from postroom.store.ids import Ids
from postroom.store.mails import Accepted
from postroom.store.orgs import RecipientPolicy
from postroom.store.records import Key
from postroom.store.tables import attachment, event, job, mail, recipient
from postroom.store.templates import Author, Template, Wording
from postroom.store.templates import Key as TemplateKey
from tests.store.accepted import claim, work_for
from tests.world import NOW, World, add, found, record

IDS = Ids(lambda: NOW)


def box(address: str, name: str = "") -> Mailbox:
    return Mailbox(name=name, address=Address.parse(address))


def caller(world: World, *, colleague: bool = False) -> Principal:
    user = world.colleague if colleague else world.user
    scopes = parse("ZohoBigin.send_mail.all.CREATE")
    return Principal(
        org_id=world.org.id,
        user_id=user.id,
        client_id="1000.TEST",
        scopes=scopes,
        profile=user.profile,
        confirmed=user.confirmed_at is not None,
        time_zone=world.org.time_zone,
        expires_at=NOW + DAY,
    )


def draft(world: World) -> Draft:
    return Draft(sender=box(world.sender.email), to=(box(str(world.contact.email)),), subject="Hello", content="<p>Hi")


def key(world: World, module: str = "Contacts") -> Key:
    of = {"Contacts": world.contact, "Accounts": world.company, "Pipelines": world.deal}
    return Key(world.org.id, module, of[module].id)


async def send(db: Database, world: World, asked: Draft, record_key: Key | None = None) -> Accepted:
    return await submit(db, IDS, caller(world), record_key or key(world), asked, now=NOW)


async def block(db: Database, world: World, *addresses: str) -> None:
    for each in addresses:
        new = Blocked(org_id=world.org.id, address=each, reason="bounced", created_at=NOW)
        await db.write(partial(blocked.add, new=new))


def _rows(tx: Tx) -> int:
    tables = (mail, recipient, attachment, job, event)
    return sum(tx.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


async def faults(db: Database, world: World, asked: Draft, record_key: Key | None = None) -> list[Fault]:
    """The faults of a draft, having made sure that it left no row behind."""
    with pytest.raises(Invalid) as refusal:
        await send(db, world, asked, record_key)
    assert await db.read(_rows) == 0
    return list(refusal.value.faults)


@pytest.mark.parametrize("module", ["Contacts", "Accounts", "Pipelines"])
async def test_accepted_mail_is_filed_under_its_record_with_everything_of_it(
    db: Database, world: World, module: str
) -> None:
    ref = FileRef(file_id=b"f" * 32, digest=b"d" * 32, name="a.txt", content_type="text/plain", size=3)
    upload = Upload(ref=ref, org_id=world.org.id, user_id=world.user.id, created_at=NOW)
    await db.write(lambda tx: files.add(tx, [upload]))
    contact = box(str(world.contact.email), "Cleo")
    asked = replace(
        draft(world),
        cc=(box("boss@elsewhere.example", "Boss"), contact),
        bcc=(box("archive@elsewhere.example"),),
        reply_to=box("answers@org1.example", "Answers"),
        attachments=(ref.file_id,),
    )
    accepted = await send(db, world, asked, key(world, module))

    filed = await db.read(lambda tx: mails.find(tx, world.org.id, accepted.letter.mail_id))
    assert filed is not None
    assert (filed.module, filed.record_id) == (module, key(world, module).id)
    assert filed.state is State.QUEUED
    assert filed.files == (ref,)
    assert filed.reply_to == asked.reply_to
    assert [(each.recipient.kind, str(each.recipient.mailbox.address)) for each in filed.deliveries] == [
        (Kind.TO, world.contact.email),
        (Kind.CC, "boss@elsewhere.example"),
        (Kind.BCC, "archive@elsewhere.example"),
    ], "an address named twice gets one copy"
    history = await db.read(lambda tx: mails.history(tx, world.org.id, filed.seq))
    assert [row.what for row in history] == ["queued"]


async def test_way_out_is_the_senders_own_unless_the_organisations_is_asked_for(db: Database, world: World) -> None:
    own = await send(db, world, draft(world))
    shared = await send(db, world, replace(draft(world), through_org=True))
    office = await send(db, world, replace(draft(world), sender=box(world.org_sender.email)))
    assert own.transport_id == world.transport.id
    assert shared.transport_id == office.transport_id == world.org_transport.id


async def test_what_machines_are_to_know_is_the_senders_and_stays_the_mails(db: Database, world: World) -> None:
    asking = replace(world.sender, return_path="bounces@org1.example", one_click=True)
    await db.write(partial(senders.save, changed=asking))
    accepted = await send(db, world, draft(world))
    await db.write(partial(senders.save, changed=world.sender))
    plain = await send(db, world, draft(world))
    stream = Stream(org_id=world.org.id, user_id=world.user.id, module="Contacts")
    assert (accepted.letter.bounces, accepted.letter.stream) == (box("bounces@org1.example").address, stream)
    assert (plain.letter.bounces, plain.letter.stream) == (None, None)
    jobs = await db.write(lambda tx: work_for(tx, claim(1)))
    assert [job.letter for job in jobs] == [accepted.letter, plain.letter]


async def test_no_way_out_is_told_at_once(db: Database, world: World) -> None:
    await db.write(lambda tx: orgs.choose_transport(tx, world.org.id, None))
    assert await faults(db, world, replace(draft(world), through_org=True)) == [
        Fault(Reason.NO_TRANSPORT, ("from", "email"))
    ]


async def test_scheduled_mail_is_due_at_its_time_and_dated_so(db: Database, world: World) -> None:
    accepted = await send(db, world, replace(draft(world), scheduled_at=NOW + 5000))
    assert (accepted.state, accepted.due_at, accepted.letter.dated_at) == (State.SCHEDULED, NOW + 5000, NOW + 5000)


async def test_from_must_be_the_callers_or_the_organisations(db: Database, world: World) -> None:
    wrong = [Fault(Reason.SENDER_NOT_ALLOWED, ("from", "email"))]
    assert await faults(db, world, replace(draft(world), sender=box("ceo@org1.example"))) == wrong
    with pytest.raises(Invalid) as refusal:
        await submit(db, IDS, caller(world, colleague=True), key(world), draft(world), now=NOW)
    assert list(refusal.value.faults) == wrong, "a colleague's own mailbox is not everybody's"


@pytest.mark.parametrize(
    ("policy", "address", "accepted"),
    [
        (RecipientPolicy.KNOWN, "cleo@customer-of-org1.example", True),
        (RecipientPolicy.KNOWN, "DAHL@customer-of-ORG1.example", True),
        (RecipientPolicy.KNOWN, "ben@org1.example", True),
        (RecipientPolicy.KNOWN, "office@org1.example", True),
        (RecipientPolicy.KNOWN, "other@customer.example", True),
        (RecipientPolicy.KNOWN, "stranger@elsewhere.example", False),
        (RecipientPolicy.KNOWN, "cleo@customer-of-org2.example", False),
        (RecipientPolicy.RECORD, "dahl@customer-of-org1.example", True),
        (RecipientPolicy.RECORD, "other@customer.example", False),
        (RecipientPolicy.RECORD, "ben@org1.example", False),
        (RecipientPolicy.ANY, "stranger@elsewhere.example", True),
    ],
)
async def test_recipients_follow_the_policy(
    db: Database, world: World, policy: RecipientPolicy, address: str, accepted: bool
) -> None:
    def more(tx: Tx) -> None:
        found(tx, 2)
        other = {"name": "Other", "fields": {"Last_Name": "Other"}, "email": "other@customer.example"}
        add(tx, record(77, world.org, world.user, "Contacts", **other))  # type: ignore[arg-type]
        orgs.choose_recipients(tx, world.org.id, policy)

    await db.write(more)
    asked = replace(draft(world), to=(box(address),))
    if accepted:
        assert str((await send(db, world, asked)).letter.recipients[0].mailbox.address) == str(Address.parse(address))
    else:
        assert await faults(db, world, asked) == [Fault(Reason.RECIPIENT_UNKNOWN, ("to", 0, "email"))]


async def test_record_needs_an_address(db: Database, world: World) -> None:
    def bare(tx: Tx) -> None:
        nobody = record(70, world.org, world.user, "Contacts", name="No", fields={"Last_Name": "No"})
        company = record(71, world.org, world.user, "Accounts", name="Empty", fields={"Account_Name": "Empty"})
        deal = record(72, world.org, world.user, "Pipelines", name="D", fields={"Deal_Name": "D"}, contact_id=70)
        add(tx, nobody, company, deal)

    await db.write(bare)
    expected = {
        ("Contacts", 70): Reason.RECORD_WITHOUT_EMAIL,
        ("Accounts", 71): Reason.CONTACT_WITHOUT_EMAIL,
        ("Pipelines", 72): Reason.CONTACT_WITHOUT_EMAIL,
    }
    for (module, n), reason in expected.items():
        assert await faults(db, world, draft(world), Key(world.org.id, module, n)) == [Fault(reason)]


async def test_opted_out_contact_gets_no_mail(db: Database, world: World) -> None:
    changed = (world.contact, structs.replace(world.contact, opted_out=True))
    await db.write(lambda tx: indexing.save(tx, CONTACTS, [changed]))
    refused = [Fault(Reason.OPTED_OUT, ("to", 0, "email"))]
    assert await faults(db, world, draft(world)) == refused

    other = record(70, world.org, world.user, "Contacts", name="No", fields={"Last_Name": "No"}, email="no@x.example")
    await db.write(lambda tx: add(tx, other))
    through_another_record = Key(world.org.id, "Contacts", other.id)
    deal, to_colleague = key(world, "Pipelines"), replace(draft(world), to=(box(world.colleague.email),))
    for address in (world.contact.email, world.contact.secondary_email):
        asked = replace(draft(world), to=(box(str(address)),))
        assert await faults(db, world, asked, through_another_record) == refused
        assert await faults(db, world, asked, deal) == refused
        # A copy is a mail too.
        copied = replace(to_colleague, cc=(box("x@y.example"), box(str(address))), bcc=(box(str(address)),))
        assert await faults(db, world, copied) == [
            Fault(Reason.OPTED_OUT, ("cc", 1, "email")),
            Fault(Reason.OPTED_OUT, ("bcc", 0, "email")),
        ]
    accepted = await send(db, world, to_colleague)
    assert len(accepted.letter.recipients) == 1, "who has not opted out is written to, whatever the record"


async def test_a_second_address_is_as_good_as_the_first(db: Database, world: World) -> None:
    only = record(
        70, world.org, world.user, "Contacts", name="B", fields={"Last_Name": "B"}, secondary_email="b@x.example"
    )
    deal = record(71, world.org, world.user, "Pipelines", name="D", fields={"Deal_Name": "D"}, contact_id=70)
    await db.write(lambda tx: add(tx, only, deal))
    await db.write(lambda tx: orgs.choose_recipients(tx, world.org.id, RecipientPolicy.RECORD))
    for module, number in (("Contacts", 70), ("Pipelines", 71)):
        asked = replace(draft(world), to=(box("b@x.example"),))
        assert await send(db, world, asked, Key(world.org.id, module, number))


async def test_blocked_recipients_are_left_out_and_told(db: Database, world: World) -> None:
    await block(db, world, "boss@x.example", "archive@x.example", str(world.contact.secondary_email))
    asked = replace(
        draft(world),
        to=(box("dahl@customer-of-ORG1.example"), *draft(world).to),
        cc=(box("Boss@x.example"), box("clerk@x.example")),
        bcc=(box("archive@x.example"), box("boss@x.example")),
    )
    accepted = await send(db, world, asked)
    kept = [(each.n, each.kind, str(each.mailbox.address)) for each in accepted.letter.recipients]
    assert kept == [(0, Kind.TO, world.contact.email), (1, Kind.CC, "clerk@x.example")]
    assert [(str(each.address), each.reason) for each in accepted.left_out] == [
        ("dahl@customer-of-org1.example", "bounced"),
        ("Boss@x.example", "bounced"),
        ("archive@x.example", "bounced"),
    ]


async def test_a_mail_to_nobody_but_blocked_ones_is_refused(db: Database, world: World) -> None:
    await block(db, world, str(world.contact.email), "ben@org1.example")
    asked = replace(draft(world), to=(*draft(world).to, box("ben@org1.example")), cc=(box("clerk@x.example"),))
    why = {"reason": "bounced"}
    assert await faults(db, world, asked) == [
        Fault(Reason.RECORD_BLOCKED, ("to", 0, "email"), why),
        Fault(Reason.RECIPIENT_BLOCKED, ("to", 1, "email"), why),
    ]
    other = await db.write(lambda tx: found(tx, 2))
    theirs = replace(draft(other), to=(box("office@org2.example"),), cc=(box("ben@org1.example"),))
    accepted = await submit(db, IDS, caller(other), key(other), theirs, now=NOW)
    assert (len(accepted.letter.recipients), accepted.left_out) == (2, ()), "another organisation blocks for itself"


@pytest.mark.parametrize(
    ("module", "linked", "related"),
    [
        ("Contacts", ("Accounts", 1008), True),
        ("Contacts", ("Pipelines", 1010), True),
        ("Accounts", ("Contacts", 1009), True),
        ("Accounts", ("Pipelines", 1010), True),
        ("Pipelines", ("Contacts", 1009), True),
        ("Pipelines", ("Accounts", 1008), True),
        ("Contacts", ("Contacts", 1009), True),
        ("Contacts", ("Pipelines", 1009), False),
        ("Contacts", ("Accounts", 2008), False),
        ("Contacts", ("Contacts", 70), False),
        ("Pipelines", ("Contacts", 70), False),
        ("Accounts", ("", 1009), False),
    ],
)
async def test_a_linked_record_is_related_to_that_of_the_url(
    db: Database, world: World, module: str, linked: tuple[str, int], related: bool
) -> None:
    other = record(70, world.org, world.user, "Contacts", name="O", fields={"Last_Name": "O"}, account_id=None)
    await db.write(lambda tx: add(tx, other))
    await db.write(lambda tx: found(tx, 2))
    asked = replace(draft(world), linked=Linked(module=linked[0], record_id=linked[1]))
    if related:
        accepted = await send(db, world, asked, key(world, module))
        filed = await db.read(lambda tx: mails.find(tx, world.org.id, accepted.letter.mail_id))
        assert filed is not None
        assert filed.linked == asked.linked
    else:
        wrong = [Fault(Reason.RELATED_UNKNOWN, ("linked_record", "id"))]
        assert await faults(db, world, asked, key(world, module)) == wrong


async def test_record_of_another_organisation_does_not_exist(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    for wrong in (Key(world.org.id, "Contacts", other.contact.id), Key(world.org.id, "Accounts", world.contact.id)):
        with pytest.raises(NotFound):
            await send(db, world, draft(world), wrong)


async def test_files_must_be_the_organisations_and_small_enough_together(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    refs = [
        FileRef(file_id=bytes([n]) * 32, digest=b"d" * 32, name="a", content_type="a/b", size=6 * MIB) for n in range(3)
    ]
    owners = [(world, refs[0]), (world, refs[1]), (other, refs[2])]
    uploads = [Upload(ref=ref, org_id=w.org.id, user_id=w.user.id, created_at=NOW) for w, ref in owners]
    await db.write(lambda tx: files.add(tx, uploads))
    assert await faults(db, world, replace(draft(world), attachments=(refs[2].file_id, b"?" * 32))) == [
        Fault(Reason.FILE_UNKNOWN, ("attachments", 0, "id")),
        Fault(Reason.FILE_UNKNOWN, ("attachments", 1, "id")),
    ]
    assert await faults(db, world, replace(draft(world), attachments=(refs[0].file_id, refs[1].file_id))) == [
        Fault(Reason.FILES_TOO_LARGE, ("attachments",), {"size": 12 * MIB})
    ]


async def test_time_must_lie_ahead_and_not_too_far(db: Database, world: World) -> None:
    assert [fault.reason for fault in await faults(db, world, replace(draft(world), scheduled_at=NOW))] == [
        Reason.TIME_PAST
    ]
    far = replace(draft(world), scheduled_at=NOW + 400 * DAY)
    assert [fault.reason for fault in await faults(db, world, far)] == [Reason.TIME_TOO_FAR]


async def test_every_fault_is_told(db: Database, world: World) -> None:
    wrong = replace(
        draft(world),
        sender=box("x@y.example"),
        to=(box("a@b.example"), box("c@d.example")),
        attachments=(b"?" * 32,),
        scheduled_at=1,
    )
    assert [(fault.reason, fault.path) for fault in await faults(db, world, wrong)] == [
        (Reason.SENDER_NOT_ALLOWED, ("from", "email")),
        (Reason.RECIPIENT_UNKNOWN, ("to", 0, "email")),
        (Reason.RECIPIENT_UNKNOWN, ("to", 1, "email")),
        (Reason.FILE_UNKNOWN, ("attachments", 0, "id")),
        (Reason.TIME_PAST, ("scheduled_time",)),
    ]


async def test_who_gives_no_name_is_called_as_configured(db: Database, world: World) -> None:
    unnamed, named = await send(db, world, draft(world)), replace(draft(world), sender=box(world.sender.email, "A. B."))
    assert unnamed.letter.sender.name == world.sender.name
    assert (await send(db, world, named)).letter.sender.name == "A. B."


async def template(db: Database, world: World, **said: Any) -> int:
    """A template of the organisation's; its number."""
    author = Author(org_id=world.org.id, user_id=world.user.id, now=NOW)
    number, asked = IDS.number(), Wording(**{"module": "Contacts", "name": "Welcome"} | said)
    kept = await db.write(lambda tx: templates.add(tx, author, number, asked))
    assert isinstance(kept, Template), kept
    return number


async def test_a_template_says_what_is_not_given(db: Database, world: World) -> None:
    ref = FileRef(file_id=b"f" * 32, digest=b"d" * 32, name="a.txt", content_type="text/plain", size=3)
    upload = Upload(ref=ref, org_id=world.org.id, user_id=world.user.id, created_at=NOW)
    await db.write(lambda tx: files.add(tx, [upload]))
    words = {"subject": "Dear ${Contacts.First_Name}", "content": "${Contacts.Account_Name} & co"}
    number = await template(db, world, **words, format=Format.TEXT, attachments=(ref.file_id,))
    asked = Draft(sender=draft(world).sender, to=draft(world).to, template_id=number)
    letter = (await send(db, world, asked)).letter
    assert (letter.subject, letter.content, letter.format) == ("Dear Cleo", "Northwind & co", Format.TEXT)
    assert letter.files == (ref,)

    given = replace(asked, subject="${Contacts.First_Name}", content="<p>", attachments=())
    letter = (await send(db, world, given)).letter
    assert (letter.subject, letter.content, letter.format) == ("${Contacts.First_Name}", "<p>", Format.HTML)
    assert letter.files == ()
    assert (await send(db, world, replace(asked, subject=""))).letter.subject == ""

    used = await db.read(lambda tx: templates.find(tx, TemplateKey(world.org.id, number)))
    assert used is not None
    assert used.used_at == NOW


async def test_what_was_accepted_stays_whatever_becomes_of_template_and_record(db: Database, world: World) -> None:
    number = await template(db, world, subject="Dear ${Contacts.First_Name}")
    later = Draft(sender=draft(world).sender, to=draft(world).to, template_id=number, scheduled_at=NOW + 5000)
    accepted = await send(db, world, later)
    renamed = structs.replace(world.contact, fields={**world.contact.fields, "First_Name": "Zoe"})
    await db.write(lambda tx: indexing.save(tx, CONTACTS, [(world.contact, renamed)]))
    await db.write(lambda tx: templates.remove(tx, TemplateKey(world.org.id, number)))
    filed = await db.read(lambda tx: mails.find(tx, world.org.id, accepted.letter.mail_id))
    assert filed is not None
    assert filed.subject == "Dear Cleo"


async def test_a_records_value_is_text_wherever_it_stands(db: Database, world: World) -> None:
    hostile = {"Title": "<b>${Users.email}</b>", "Description": "a\r\nBcc: x@y.example\n${Org.company_name}"}
    bad = structs.replace(world.contact, fields={**world.contact.fields, **hostile})
    await db.write(lambda tx: indexing.save(tx, CONTACTS, [(world.contact, bad)]))
    number = await template(db, world, subject="${Contacts.Description}", content="<i>${Contacts.Title}</i>")
    asked = Draft(sender=draft(world).sender, to=draft(world).to, template_id=number)
    letter = (await send(db, world, asked)).letter
    assert letter.subject == "a Bcc: x@y.example ${Org.company_name}"
    assert letter.content == "<i>&lt;b&gt;${Users.email}&lt;/b&gt;</i>"
    header = b"".join(each for each in compose(letter).segments if isinstance(each, bytes)).partition(b"\r\n\r\n")[0]
    assert message_from_bytes(header)["bcc"] is None


async def test_a_template_must_be_there_be_the_modules_and_stay_within_the_limits(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    asked = Draft(sender=draft(world).sender, to=draft(world).to)
    unknown = [Fault(Reason.RELATED_UNKNOWN, ("template", "id"))]
    for number in (await template(db, other), IDS.number()):
        assert await faults(db, world, replace(asked, template_id=number)) == unknown
    of_companies = await template(db, world, name="Companies", module="Accounts")
    (fault,) = await faults(db, world, replace(asked, template_id=of_companies))
    assert (fault.reason, fault.path) == (Reason.RELATED_UNKNOWN, ("template", "id"))
    assert fault.details == {"reason": "the template is of another module"}

    long = structs.replace(world.contact, fields={**world.contact.fields, "Description": "x" * 600})
    await db.write(lambda tx: indexing.save(tx, CONTACTS, [(world.contact, long)]))
    field = "${Contacts.Description}"
    twice = await template(db, world, name="Long", subject=field * 2, content="y" * 99_401 + field)
    assert await faults(db, world, replace(asked, template_id=twice)) == [
        Fault(Reason.TOO_LONG, ("subject",), {"maximum_length": 1000}),
        Fault(Reason.TOO_LONG, ("content",), {"maximum_length": 100_000}),
    ]
    assert (await send(db, world, replace(asked, template_id=twice, subject="", content=""))).letter.content == ""
