"""The form of a contract case: what is asked, and what must come back, as one row that reads as a sentence.

Words in braces (``{code}``, ``{client_id}``) stand for something that the actor of the case has; ``actor.py`` says what
there is. Nothing is made before it is named, and each case has its own. What was answered before, in JSON, the details
of the first of its ``data``, or the address of a redirect, is there as ``{got_code}``, ``{got_id}`` and so on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}")
USER_CODE = re.compile(r"[B-Z]{4}-[B-Z]{4}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. ``form`` goes into the body, ``query`` into the URL; ``bearer`` is an access token."""

    method: str
    path: str
    form: Mapping[str, str] | None = None
    query: Mapping[str, str] | None = None
    json: Any = None
    octets: bytes | None = None  # the body as it is
    files: tuple[int, ...] = ()  # the body holds files of so many octets
    bearer: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    multipart: bool = False
    visitor: str | None = None  # whose browser: member, guest (of two organisations), or nobody's
    submit: str | None = None  # on the page that comes, the form with this address is sent
    accept: bool | None = None  # the form that asks for consent is sent: True accepts, False refuses
    typed: Mapping[str, str] = field(default_factory=dict)  # into the form that is sent
    refused: bool = False  # of what leads up to a case: it is meant to fail


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One row of the contract.

    ``section`` is one of docs/reference/wire.md, ``row`` how the row of a table there begins. ``answer`` holds the keys
    of the JSON that must come, patterns matched whole; ``exactly``: and no others. ``page`` is a text of the page or a
    pattern found in it, ``to`` the start of where the browser is sent, ``carries`` the parameters with which.
    """

    section: str
    row: str = ""
    what: str
    ask: Ask
    before: tuple[Ask, ...] = ()
    times: int = 1  # of the last of ``before``
    pause: float = 0  # minutes that pass after each of ``before``
    status: int = 200
    answer: Mapping[str, Any] | None = None
    exactly: bool = False
    without: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    page: str | re.Pattern[str] | None = None
    to: str | None = None
    carries: Mapping[str, Any] = field(default_factory=dict)
    fragment: bool = False
    kind: str = "self"  # of the actor's client: wire reference 4.1
    strict: bool = False  # with the limits that a server has unless told
    minutes: float = 0  # that pass before the last request
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the server, beside those
    beside: Ask | None = None  # a call that is not answered before the last request is
    lost: bool = False  # the server's files are gone by then

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.section} {self.row + ': ' if self.row else ''}{self.what}"
