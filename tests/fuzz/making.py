"""Requests made from the table of routes: their methods, templates, parameters and bodies, right and less so."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from urllib.parse import quote

from postroom.record import ACCOUNTS, CONTACTS, MODULES, NOTES, PIPELINES, Kind, Module
from postroom.record.criteria import Operator
from postroom.web.api.routes import ROUTES
from postroom.web.param import Param, Place
from postroom.web.routes import Endpoint
from postroom.web.server import PREFIXES
from tests.fuzz.parties import MARK, Known, filled
from tests.fuzz.values import TEXTS, WORDS, mutated, wild

CARE: Final = (1.0, 1.0, 0.95, 0.6)  # how much of a request is right; each is as likely
SWAPPED: Final = 0.2  # of the ids: the other organisation's
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
_TYPES: Final = ("application/json", "text/plain", "multipart/form-data; boundary=b", "multipart/form-data", "\x00", "")
_WRAPPERS: Final = (
    *("data", "fields", "email_templates", "domain_keys", "users", "ids", "owner"),
    *("tags", "trigger", "skip_mandatory", "select_query"),
)
_MAILED: Final = (CONTACTS, ACCOUNTS, PIPELINES)
# What lies with a record is known by its whole path.
_WITHIN: Final = {
    "{note_id}": "notes",
    "{attachment_id}": "attachments",
    "{lock_id}": "locks",
    "{related_id}": "linked",
}
# What the ids of no module name, by the path that has them.
_OF_NONE: Final = {
    "/users/{id}": "users",
    "/settings/fields/{id}": "fields",
    "/settings/email_templates/{id}": "templates",
    "/settings/domain_keys/{id}": "keys",
    "/settings/domain_keys/{id}/actions/start": "keys",
}
_RELATED: Final = ("Notes", "Attachments", "Emails", "Contacts", "Pipelines", "Deals", "Tasks", "Events", "Calls")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request: its octets, and what the judge must know of it. ``endpoint``: None where none is meant."""

    octets: bytes
    method: str
    endpoint: Endpoint | None


class Maker:
    """Makes requests of one caller by a seeded ``chance``; ``token`` is the caller's."""

    def __init__(self, chance: Random, own: Known, other: Known, token: str) -> None:
        self._chance = chance
        self._own = own
        self._other = other
        self._token = token
        self._care = chance.choice(CARE)
        self._related = chance.choice(_RELATED)

    def request(self) -> Asked:
        """The next one."""
        chance = self._chance
        endpoint = chance.choice(ROUTES)
        method = endpoint.method if self._well() or chance.random() < 0.8 else chance.choice(_METHODS)
        module = chance.choice(_MAILED if "mail" in endpoint.template.lower() else MODULES)
        target = self._path(endpoint.template, module) + self._query(endpoint, module)
        headers = [*self._headers(endpoint)]
        body, content_type = self._body(endpoint, method, module)
        if content_type and self._well():
            headers.append(("Content-Type", content_type))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
        octets = head.encode("latin-1", errors="replace") + self._framed(body)
        return Asked(octets=octets, method=method, endpoint=endpoint if method in (endpoint.method, "HEAD") else None)

    def garbage(self) -> bytes:
        """Octets that are no request, or are one no more."""
        octets = bytearray(self.request().octets)
        for _ in range(self._chance.randrange(1, 6)):
            at = self._chance.randrange(len(octets))
            octets[at : at + self._chance.randrange(3)] = self._chance.randbytes(self._chance.randrange(4))
        return bytes(octets[: self._chance.randrange(1, len(octets) + 1)]) if self._well() else bytes(octets)

    def _well(self) -> bool:
        return self._chance.random() < self._care

    def _id(self, kind: str) -> str:
        chance = self._chance
        known = self._other if chance.random() < SWAPPED else self._own
        if self._well():
            return known.some(chance, kind)
        return chance.choice((*TEXTS, "1", "0", "-5", "99999999999999999999", "deleted", "x" * 5000))

    def _module_name(self, module: Module, prefix: str) -> str:
        if not self._well():
            return self._chance.choice(("Nothings", "contacts", "Deals", "Pipelines", "Contacts%00", "", ".."))
        return "Deals" if module.name == "Pipelines" and prefix != "/bigin/v2" else module.name

    def _path(self, template: str, module: Module) -> str:
        there = self._own.ids.get(_WITHIN.get(template.rpartition("/")[2], ""))
        if there and self._well():
            return self._chance.choice(there)
        prefix = "/bigin/v2" if self._well() else "/" + "/".join(self._chance.choice([*PREFIXES]))
        words = []
        for word in template.split("/")[1:]:
            match word:
                case "{module}":
                    words.append(self._module_name(module, prefix))
                case "{id}" if named := _OF_NONE.get(template):
                    words.append(self._id(named))
                case "{id}":
                    words.append(self._id(module.name))
                case "{message_id}":
                    words.append(self._id("mails"))
                case "{related}":
                    words.append(self._related)
                case _ if word.startswith("{"):
                    words.append(self._id("Notes"))
                case _:
                    words.append(word)
        path = "/".join(quote(word, safe="%", errors="replace") for word in words)
        return f"{prefix}/{path}" + ("" if self._well() or self._chance.random() < 0.9 else "/")

    def _query(self, endpoint: Endpoint, module: Module) -> str:
        pairs = [
            (each.name, self._param(each, module))
            for each in endpoint.params
            if each.place is Place.QUERY and self._names(each)
        ]
        if pairs and not self._well():
            pairs.append(self._chance.choice(pairs))
        if not self._well():
            pairs.append((self._chance.choice(("x", "", "page", "fields", "\x00")), str(wild(self._chance))[:200]))
        return "?" * bool(pairs) + "&".join(f"{quote(name)}={quote(text, errors='replace')}" for name, text in pairs)

    def _names(self, param: Param) -> bool:
        if param.required:
            return self._well()
        # Views and filters are always refused.
        return self._chance.random() < (0.02 if param.name in ("cvid", "filters") else 0.3)

    def _param(self, param: Param, module: Module) -> str:
        chance = self._chance
        if not self._well():
            return chance.choice((str(wild(chance))[:300], chance.choice(TEXTS), MARK, "%f"))
        if "enum" in param.kind.schema:
            return str(chance.choice(param.kind.schema["enum"]))
        if param.kind.schema["type"] == "integer":
            return str(chance.choice((1, 1, 2, 10, 200) if self._well() else (0, 2000, 999_999_999, 10**30)))
        made: dict[str, Callable[[], str]] = {
            "fields": lambda: ",".join(chance.sample([*module.by_name], 3)),
            "sort_by": lambda: chance.choice([*module.by_name, "id"]),
            "category": lambda: chance.choice(WORDS),
            "ids": lambda: ",".join(self._id(module.name) for _ in range(chance.randrange(1, 4))),
            "id": lambda: self._id("files"),
            "user_id": lambda: self._id("users"),
            "owner_id": lambda: self._id("users"),
            "message_id": lambda: self._id("mails"),
            "index": lambda: chance.choice(("0", "{}", "-{}")).format(self._id("mails")),
            "filter": self._filter,
            "module": lambda: module.name,
            "criteria": lambda: self._criteria(module),
            "email": lambda: chance.choice(("p1", "a@", MARK, "p@own.example")),
            "phone": lambda: chance.choice(("49", "+", "0")),
            "word": lambda: chance.choice(("Abel", MARK, "a b", "straße")),
            "page_token": lambda: self._own.some(chance, "tokens"),
            "If-Modified-Since": lambda: chance.choice(("2020-01-01T00:00:00Z", "Sat, 01 Jan 2050 00:00:00 GMT")),
        }
        return made.get(param.name, lambda: chance.choice(TEXTS))()

    def _filter(self) -> str:
        field = self._chance.choice(("subject", "from", "to", "cc", "owner", "time"))
        value = self._id("users") if field == "owner" else self._address("ada", "ben")
        one = {"comparator": "equal", "field": {"api_name": field}, "value": value}
        return json.dumps(one if self._well() else [one] * self._chance.randrange(3))

    def _criteria(self, module: Module) -> str:
        parts = []
        for _ in range(self._chance.randrange(1, 4)):
            name = self._chance.choice([*module.by_name, "id"])
            values = ",".join(self._text_of(module, name) for _ in range(self._chance.choice((1, 1, 2))))
            parts.append(f"({name}:{self._chance.choice([*Operator]).value}:{values})")
        return f"({self._chance.choice(('and', 'or')).join(parts)})"

    def _text_of(self, module: Module, name: str) -> str:
        """Some value of a field, as a query has it."""
        if name == "id" or not self._well():
            return self._id(module.name)
        value = filled(self._chance, module, self._own).get(name, self._chance.choice(TEXTS))
        return str(value["id"] if isinstance(value, dict) else value)

    def _coql(self, module: Module) -> str:
        chance = self._chance
        columns = ", ".join(chance.sample([*module.by_name, "id"], 3))
        comparisons = []
        for _ in range(chance.randrange(1, 4)):
            name = chance.choice([*module.by_name, "id"])
            value = "'" + self._text_of(module, name).replace("'", "''") + "'"
            form = chance.choice(
                ("{} = {}", "{} > {}", "{} in ({}, 1)", "{} like {}", "{} is null", "{} between {} and 9")
            )
            comparisons.append(f"({form.format(name, value)})")
        where = chance.choice((" and ", " or ")).join(comparisons)
        tail = chance.choice(("", " order by id", f" order by {chance.choice([*module.by_name])} desc", " limit 2, 3"))
        return f"select {columns} from {module.name} where {where}{tail}"

    def _headers(self, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
        chance = self._chance
        yield "Host", "postroom"
        if self._well() or chance.random() < 0.8:
            yield "Authorization", f"Zoho-oauthtoken {self._token if self._well() else chance.choice(_TYPES)}"
        for each in endpoint.params:
            if each.place is Place.HEADER and chance.random() < 0.3:
                yield each.name, self._param(each, MODULES[0]).replace("\r", "").replace("\n", "")

    def _body(self, endpoint: Endpoint, method: str, module: Module) -> tuple[bytes, str]:
        chance = self._chance
        if method in ("GET", "HEAD", "DELETE", "OPTIONS") and (self._well() or chance.random() < 0.5):
            return b"", ""
        if "files" in endpoint.template or "Attachments" in endpoint.template:
            return self._upload()
        value = self._value(endpoint, module)
        if not self._well():
            value = mutated(chance, value)
        octets = _json(value)
        if chance.random() < 0.05:
            octets = chance.choice(
                (b"", b"\xef\xbb\xbf" + octets, octets[: len(octets) // 2], octets + b"]", b"\xff" + octets)
            )
        return octets, "application/json" if self._well() else chance.choice(_TYPES)

    def _value(self, endpoint: Endpoint, module: Module) -> Any:
        chance = self._chance
        if endpoint.template == "/coql":
            return {"select_query": self._coql(module)}
        if endpoint.template.endswith("send_mail"):
            return {"data": [self._mail() for _ in range(chance.choice((1, 1, 2)))]}
        if not self._well():
            return {each: wild(chance) for each in chance.sample(_WRAPPERS, 2)}
        if endpoint.template.startswith("/users"):
            return {"users": [{"id": self._id("users"), "last_name": chance.choice(WORDS)}]}
        if endpoint.template == "/settings/fields":
            return {"fields": [self._field() for _ in range(chance.choice((1, 1, 2)))]}
        if "templates" in endpoint.template:
            return {"email_templates": [self._template(module) for _ in range(chance.choice((1, 1, 2)))]}
        if "domain_keys" in endpoint.template:
            return {"domain_keys": [self._domain_key() for _ in range(chance.choice((1, 1, 2)))]}
        if "Locking_Information__s" in endpoint.template:
            return {"data": [{"Locked_Reason__s": chance.choice(WORDS)}]}
        if "{related}" in endpoint.template:
            return {"data": [{"id": self._id(self._related)} for _ in range(chance.choice((1, 1, 2)))]}
        kind = NOTES if "Notes" in endpoint.template else module
        items = [self._item(kind) for _ in range(chance.choice((1, 1, 2, 5)))]
        more = (
            {"owner": {"id": self._id("users")}, "ids": [self._id(module.name)]}
            if "actions" in endpoint.template
            else {}
        )
        check = {"duplicate_check_fields": [each.name for each in module.unique]} if chance.random() < 0.3 else {}
        return {"data": items, **more, **check}

    def _item(self, module: Module) -> dict[str, Any]:
        item = filled(self._chance, module, self._own)
        if self._chance.random() < SWAPPED:
            item |= {each.name: {"id": self._id(each.targets[0])} for each in module.fields if each.targets}
        if self._chance.random() < 0.5:
            item["id"] = self._id(module.name)
        return item

    def _field(self) -> dict[str, Any]:
        """A field of one's own; none is mandatory, or no record could be inserted any more."""
        chance = self._chance
        return {
            "field_label": chance.choice(WORDS),
            "data_type": chance.choice([*Kind]).value,
            "length": chance.choice((None, None, 1, 20, 10**6)),
            "unique": {"casesensitive": False} if chance.random() < 0.2 else {},
            "pick_list_values": [{"display_value": each} for each in chance.sample(WORDS, 2)],
        }

    def _template(self, module: Module) -> dict[str, Any]:
        chance = self._chance
        named = f"${{{module.name}.{chance.choice([*module.by_name])}}}"
        return {
            "name": f"{chance.choice(WORDS)} {chance.randrange(1000)}",
            "module": {"api_name": module.name if self._well() else chance.choice(TEXTS)},
            "subject": chance.choice((named, f"a {named} {named}", *TEXTS)),
            "content": chance.choice((f"<p>{named}", "${Users.full_name}", "${Org.company_name}", *TEXTS)),
            "category": chance.choice(WORDS),
            "mail_format": chance.choice(("html", "text", None)),
            "attachments": [{"id": self._id("files")}] if chance.random() < 0.3 else None,
        }

    def _domain_key(self) -> dict[str, Any]:
        chance = self._chance
        return {
            "domain": "own.example" if self._well() else chance.choice(TEXTS),
            "algorithm": "ed25519",  # an RSA key costs as much as a hundred requests
            "selector": chance.choice((None, "a", "b.c", *WORDS)),
        }

    def _mail(self) -> dict[str, Any]:
        chance = self._chance
        answered = self._id("mails")
        return {
            "from": {"user_name": "Ada", "email": self._address("ada", "office")},
            "to": [{"email": self._address("ada", "ben")}],
            "subject": chance.choice(("A subject", None)) if self._well() else chance.choice(TEXTS),
            "content": chance.choice(("<p>A text</p>", None)) if self._well() else chance.choice(TEXTS),
            "attachments": [{"id": self._id("files")}] if chance.random() < 0.3 else [],
            "in_reply_to": chance.choice((None, None, answered, {"message_id": answered})),
            "template": {"id": self._id("templates")} if chance.random() < 0.2 else None,
        }

    def _address(self, *names: str) -> str:
        """Of one of these people of the world, in the own organisation or, seldom, in the other one."""
        return f"{self._chance.choice(names)}@org{2 if self._chance.random() < SWAPPED / 2 else 1}.example"

    def _upload(self) -> tuple[bytes, str]:
        content = self._chance.randbytes(self._chance.choice((0, 10, 3000)))
        name = quote(self._chance.choice(TEXTS), errors="replace")[:300]
        part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content
        whole = part + b"\r\n--b--\r\n"
        whole = whole if self._well() else whole[: self._chance.randrange(len(whole))]
        return whole, "multipart/form-data; boundary=b" if self._well() else self._chance.choice(_TYPES)

    def _framed(self, body: bytes) -> bytes:
        """The end of the head, and the body: with its length, or in chunks."""
        if not body:
            return b"\r\n" if self._chance.random() < 0.5 else b"Content-Length: 0\r\n\r\n"
        if self._chance.random() < 0.9:
            return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        half = len(body) // 2
        pieces = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (body[:half], body[half:]) if each)
        return b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"


def _json(value: Any) -> bytes:
    """As a client without scruples writes it: halves of characters escaped, numbers of any length, NaN."""
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return b"[" * 5000
