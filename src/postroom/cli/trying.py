"""A server is tried before it is kept: each step is told as it passes, and the one that fails with what to do."""

import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.cli.wayout import WayOut
    from postroom.mail.address import Address
    from postroom.mail.life import Outcome
    from postroom.smtp.grant import Grant
    from postroom.smtp.journal import Journal
    from postroom.smtp.probe import Tried
    from postroom.smtp.protocol import Envelope
    from postroom.smtp.route import Route
    from postroom.smtp.session import Session
    from postroom.smtp.tokens import Tokens
    from postroom.store.transports import Transport

# Somebody sits before the terminal: what takes longer than this for one step is no server to send through.
PATIENCE_SECONDS: Final = 20.0
_WIDTH: Final = 9  # of the longest step


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """How far a server is tried: not at all, to the end of its sign-in, or with a mail to the address itself."""

    untried: bool = False
    test_mail: bool = False


def with_trial(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb, inside of ``with_way_out``, the options of a trial and its argument ``trial``."""

    @click.option("--untried", is_flag=True, help="Keep the server without trying it.")
    @click.option("--test-mail", is_flag=True, help="Try it with a mail from the address to itself, too.")
    @wraps(verb)
    def run(*args: Any, untried: bool, test_mail: bool, way_out: "WayOut | None", **words: Any) -> Any:
        if way_out is None and (untried or test_mail):
            raise click.UsageError("--untried and --test-mail need --host")
        if untried and test_mail:
            raise click.UsageError("a server is tried or not: --test-mail or --untried")
        return verb(*args, way_out=way_out, trial=Trial(untried=untried, test_mail=test_mail), **words)

    return run


@dataclass(frozen=True, kw_only=True, slots=True)
class Proven:
    """A transport to be kept, with the refresh token that it has by now, and the steps by which it was tried."""

    way: "Transport"
    steps: "Sequence[Tried]" = ()


async def tried(app: "App", way: "Transport", trial: Trial, address: "Address") -> Proven:
    """Try it, and tell each step as it passes.

    Raises ``TrialFailed`` where one failed, unless somebody at a terminal wants the server all the same.
    """
    if way.direct or trial.untried:
        return Proven(way=way)
    from postroom.cli.advice import advice
    from postroom.smtp.probe import probe
    from postroom.smtp.route import Destination
    from postroom.worker.deliver import Ways
    from postroom.worker.grants import tokens_of
    from postroom.worker.routing import Routing

    destination = await Ways(app.vault, Routing(app).find).to(way, "")
    assert isinstance(destination, Destination), "a server of one's own needs no look-up"
    [route] = destination.routes
    steps: list[Tried] = []
    agreed = _Agreed()
    tokens = tokens_of(app, agreed.newest, agreed.exchange)
    letter = _letter(app, address) if trial.test_mail else None
    try:
        async with aclosing(probe(route, partial(_open, app, route, tokens), letter)) as found:
            async for each in found:
                steps.append(each)
                click.echo(_line(each), err=True)
    finally:
        await tokens.close()
    outcome = steps[-1].outcome
    if outcome is not None:
        failed = TrialFailed(steps, advice(route, steps[-1].step, outcome))
        if not (sys.stdin.isatty() and click.confirm(f"{failed.format_message()}. Keep it all the same?", err=True)):
            raise failed
    return Proven(way=agreed.of(app, way), steps=steps)


class _Agreed:
    """The grant that takes the place of the one that was shown: a transport that is not stored yet has it from here."""

    def __init__(self) -> None:
        self._grant: Grant | None = None

    async def newest(self, _: "Route") -> "Grant | None":
        return self._grant

    async def exchange(self, _: "Route", __: "Grant", new: "Grant") -> None:
        self._grant = new

    def of(self, app: "App", way: "Transport") -> "Transport":
        return way if self._grant is None else replace(way, oauth=app.vault.seal(self._grant.text))


class TrialFailed(click.ClickException):
    """The server was tried and is not kept; ``steps`` are those that passed and the one that did not."""

    def __init__(self, steps: "Sequence[Tried]", told: str) -> None:
        last = steps[-1]
        said = "" if last.outcome is None else _said(last.outcome)
        super().__init__(f"{last.step.value} failed: {said}; {told}" if told else f"{last.step.value} failed: {said}")
        self.steps = steps
        self.told = told

    def as_object(self) -> dict[str, object]:
        """For ``--json``."""
        return {"tried": as_objects(self.steps), "advice": self.told}


def as_objects(steps: "Sequence[Tried]") -> list[dict[str, object]]:
    """For ``--json``."""
    return [
        {"step": each.step.value, "passed": each.outcome is None, "seen": each.seen or _said(each.outcome)}
        for each in steps
    ]


def _line(each: "Tried") -> str:
    name = each.step.value.ljust(_WIDTH)
    return f"{name}  ok  {each.seen}".rstrip() if each.outcome is None else f"{name}  failed: {_said(each.outcome)}"


def _said(outcome: "Outcome | None") -> str:
    return "" if outcome is None else f"{outcome.code or ''} {outcome.line}".strip()


async def _open(app: "App", route: "Route", tokens: "Tokens", journal: "Journal") -> "Session":
    """As a worker does, if less patient."""
    from postroom.smtp.deadlines import Deadlines
    from postroom.smtp.session import Session
    from postroom.smtp.trust import Trust

    scaled = Deadlines.scaled(app.settings.smtp_timeout_scale)
    return await Session.open(
        route,
        hostname=app.settings.hostname,
        trust=Trust(app.settings.ca_file, app.clock),
        deadlines=Deadlines(
            stage={stage: min(seconds, PATIENCE_SECONDS) for stage, seconds in scaled.stage.items()},
            total=scaled.total,
            farewell=min(scaled.farewell, PATIENCE_SECONDS),
        ),
        journal=journal,
        tokens=tokens,
    )


def _letter(app: "App", address: "Address") -> "tuple[Envelope, bytes]":
    from postroom.mail.compose import compose
    from postroom.mail.draft import Format, Kind, Letter, Mailbox, Recipient
    from postroom.smtp.protocol import Envelope

    mailbox = Mailbox(name="", address=address)
    to = (Recipient(n=0, kind=Kind.TO, mailbox=mailbox),)
    letter = Letter(
        mail_id=app.ids.opaque(),
        sender=mailbox,
        recipients=to,
        reply_to=None,
        subject="Postroom can send from this address",
        content="This mail was sent to try the SMTP server of this address. Nothing is to be done.\n",
        format=Format.TEXT,
        files=(),
        dated_at=app.clock(),
        is_own=True,
    )
    composed = compose(letter)
    message = b"".join(each for each in composed.segments if isinstance(each, bytes))
    return Envelope(sender=address, recipients=to, size=composed.size, smtputf8=composed.smtputf8), message
