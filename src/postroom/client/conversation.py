"""How a call is carried through: with a token, again where that is safe, and never where it is not.

A pure state machine. ``Conversation.carry`` yields what is to be done next, a ``Message`` to be sent or a ``Pause`` to
be made, and is sent what came of it; a driver does nothing else. Clock and chance are arguments.

* GETs and token requests are repeated after failures, 429 and lost answers, with growing pauses or as ``Retry-After``
  says.
* Sending a mail is repeated against Postroom only, under one idempotency key; Bigin has none, and a repeat might be a
  second mail.
* Whatever it is, it is repeated where it is known that nothing was sent, and once where the access token had been
  revoked.
"""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Final
from urllib.parse import quote, urlencode

from postroom.client import reading
from postroom.client.centers import PREFIX, Place
from postroom.client.credentials import Credentials
from postroom.client.errors import NotServed, ServerFailed, Unanswered, Unreachable
from postroom.client.multipart import Form
from postroom.client.talk import Answer, Call, Lost, Message, Repeat, Request, T
from postroom.client.tokens import Kept, Release, Token

# ms: a token in its last minute might end before the call does.
_SPARE: Final = 60_000
# Seconds between two looks at a lock, and how many: a little longer than its holder may wait for the server. It may be
# asleep for good (Ctrl-Z), so then it is passed over.
_LOOK: Final = 0.05
_LOOKS: Final = 700
_REVOKED: Final = (b"INVALID_TOKEN", b"INVALID_OAUTHTOKEN")  # W 5.3
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_BUSY: Final = 409  # with Retry-After: the same mail is being taken at this moment (W 1.8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """To wait, in seconds."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How often a request is tried, and the pauses between tries, in seconds: each is twice the one before.

    A server that asks for more than ``longest`` is not waited for: its answer is the caller's.
    """

    tries: int = 4
    first: float = 0.5
    longest: float = 30.0

    def pause(self, attempt: int, told: float | None, chance: float) -> float | None:
        """The pause after a number of tries; None: no more. ``chance`` in 0 … 1 keeps callers from coming together."""
        if attempt >= self.tries or (told is not None and told > self.longest):
            return None
        if told is not None:
            return told
        return float(min(self.longest, self.first * 2 ** (attempt - 1)) * (0.5 + chance / 2))


Headers = list[tuple[str, str]]
Step = Message | Pause
Reply = Answer | Lost | None
Steps = Generator[Step, Reply, T]


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """Time and chance: ``clock`` gives ms since the epoch, ``chance`` a number in 0 … 1, ``word`` letters and digits
    that nobody has had before, for keys and boundaries.
    """

    clock: Callable[[], int]
    chance: Callable[[], float]
    word: Callable[[], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """Everything that a call needs beside its own request. ``agent`` is what it says of itself."""

    place: Place
    credentials: Credentials
    kept: Kept
    patience: Patience
    means: Means
    agent: str

    def carry(self, call: Call[T]) -> Steps[T]:
        """Do the call. Raises ``CallFailed``."""
        talk = call.talk()
        request = next(talk)
        while True:
            answer = yield from self._answered(request)
            try:
                request = talk.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise ServerFailed("an answer of another shape than the API's", status=answer.status) from error

    def authorized(self, refused: str | None = None) -> Steps[Token]:
        """A token that is good for a while, and not the one that was ``refused``."""
        release: Release | None = None
        looks = 0
        while (found := self.kept.find(self.means.clock(), refused)) is None and looks < _LOOKS:
            if (release := self.kept.lock()) is not None:
                break
            looks += 1
            yield Pause(seconds=_LOOK)
        try:
            # Whoever had the lock before may have got one.
            return found or self.kept.find(self.means.clock(), refused) or (yield from self._granted())
        finally:
            if release is not None:
                release()

    def _granted(self) -> Steps[Token]:
        asked_at = self.means.clock()
        shown = {
            "grant_type": "refresh_token",
            "refresh_token": self.credentials.refresh_token,
            "client_id": self.credentials.client_id,
            "client_secret": self.credentials.client_secret,
        }
        message = Message(
            method="POST",
            url=f"{self.place.accounts}/oauth/v2/token",
            headers=(*self._headers(), ("Content-Type", "application/x-www-form-urlencoded")),
            content=urlencode(shown).encode(),
        )
        access, seconds, domain = reading.token((yield from self._persist(message, again=True)))
        new = Token(access=access, ends_at=asked_at + seconds * 1000 - _SPARE, api_domain=domain)
        self.kept.keep(new)
        return new

    def _answered(self, request: Request) -> Steps[Answer]:
        if request.extension and not self.place.postroom:
            raise NotServed("Bigin has no such call; Postroom does")
        keyed = request.repeat is Repeat.KEYED and self.place.postroom
        again = keyed or request.repeat is Repeat.SAFE
        headers, content = self._body(request)
        if keyed:
            headers.append(("Idempotency-Key", request.key or self.means.word()))
        dressed = partial(self._dressed, request, headers, content)
        token = yield from self.authorized()
        answer = yield from self._persist(dressed(token), again=again)
        if answer.status == 401 and any(each in answer.content for each in _REVOKED):
            # It was kept from an earlier call, and has been revoked or pushed out by newer ones. Nothing was done.
            token = yield from self.authorized(token.access)
            answer = yield from self._persist(dressed(token), again=again)
        return answer

    def _persist(self, message: Message, *, again: bool) -> Steps[Answer]:
        """Send it until there is an answer to go by; ``again``: it may be sent twice."""
        for attempt in count(1):
            reply = yield message
            assert reply is not None, "a message has a reply"
            pause = self._pause(attempt, reply, again)
            if pause is not None:
                yield Pause(seconds=pause)
            elif isinstance(reply, Answer):
                return reply
            else:
                raise (Unanswered if reply.sent else Unreachable)(f"{_host(message.url)}: {reply.why}")
        raise AssertionError("tries come to an end")

    def _pause(self, attempt: int, reply: Answer | Lost, again: bool) -> float | None:
        """How long to wait before the next try; None: there is none."""
        told = None
        if isinstance(reply, Lost):
            worth = again or not reply.sent
        else:
            told = reading.retry_after(reply)
            worth = again and (reply.status in _AGAIN or (reply.status == _BUSY and told is not None))
        return self.patience.pause(attempt, told, self.means.chance()) if worth else None

    def _body(self, request: Request) -> tuple[Headers, bytes | Form | None]:
        """The body, and the headers that tell of it."""
        if request.uploads:
            form = Form.of(request.uploads, self.means.word(), request.progress)
            return [("Content-Type", form.content_type), ("Content-Length", str(form.length))], form
        if request.json is not None:
            return [("Content-Type", "application/json")], written(request.json)
        return [], None

    def _dressed(self, request: Request, headers: Headers, content: bytes | Form | None, token: Token) -> Message:
        """The request as it goes over the wire."""
        return Message(
            method=request.method,
            url=target(self.place.domain(token.api_domain), request),
            headers=[*self._headers(), ("Authorization", f"Zoho-oauthtoken {token.access}"), *headers],
            content=content,
            into=request.into,
        )

    def _headers(self) -> Headers:
        return [("User-Agent", self.agent), ("Accept", "*/*")]


def target(domain: str, request: Request) -> str:
    """The URL of a request."""
    return f"{domain}{PREFIX}{request.path}{_query(request.params)}"


def written(value: Mapping[str, Any]) -> bytes:
    """A body in JSON, UTF-8, as short as it can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _query(params: Mapping[str, str]) -> str:
    return f"?{urlencode(params, quote_via=quote)}" if params else ""


def _host(url: str) -> str:
    """What of a URL says where it leads."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
