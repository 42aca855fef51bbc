"""Records as JSON Schema, made from the tables of their fields: as clients see them, and as they send them (W 7)."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from msgspec import Struct, field

from postroom.mail.limits import RECORDS_PER_REQUEST
from postroom.record import Field, Kind, Module, custom
from postroom.record.values import TAGS_AT_MOST
from postroom.web.api.wire.items import body_of
from postroom.web.api.wire.values import Id, Moment, Named, Owner
from postroom.web.shape import BLANK, NUMBER, Json, Schemas, nullable


class Stored(Struct, frozen=True, kw_only=True):
    """A record that was just written."""

    modified_time: Moment = field(name="Modified_Time")
    modified_by: Named = field(name="Modified_By")
    created_time: Moment = field(name="Created_Time")
    id: Id
    created_by: Named = field(name="Created_By")


class Tag(Struct, frozen=True, kw_only=True):
    """One tag of a record."""

    name: str
    id: Id
    color_code: None = None


class FoundInfo(Struct, frozen=True, kw_only=True):
    """Which page it is, where there are no tokens."""

    per_page: int
    count: int
    sort_by: str
    page: int
    sort_order: Literal["asc", "desc"]
    more_records: bool


class PageInfo(FoundInfo, frozen=True, kw_only=True):
    """Which page it is, and what leads to its neighbours."""

    next_page_token: str | None
    previous_page_token: str | None
    page_token_expiry: Moment | None


def one(schemas: Schemas, module: Module) -> Json:
    """A list of the one record."""
    return _object({"data": _some(_shown(schemas, module))})


def listing(schemas: Schemas, module: Module) -> Json:
    """A page of records."""
    return _object({"data": _some(_shown(schemas, module)), "info": schemas.of(PageInfo)})


def found(schemas: Schemas, module: Module) -> Json:
    """A page of what a search found."""
    return _object({"data": _some(_shown(schemas, module)), "info": schemas.of(FoundInfo)})


def new(schemas: Schemas, module: Module) -> Json:
    """Records to insert."""
    mandatory = [each.name for each in module.fields if each.mandatory]
    return body_of(schemas.keep(f"New{module.name}", _taken(schemas, module, mandatory)), RECORDS_PER_REQUEST)


def new_fields(schemas: Schemas) -> Json:
    """Fields to add to a module (W 6.2)."""
    choice = _object({custom.CHOICE.name: _named(custom.CHOICE, _value_taken(schemas, custom.CHOICE))})
    several = {
        "pick_list_values": {
            "type": ["array", "null"],
            "items": choice,
            "maxItems": custom.CHOICES_AT_MOST,
            "description": "The values of a pick list, which must be given for one.",
        },
        "unique": {
            "type": ["object", "null"],
            "properties": {"casesensitive": {"enum": [False, "0", "false", None]}},
            "required": [],
            "description": "Where it has a key, no two records may have the same value, whatever its case.",
        },
    }
    told = _taken(schemas, custom.DESCRIPTION, ["field_label", "data_type"])
    item = schemas.keep("NewFields", {**told, "properties": {**told["properties"], **several}})
    return body_of(item, custom.AT_ONCE, "fields")


def upsert(schemas: Schemas, module: Module) -> Json:
    """Records to insert, or to change where they are there by one of these fields."""
    body = new(schemas, module)
    names = [each.name for each in module.unique]
    fields: Json = {"type": "array", "items": {"enum": names}} if names else {"type": "array", "maxItems": 0}
    return {**body, "properties": {**body["properties"], "duplicate_check_fields": nullable(fields)}}


def changed(schemas: Schemas, module: Module, key: str = "data") -> Json:
    """One record to change, which the URL names."""
    return body_of(schemas.keep(f"Changed{module.name}", _taken(schemas, module, [])), 1, key)


def changed_many(schemas: Schemas, module: Module, at_most: int = RECORDS_PER_REQUEST, key: str = "data") -> Json:
    """Records to change, each with its id."""
    changes = schemas.keep(f"Changed{module.name}", _taken(schemas, module, []))
    return body_of({"allOf": [changes, _object({"id": _ID})]}, at_most, key)


def of_some_module(schemas: Schemas) -> Json:
    """A page of records whose module the URL does not tell."""
    shown = {"type": "object", "properties": {"id": _ID_SHOWN}, "required": ["id"]}
    return _object({"data": _some(schemas.keep("Record", shown)), "info": schemas.of(PageInfo)})


def ids(_: Schemas) -> Json:
    """Records that are there, by their ids."""
    return body_of(_object({"id": _ID}), RECORDS_PER_REQUEST)


_BLANK: Final[Json] = {"type": ["string", "null"], "pattern": BLANK}
_ID: Final[Json] = {"type": ["string", "integer"], "pattern": NUMBER, "minimum": 1}
_ID_SHOWN: Final[Json] = {"type": "string", "pattern": NUMBER}
_TEXT: Final[Json] = {"type": "string"}
_NUMBER: Final[Json] = {"type": "number"}
_DATE: Final[Json] = {"type": "string", "format": "date"}
_MOMENT: Final[Json] = {"type": "string", "format": "date-time"}
# What is not text in an answer, or is text of a form of its own.
_SHOWN: Final[Mapping[Kind, Json]] = {
    Kind.INTEGER: {"type": "integer"},
    Kind.DOUBLE: _NUMBER,
    Kind.CURRENCY: _NUMBER,
    Kind.DATE: _DATE,
    Kind.DATETIME: _MOMENT,
}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": [*properties]}


def _some(item: Json) -> Json:
    return {"type": "array", "items": item, "minItems": 1}


def _shown(schemas: Schemas, module: Module) -> Json:
    """A record in an answer: the fields that were asked for, and its id."""
    fields = {each.name: _named(each, _value_shown(schemas, each)) for each in module.fields}
    told = {"type": "object", "properties": {**fields, "id": _ID_SHOWN}, "required": ["id"]}
    return schemas.keep(module.name, told)


def _value_shown(schemas: Schemas, one: Field) -> Json:
    match one.kind:
        case Kind.BOOLEAN:
            return {"type": "boolean"}
        case Kind.TAGS:
            return {"type": "array", "items": schemas.of(Tag)}
        case Kind.LOOKUP:
            return nullable(schemas.of(Named))
        case Kind.OWNER:
            return schemas.of(Owner if one.name == "Owner" else Named)
    return nullable(_SHOWN.get(one.kind, _TEXT))


def _taken(schemas: Schemas, module: Module, mandatory: list[str]) -> Json:
    """A record in a request: what we make ourselves is left out. Other keys are passed over."""
    fields = [each for each in module.fields if not each.system]
    told = {each.name: _named(each, _value_taken(schemas, each)) for each in fields}
    return {"type": "object", "properties": told, "required": mandatory}


def _value_taken(schemas: Schemas, one: Field) -> Json:
    kept = _TAKEN.get(one.kind, _text_taken)(schemas, one)
    if one.mandatory:
        return {**kept, "minLength": 1, "pattern": r"\S"} if kept.get("type") == "string" else kept
    # Blank text clears a field, whatever it holds.
    return nullable(kept) if kept.keys() == {"type", "maxLength"} else {"anyOf": [kept, schemas.keep("Blank", _BLANK)]}


def _text_taken(_: Schemas, one: Field) -> Json:
    if one.closed:
        return {"type": "string", "enum": [*one.choices]}
    return {"type": "string", "maxLength": one.length}


def _number_taken(_: Schemas, one: Field) -> Json:
    most = 10**one.length
    kind = "integer" if one.kind is Kind.INTEGER else "number"
    return {"type": kind, "exclusiveMinimum": -most, "exclusiveMaximum": most}


def _reference_taken(schemas: Schemas, _: Field) -> Json:
    return schemas.keep("Reference", {"anyOf": [_ID, _object({"id": _ID})]})


def _tags_taken(_: Schemas, one: Field) -> Json:
    name = {"type": "string", "minLength": 1, "maxLength": one.length}
    return {"type": "array", "items": {"anyOf": [name, _object({"name": name})]}, "maxItems": TAGS_AT_MOST}


_TAKEN: Final[Mapping[Kind, Callable[[Schemas, Field], Json]]] = {
    Kind.EMAIL: lambda schemas, one: {**_text_taken(schemas, one), "format": "email"},
    Kind.BOOLEAN: lambda _, __: {"type": "boolean"},
    Kind.INTEGER: _number_taken,
    Kind.DOUBLE: _number_taken,
    Kind.CURRENCY: _number_taken,
    Kind.DATE: lambda _, __: _DATE,
    Kind.DATETIME: lambda _, __: _MOMENT,
    Kind.LOOKUP: _reference_taken,
    Kind.OWNER: _reference_taken,
    Kind.TAGS: _tags_taken,
}


def _named(one: Field, schema: Json) -> Json:
    """The schema with what else there is to say of the field."""
    told: Json = {"title": one.label}
    if one.unique:
        told["description"] = "No two records have the same."
    if one.targets:
        told["description"] = f"A record of {' or '.join(one.targets)}."
    if one.system:
        told["readOnly"] = True
    if one.choices and not one.closed:
        told["examples"] = [*one.choices]
    return {**schema, **told}
