"""Keys that mails are signed with, as clients see them and ask for them (W 8.6). Private halves never leave."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from postroom.access.keyring import Wanted
from postroom.errors import Fault, Reason
from postroom.mail.address import Address, BadAddress
from postroom.mail.dkim_key import Algorithm, record, record_name
from postroom.mail.limits import DOMAIN_OCTETS, KEYS_PER_REQUEST
from postroom.mail.zone import moment
from postroom.store.keys import Key, Standing
from postroom.web.api.wire import forms
from postroom.web.api.wire.forms import Faults, Form, Path
from postroom.web.api.wire.items import body_of, read_items
from postroom.web.api.wire.pages import NumberedInfo
from postroom.web.api.wire.records import Context
from postroom.web.api.wire.values import Id, Moment
from postroom.web.shape import Json, Schemas

KEY: Final = "domain_keys"
PER_PAGE: Final = 200


class DomainRecord(Struct, frozen=True, kw_only=True):
    """The record of a key, to be published in the DNS; a text of more than 255 octets goes in several strings."""

    name: str
    type: str = "TXT"
    text: str


class DomainKey(Struct, frozen=True, kw_only=True):
    """One key."""

    id: Id
    domain: str
    selector: str
    algorithm: Algorithm
    standing: Standing
    record: DomainRecord
    created_time: Moment
    signs_from: Moment | None
    signs_until: Moment | None


class DomainKeys(Struct, frozen=True, kw_only=True):
    """A page of keys."""

    domain_keys: list[DomainKey]
    info: NumberedInfo


class Made(Struct, frozen=True, kw_only=True):
    """What is told of a new key: how it is found, and what is to be published."""

    id: Id
    selector: str
    record: DomainRecord


def listing(found: Sequence[Key], number: int, size: int, context: Context, now: int) -> DomainKeys | None:
    """Page ``number`` of the keys; None where there is nothing on it."""
    start = (number - 1) * size
    page = [_entry(each, context, now) for each in found[start : start + size]]
    if not page:
        return None
    more = len(found) > start + size
    return DomainKeys(
        domain_keys=page, info=NumberedInfo(per_page=size, count=len(page), page=number, more_records=more)
    )


def made(new: Key) -> Made:
    """The details of a key just made."""
    return Made(id=str(new.id), selector=new.selector, record=_record(new))


def _entry(one: Key, context: Context, now: int) -> DomainKey:
    return DomainKey(
        id=str(one.id),
        domain=one.domain,
        selector=one.selector,
        algorithm=one.algorithm,
        standing=one.standing(now),
        record=_record(one),
        created_time=moment(one.created_at, context.zone),
        signs_from=moment(one.signs_from, context.zone) if one.signs_from is not None else None,
        signs_until=moment(one.signs_until, context.zone) if one.signs_until is not None else None,
    )


def _record(one: Key) -> DomainRecord:
    return DomainRecord(name=record_name(one.selector, one.domain), text=record(one.algorithm, one.public))


def _domain(value: str, path: Path, faults: Faults) -> str | None:
    try:
        return Address.parse(f"somebody@{value.strip(' ')}").domain
    except BadAddress:
        faults.append(Fault(Reason.WRONG_VALUE, path))
        return None


def _algorithm(value: str, path: Path, faults: Faults) -> Algorithm | None:
    try:
        return Algorithm(value)
    except ValueError:
        faults.append(Fault(Reason.WRONG_VALUE, path, {"supported_values": _ALGORITHMS}))
        return None


_ALGORITHMS: Final = [each.value for each in Algorithm]
_NEW: Final = forms.structure(
    (
        forms.Key(
            name="domain",
            form=Form(json=str, schema={"type": "string", "minLength": 1, "maxLength": DOMAIN_OCTETS}, read=_domain),
            required=True,
            means="Whose mails it is to sign, and those of the domains below it that have no keys of their own.",
            example="example.com",
        ),
        forms.Key(
            name="algorithm",
            form=Form(json=str, schema={"type": "string", "enum": _ALGORITHMS}, read=_algorithm),
            required=True,
            means="`rsa` (2048 bits), which everybody can check, or `ed25519`. A domain may have both.",
        ),
        forms.Key(
            name="selector",
            form=Form(json=str, schema={"type": "string", "maxLength": DOMAIN_OCTETS}, read=lambda value, *_: value),
            means="What the key is called in the DNS: letters, digits and hyphens, with dots between them.",
        ),
    ),
    dict[str, Any],
)

Read = Wanted | tuple[Fault, ...]


def read_new(body: Any, org_id: int) -> list[Read]:
    """The keys to make, each or all its faults. Raises ``Invalid`` where the whole body is wrong."""
    return [_read(item, org_id) for item in read_items(body, KEYS_PER_REQUEST, KEY)]


def _read(item: Any, org_id: int) -> Read:
    faults: Faults = []
    values = _NEW.take(item, (), faults)
    if values is None:
        return tuple(faults)
    selector = values.pop("selector")
    wanted = Wanted(org_id=org_id, selector=selector.lower() if selector else None, **values)
    return wanted if wanted.is_named_well else (Fault(Reason.WRONG_VALUE, ("selector",)),)


def new(schemas: Schemas) -> Json:
    """What ``read_new`` reads."""
    return body_of(schemas.keep("NewDomainKey", _NEW.schema), KEYS_PER_REQUEST, KEY)
