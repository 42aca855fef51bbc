"""What to do where a step of trying a server failed."""

from typing import Final, TypeAlias

from postroom.cli.providers import of_host
from postroom.mail.life import Outcome, Why
from postroom.smtp.probe import Step
from postroom.smtp.route import Route, Tls

_TRUST_IT: Final = "where the server is yours, put what signed its certificate into a PEM file and name that in ca_file"
_WRONG_PAIR: Final = (
    "the port may be for the other kind of protection: 465 goes with --tls tls, 587 with --tls starttls"
)

# A step, what its line holds (any of it where this is empty), and what to do; the first that fits.
_Row: TypeAlias = tuple[Step, str, str]
_ROWS: Final[tuple[_Row, ...]] = (
    (Step.RESOLVE, "", "see whether the name of the server is written as its operator writes it"),
    (Step.CONNECT, "in time", "a firewall may be in between; see whether host and port are right"),
    (Step.CONNECT, "", "nobody listens there: see whether host and port are right (mostly 587 or 465)"),
    (Step.GREET, "in time", _WRONG_PAIR),
    (Step.GREET, "closed", _WRONG_PAIR),
    (Step.GREET, "begin with a code", "something else than a mail server listens at this port"),
    (Step.GREET, "", "the server wants nothing of us now; its operator may say why"),
    (
        Step.TLS,
        "does not offer STARTTLS",
        "try --tls tls with port 465; --tls none is for a server of your own network only",
    ),
    (Step.TLS, "mismatch", "name the server by a name that its certificate has"),
    (Step.TLS, "expired", "the server's operator must renew it"),
    (Step.TLS, "not yet valid", "see whether this machine's clock is right"),
    (Step.TLS, "self-signed", _TRUST_IT),
    (Step.TLS, "local issuer", _TRUST_IT),
    (Step.TLS, "", _WRONG_PAIR),
    (Step.SIGN_IN, "token server", "see whether client id, secret and scope are those that the issuer knows"),
    (Step.SIGN_IN, "has ended", "agree anew at the issuer, and give the new refresh token"),
    (Step.SIGN_IN, "offers", "the server may offer a sign-in under TLS only: --tls starttls or tls"),
    (
        Step.SIGN_IN,
        "",
        "see whether user name and password are right; many providers want a password made for programs",
    ),
)


def advice(route: Route, step: Step, outcome: Outcome) -> str:
    """One line; empty where the server's own says all."""
    if step is Step.CONNECT and route.port == 25 and "in time" in outcome.line:
        return "many networks block port 25; servers that people sign in to listen at 587 and 465"
    if step is Step.SIGN_IN and outcome.code is not None and (provider := of_host(route.host)) is not None:
        return f"{provider.hint} (see {provider.source})"
    if step is Step.TEST_MAIL:
        return _of_mail(route, outcome)
    return next((told for where, part, told in _ROWS if where is step and part in outcome.line), "")


def _of_mail(route: Route, outcome: Outcome) -> str:
    if route.credentials is None and (outcome.code == 530 or outcome.why in (Why.AUTHENTICATION, Why.RELAY_DENIED)):
        protected = "" if route.tls is not Tls.NONE else ", which wants --tls starttls or tls"
        return f"the server takes mail of those who sign in: --username{protected}"
    if outcome.why is Why.BAD_SENDER or (outcome.code == 553 and route.credentials is not None):
        return "the account may not send from this address: add the address to it, or sign in as its owner"
    return "the server's line tells why it did not take it"
