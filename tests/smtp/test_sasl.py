"""AUTH: which mechanism is taken, what each says, and what a server may not do to us."""

from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
from scramp import ScramMechanism

from postroom.mail.life import Outcome, Stage
from postroom.smtp.mechanisms import Bearer
from postroom.smtp.protocol import Capabilities, Lost, SessionFailed
from postroom.smtp.reply import Reply
from postroom.smtp.route import Credentials, Route, Tls
from postroom.smtp.sasl import authenticate

TIM = Credentials(username="tim", password="tanstaaftanstaaf")
SOMEONE = Bearer(username="someuser@example.com", token="ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
NONCE = "fyko+d2lbbFgONRv9qkxdawL"

WELCOME = "235 2.7.0 welcome"
NO = "535 5.7.8 no"
UNKNOWN = "504 5.5.4 unrecognized authentication type"


class Talk:
    """A server that says ``answers`` in turn, and what it heard; ``end`` is why nobody was let in."""

    def __init__(
        self,
        mechanisms: str,
        *answers: str | Callable[[str], str] | Lost,
        login: Credentials | Bearer = TIM,
        tls: Tls = Tls.STARTTLS,
    ) -> None:
        self.heard: list[str] = []
        self.end: Outcome | None = None
        offers = Capabilities(auth=frozenset(mechanisms.split()))
        route = Route(transport_id=1, host="server.example.com", port=143, tls=tls)
        conversation = authenticate(login, offers, route, nonce=NONCE)
        try:
            ask = next(conversation)
            for answer in answers:
                self.heard.append(ask.data.decode().removesuffix("\r\n"))
                if isinstance(answer, Lost):
                    ask = conversation.throw(answer)
                    continue
                said = answer if isinstance(answer, str) else answer(self.heard[-1])
                lines = said.split("\n")
                ask = conversation.send(Reply(int(lines[0][:3]), tuple(line[4:] for line in lines)))
            raise AssertionError(f"more was said than is answered: {ask}")
        except StopIteration:
            assert len(self.heard) == len(answers)
        except SessionFailed as failure:
            self.end = failure.outcome


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def ask(text: str) -> str:
    return f"334 {base64(text)}"


@pytest.mark.parametrize(
    ("offered", "tls", "tried"),
    [
        ("LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-1", Tls.TLS, "SCRAM-SHA-256 PLAIN LOGIN CRAM-MD5"),
        ("LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256", Tls.NONE, "SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN"),
        ("XOAUTH2 LOGIN OAUTHBEARER", Tls.STARTTLS, "LOGIN"),
    ],
)
@pytest.mark.parametrize(
    "unknown", [UNKNOWN, "534 5.7.9 mechanism is too weak", "501 5.5.4 what?", "432 4.7.12 not yet"]
)
def test_the_strongest_first_then_what_the_server_knows(offered: str, tls: Tls, tried: str, unknown: str) -> None:
    names = tried.split()
    talk = Talk(offered, *[unknown] * len(names), tls=tls)
    assert [line.split(" ")[1] for line in talk.heard] == names
    assert talk.end is not None
    assert talk.end.code == int(unknown[:3])
    again = Talk(offered, *[unknown] * (len(names) - 1), NO, tls=tls)
    assert (again.end and again.end.code, len(again.heard)) == (535, len(names))


@pytest.mark.parametrize("refusal", [NO, "535 5.5.4 no", "454 4.7.0 later", "421 4.3.2 bye"])
def test_who_is_refused_does_not_try_another_way(refusal: str) -> None:
    talk = Talk("PLAIN LOGIN SCRAM-SHA-256", refusal)
    assert (talk.end and talk.end.code, len(talk.heard)) == (int(refusal[:3]), 1)


@pytest.mark.parametrize(
    ("login", "said"),
    [
        (TIM, ["AUTH CRAM-MD5", base64("tim b913a602c7eda7a495b4e6e7334d3890")]),  # RFC 2195 §2
        (
            SOMEONE,  # Google's own example
            [
                "AUTH XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQm"
                "hkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
            ],
        ),
    ],
)
def test_examples_of_those_who_made_them(login: Credentials | Bearer, said: list[str]) -> None:
    challenge = ask("<1896.697170952@postoffice.reston.mci.net>")
    answers = [challenge, WELCOME] if login is TIM else [WELCOME]
    assert Talk("CRAM-MD5 XOAUTH2", *answers, login=login).heard == said


def test_the_example_of_oauthbearer() -> None:
    # RFC 7628 §4.1
    bearer = Bearer(username="user@example.com", token="vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
    talk = Talk("XOAUTH2 OAUTHBEARER", WELCOME, login=bearer)
    assert talk.heard == [
        "AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGO"
        "WRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
    ]
    odd = Talk("OAUTHBEARER", WELCOME, login=Bearer(username="a=b,c", token="t"))
    assert b64decode(odd.heard[0].split()[2]).startswith(b"n,a=a=3Db=2Cc,\x01host=")


@pytest.mark.parametrize(("mechanism", "last"), [("XOAUTH2", ""), ("OAUTHBEARER", "AQ==")])
def test_why_a_token_is_refused_is_told_and_the_token_is_not(mechanism: str, last: str) -> None:
    why = f'{{"status":"401","schemes":"bearer","scope":"https://mail.example/","error_description":"{SOMEONE.token}"}}'
    talk = Talk(mechanism, ask(why), f"535-5.7.8 no {SOMEONE.token}\n535 5.7.8 no", login=SOMEONE)
    assert talk.heard[1] == last
    assert talk.end is not None
    assert (talk.end.code, talk.end.line) == (
        535,
        "5.7.8 no *** 5.7.8 no (status 401, scope https://mail.example/, error_description ***)",
    )
    assert SOMEONE.token not in repr(talk.end)
    for nothing in ("334 ", "334 !", ask("[]"), ask('{"status":[]}'), ask("{")):
        assert (end := Talk(mechanism, nothing, NO, login=SOMEONE).end) is not None
        assert end.line == "5.7.8 no"


def test_a_token_is_shown_under_tls_only() -> None:
    talk = Talk("XOAUTH2", login=SOMEONE, tls=Tls.NONE)
    assert talk.end is not None
    assert talk.end.line == "an access token is shown to a server under TLS only"


def test_a_long_token_waits_for_the_server_to_ask() -> None:
    # RFC 4954 §4: with it the command would be longer than RFC 5321 §4.5.3.1.4 lets it be.
    long = Bearer(username="ann@example.com", token="t" * 1500)
    talk = Talk("XOAUTH2", "334 ", WELCOME, login=long)
    assert talk.heard == ["AUTH XOAUTH2", base64(f"user=ann@example.com\1auth=Bearer {long.token}\1\1")]
    refused = Talk("XOAUTH2", "334 ", ask('{"status":"400"}'), NO, login=long)
    assert (refused.heard[2], refused.end and refused.end.line) == ("", "5.7.8 no (status 400)")


class Scram:
    """scramp's server, one answer for each thing it hears; ``lie`` changes what it says."""

    def __init__(self, password: str, lie: Callable[[str], str] = str) -> None:
        mechanism = ScramMechanism("SCRAM-SHA-256")
        self._server = mechanism.make_server(lambda _: mechanism.make_auth_info(password, iteration_count=4096))
        self._lie = lie

    def first(self, heard: str) -> str:
        self._server.set_client_first(b64decode(heard.split()[2]).decode())
        return ask(self._lie(self._server.get_server_first()))

    def final(self, heard: str) -> str:
        self._server.set_client_final(b64decode(heard).decode())
        return ask(self._lie(self._server.get_server_final()))


def test_scram_shows_no_password_and_believes_no_server_that_does_not_know_it() -> None:
    good = Scram(TIM.password)
    talk = Talk("SCRAM-SHA-256", good.first, good.final, WELCOME)
    assert (talk.end, talk.heard[2]) == (None, "")
    assert all(base64(TIM.password)[:-4] not in line for line in talk.heard)
    liar = Scram(TIM.password, lambda said: said.replace("v=", "v=AAAA"))
    for answers, stopped, why in (
        ((liar.first, liar.final, "501 broken off"), "*", "the server does not know the password itself"),
        ((Scram("").first, WELCOME), None, "the server lets us in before it has shown or asked what it must"),
        ((WELCOME,), None, "the server lets us in before it has shown or asked what it must"),
        (("334 !", "501 "), "*", "the server's challenge cannot be read"),
        (("334 !", Lost(Stage.AUTH, "hung up")), "*", "the server's challenge cannot be read"),
        ((Scram("").first, ask("e=invalid-proof"), WELCOME), None, "the server lets us in and says that it does not"),
    ):
        refused = Talk("SCRAM-SHA-256 PLAIN", *answers)
        assert refused.end is not None
        assert (refused.end.code, refused.end.line) == (None, why)
        assert (refused.heard[-1] == "*") is (stopped == "*")
    wrong = Talk("SCRAM-SHA-256 PLAIN", Scram("").first, ask("e=invalid-proof"), NO)
    assert (wrong.end and wrong.end.code, wrong.heard[2:]) == (535, [""])


def test_a_password_that_scram_has_no_form_for_is_said_otherwise() -> None:
    smile = Credentials(username="tim", password="\U0001f600")
    said = base64(f"\0tim\0{smile.password}")
    assert Talk("SCRAM-SHA-256 PLAIN", WELCOME, login=smile).heard == [f"AUTH PLAIN {said}"]
    alone = Talk("SCRAM-SHA-256", ask(f"r={NONCE}more,s=c2FsdA==,i=4096"), "501 broken off", login=smile)
    assert alone.end is not None
    assert alone.end.line == "SASLprep does not know a character of the password"


@pytest.mark.parametrize("name", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
def test_a_server_that_asks_on_and_on_is_left(name: str) -> None:
    ready = {"PLAIN": 1, "LOGIN": 3, "CRAM-MD5": 2, "SCRAM-SHA-256": 1}[name]
    talk = Talk(name, *["334 PDE+"] * ready, "501 5.7.0 broken off")
    assert (talk.heard[-1], talk.end and talk.end.code) == ("*", None)


def test_what_the_server_quotes_of_what_it_was_sent_is_not_kept() -> None:
    for name, answers in (("CRAM-MD5", [ask("<1@x>")]), ("LOGIN", [ask("u"), ask("p")]), ("PLAIN", [])):
        talk = Talk(name, *answers, lambda heard: f"535 5.7.8 {heard.split()[-1]} and {TIM.password} are wrong")
        assert talk.end is not None
        assert talk.end.line == "5.7.8 *** and *** are wrong"


def test_what_was_offered_before_tls_alone_is_no_offer() -> None:
    talk = Talk("")
    assert (talk.heard, talk.end and talk.end.line) == ([], "the server offers no AUTH under TLS")
