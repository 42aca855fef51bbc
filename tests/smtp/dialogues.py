"""What servers say, and what must come of it: a dialogue a line, for every player.

The player is a ``Wire`` (test_dialogues.py plays all of them, in pieces, and cut everywhere) or a ``Server``.
"""

from dataclasses import dataclass
from typing import Final

from postroom.mail.life import Result
from postroom.smtp.message import BLOCK_OCTETS
from postroom.smtp.protocol import Envelope
from postroom.smtp.route import Credentials
from postroom.smtp.transaction import CHUNKED_OCTETS
from tests.smtp.letters import MESSAGE, envelope
from tests.smtp.peers import OFFERS, Act, Answers, offers

CUT: Final = Act.CUT
LETTERS: Final = {"A": Result.ACCEPTED, "D": Result.DEFERRED, "R": Result.REJECTED, "U": Result.UNKNOWN}
LARGE: Final = MESSAGE + b"." * 70 + b"\r\n" * 3 + (b"." + b"x" * 76 + b"\r\n") * (CHUNKED_OCTETS // 79)
NAMES: Final = ("bob@example.net", "eve@example.net", "ida@example.net")
STEPWISE: Final = offers("SIZE 100000000", "SMTPUTF8")
BARE: Final = offers("PIPELINING")
CHUNKING: Final = offers("PIPELINING", "CHUNKING")
GO: Final = b"354 go on\r\n"
OK: Final = b"250 2.0.0 Ok\r\n"
BUSY: Final = b"421 4.3.2 closing\r\n"
NO: Final = b"550 5.7.1 no\r\n"
LATER: Final = b"451 4.3.0 later\r\n"
ODD: Final = b"334 what now?\r\n"
WRONG: Final = b"503 5.5.1 not now\r\n"
VERBS: Final = {
    "EHLO": "E",
    "HELO": "H",
    "AUTH": "A",
    "MAIL": "M",
    "RCPT": "R",
    "DATA": "D",
    "BDAT": "B",
    ".": ".",
    "RSET": "X",
    "QUIT": "Q",
}
IN_VAIN: Final = {"RCPT": WRONG, "DATA": WRONG}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialogue:
    """``results`` has a letter for each recipient; ``heard`` for each line that the server must hear, see ``VERBS``.
    With a QUIT the session could have taken another mail, or a server that refused us was left in good order. Behind a
    ``*`` stands what must come after the chunks. All of this where each reply comes at once and whole.
    """

    name: str
    results: str
    heard: str
    answers: Answers
    mail: Envelope
    body: bytes
    credentials: Credentials | None


def _d(
    name: str,
    results: str,
    heard: str,
    answers: Answers,
    *,
    mail: Envelope | None = None,
    large: bool = False,
    credentials: Credentials | None = None,
) -> Dialogue:
    body = LARGE if large else MESSAGE
    return Dialogue(
        name=name,
        results=results,
        heard=heard,
        answers={"EHLO": CHUNKING, **answers} if large else answers,
        mail=mail or envelope(*NAMES[: len(results)], size=len(body)),
        body=body,
        credentials=credentials,
    )


_SENT: Final = "EMRD.Q"

GREETINGS: Final = (
    _d("a greeting of one word", "A", _SENT, {"CONNECT": b"220\r\n"}),
    _d("a greeting of many lines", "A", _SENT, {"CONNECT": b"220-welcome\r\n220-\r\n220 to the server\r\n"}),
    _d("line ends without CR", "A", _SENT, {"CONNECT": b"220-a\n220 b\n", "MAIL": b"250 Ok\n", ".": b"250-a\n250 b\n"}),
    _d("too busy to greet", "D", "Q", {"CONNECT": BUSY}),
    _d("no service here", "D", "Q", {"CONNECT": b"554 5.7.1 go away\r\n"}),
    _d("no mail is taken here", "D", "Q", {"CONNECT": b"521 5.3.2 no mail\r\n"}),
    _d("a greeting that is none", "D", "Q", {"CONNECT": OK}),
    _d("another protocol", "D", "", {"CONNECT": b"SSH-2.0-OpenSSH_9.2\r\n"}),
    _d("a greeting of HTTP", "D", "", {"CONNECT": b"HTTP/1.1 400 Bad Request\r\n\r\n"}),
    _d("a greeting without end", "D", "", {"CONNECT": b"220-more\r\n" * 500}),
    _d("a greeting without line end", "D", "", {"CONNECT": b"220 " + b"x" * 5000}),
    _d("a greeting that changes its mind", "D", "", {"CONNECT": b"220-hello\r\n554 go away\r\n"}),
    _d("octets of no text", "A", _SENT, {"CONNECT": b"220 \xff\xfe\x00\x1b[2J\r\n"}),
    _d("gone before the greeting", "D", "", {"CONNECT": CUT}),
    _d("two greetings", "D", "", {"CONNECT": b"220 a\r\n220 b\r\n"}),
)

HELLOS: Final = (
    _d("no extensions", "A", _SENT, {"EHLO": OK}),
    _d("all that is offered in small letters", "A", _SENT, {"EHLO": offers("pipelining", "size 100000", "chunking")}),
    _d(
        "offers that nobody knows",
        "A",
        _SENT,
        {"EHLO": offers("X-ODD=1 2 3", "", "SIZE", "AUTH")},
    ),
    _d("EHLO unknown", "A", "EHMRD.Q", {"EHLO": b"500 5.5.1 what?\r\n"}),
    _d("EHLO not done", "A", "EHMRD.Q", {"EHLO": b"502 5.5.1 no\r\n"}),
    _d("EHLO and HELO refused", "D", "EHQ", {"EHLO": NO, "HELO": NO}),
    _d("EHLO not now", "D", "EQ", {"EHLO": LATER}),
    _d("EHLO too much", "D", "EQ", {"EHLO": BUSY}),
    _d("EHLO answered oddly", "D", "EQ", {"EHLO": ODD}),
    _d("EHLO answered by nothing", "D", "E", {"EHLO": CUT}),
    _d("HELO answered by nothing", "D", "EH", {"EHLO": NO, "HELO": CUT}),
    _d("EHLO answered twice", "D", "E", {"EHLO": OFFERS + OK}),
    _d("an offer of other codes", "D", "E", {"EHLO": b"250-mx.example\r\n251 PIPELINING\r\n"}),
)

_ANN: Final = Credentials(username="ann", password="s3cret")
_PLAIN: Final = offers("PIPELINING", "AUTH PLAIN")
_LOGIN: Final = offers("PIPELINING", "AUTH LOGIN")
_NAME, _WORD = b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"

_WELCOME: Final = b"235 2.7.0 welcome\r\n"
_UNKNOWN: Final = b"535 5.7.8 no\r\n"

LOGINS: Final = (
    _d("let in", "A", "EAMRD.Q", {"EHLO": _PLAIN, "AUTH": _WELCOME}, credentials=_ANN),
    _d("a wrong password", "D", "EAQ", {"EHLO": _PLAIN, "AUTH": _UNKNOWN}, credentials=_ANN),
    _d("nobody can be let in now", "D", "EAQ", {"EHLO": _PLAIN, "AUTH": LATER}, credentials=_ANN),
    _d("let in by another code", "D", "EAQ", {"EHLO": _PLAIN, "AUTH": OK}, credentials=_ANN),
    _d("cut while it thinks about us", "D", "EA", {"EHLO": _PLAIN, "AUTH": CUT}, credentials=_ANN),
    _d("asked twice", "A", "EA--MRD.Q", {"EHLO": _LOGIN, "AUTH": [_NAME, _WORD, _WELCOME]}, credentials=_ANN),
    _d("a wrong name", "D", "EA-Q", {"EHLO": _LOGIN, "AUTH": [_NAME, _UNKNOWN]}, credentials=_ANN),
    _d("cut between name and password", "D", "EA-", {"EHLO": _LOGIN, "AUTH": [_NAME, CUT]}, credentials=_ANN),
    _d("nothing that we know", "D", "EQ", {"EHLO": offers("AUTH GSSAPI")}, credentials=_ANN),
)

# Whether or not the server pipelines, the same comes of these; ``heard`` is of one that does.
MAILS: Final = (
    _d("all is well", "AA", "EMRRD.Q", {}),
    _d("replies of many lines", "A", _SENT, {"MAIL": b"250-a\r\n250 b\r\n", "DATA": b"354-a\r\n354 b\r\n"}),
    _d(
        "replies of three digits",
        "A",
        _SENT,
        {"MAIL": b"250\r\n", "RCPT": b"250\r\n", "DATA": b"354\r\n", ".": b"250\r\n"},
    ),
    _d("passed on elsewhere", "A", _SENT, {"RCPT": b"251 will forward\r\n"}),
    _d("not known, but tried", "A", _SENT, {"RCPT": b"252 will try\r\n"}),
    _d("the sender refused", "RR", "EMRRDXQ", IN_VAIN | {"MAIL": NO}),
    _d("the sender not now", "D", "EMRDXQ", IN_VAIN | {"MAIL": LATER}),
    _d("a login wanted", "D", "EMRDXQ", IN_VAIN | {"MAIL": b"530 5.7.0 login\r\n"}),
    _d("too big for the sender", "R", "EMRDXQ", IN_VAIN | {"MAIL": b"552 5.3.4 big\r\n"}),
    _d("parameters not known", "R", "EMRDXQ", IN_VAIN | {"MAIL": b"555 5.5.4 what?\r\n"}),
    _d("closing at MAIL", "DD", "EMRRD", {"MAIL": BUSY}),
    _d("odd at MAIL", "D", "EMRD", {"MAIL": ODD}),
    _d("babble at MAIL", "D", "EM", {"MAIL": b"ok\r\n"}),
    _d("cut at MAIL", "D", "EM", {"MAIL": CUT}),
    _d("one recipient refused", "AR", "EMRRD.Q", {"RCPT": [OK, b"550 5.1.1 who?\r\n"]}),
    _d("one recipient not now", "DA", "EMRRD.Q", {"RCPT": [LATER, OK]}),
    _d("three of three kinds", "RAD", "EMRRRD.Q", {"RCPT": [NO, OK, b"452 4.2.2 full\r\n"]}),
    _d("greylisted", "DD", "EMRRDXQ", {"DATA": WRONG, "RCPT": b"450 4.2.0 greylisted\r\n"}),
    _d("greylisted for good", "D", "EMRDXQ", {"DATA": WRONG, "RCPT": b"550 greylisted, come back\r\n"}),
    _d("too many recipients", "AD", "EMRRD.Q", {"RCPT": [OK, b"452 4.5.3 too many\r\n"]}),
    _d("too many recipients, of old", "AD", "EMRRD.Q", {"RCPT": [OK, b"552 too many recipients\r\n"]}),
    _d("a full mailbox", "R", "EMRDXQ", {"DATA": WRONG, "RCPT": b"552 5.2.2 full\r\n"}),
    _d("the wrong server", "R", "EMRDXQ", {"DATA": WRONG, "RCPT": b"554 5.7.1 relay denied\r\n"}),
    _d("no such domain", "R", "EMRDXQ", {"DATA": WRONG, "RCPT": b"556 5.1.10 no mail\r\n"}),
    _d("all refused", "RR", "EMRRDXQ", {"DATA": WRONG, "RCPT": NO}),
    _d(
        "all refused in many lines",
        "R",
        "EMRDXQ",
        {"DATA": WRONG, "RCPT": b"550-5.1.1 a\r\n550 5.1.1 b\r\n"},
    ),
    _d("closing at RCPT", "DD", "EMRRD", {"RCPT": [OK, BUSY]}),
    _d("refused, then closing", "RD", "EMRRD", {"RCPT": [NO, BUSY]}),
    _d("odd at RCPT", "D", "EMRD", {"RCPT": ODD}),
    _d("cut at RCPT", "RD", "EMRR", {"RCPT": [NO, CUT]}),
    _d("the message refused unseen", "RR", "EMRRDXQ", {"DATA": b"554 5.7.1 no\r\n"}),
    _d("the message not now, unseen", "D", "EMRDXQ", {"DATA": LATER}),
    _d("DATA accepted as if it were the message", "D", "EMRD", {"DATA": OK}),
    _d("closing at DATA", "RD", "EMRRD", {"RCPT": [NO, OK], "DATA": BUSY}),
    _d("cut at DATA", "D", "EMRD", {"DATA": CUT}),
    _d("accepted before it was sent", "D", "EMRD", {"DATA": GO + OK}),
    _d("refused before it was whole", "R", "EMRD", {"DATA": GO + NO}),
    _d("the message refused", "RR", "EMRRD.Q", {".": b"554 5.7.1 spam\r\n"}),
    _d("the message refused, one recipient before", "RR", "EMRRD.Q", {"RCPT": [NO, OK], ".": NO}),
    _d("the message too big", "R", _SENT, {".": b"552 5.3.4 too big\r\n"}),
    _d("the message not now", "DD", "EMRRD.Q", {".": LATER}),
    _d("no space", "D", _SENT, {".": b"452 4.3.1 full\r\n"}),
    _d("greylisted at last", "D", _SENT, {".": b"554 5.7.1 greylisted, try again\r\n"}),
    _d("closing at last", "DD", "EMRRD.", {".": BUSY}),
    _d("odd at last", "U", "EMRD.", {".": GO}),
    _d("babble at last", "U", "EMRD.", {".": b"accepted\r\n"}),
    _d("a last reply of other codes", "U", "EMRD.", {".": b"250-a\r\n554 b\r\n"}),
    _d("cut at last", "UU", "EMRRD.", {".": CUT}),
    _d("cut at last, one recipient before", "RU", "EMRRD.", {"RCPT": [NO, OK], ".": CUT}),
    _d("accepted, and then gone", "A", "EMRD.", {".": OK + BUSY}),
    _d("accepted twice", "A", "EMRD.", {".": OK + OK}),
    _d("no way back", "R", "EMRDX", {"DATA": NO, "RSET": b"502 5.5.1 no\r\n"}),
    _d("no goodbye", "A", _SENT, {"QUIT": CUT}),
    _d("a notice", "A", _SENT, {}, mail=envelope(NAMES[0], sender=None)),
    _d("too big for the server", "R", "EQ", {"EHLO": offers("SIZE 10", "PIPELINING")}),
    _d(
        "an address that it cannot read",
        "RA",
        "EMRD.Q",
        {"EHLO": offers("PIPELINING")},
        mail=envelope("bøb@example.net", NAMES[1]),
    ),
    _d(
        "a sender that it cannot read",
        "R",
        "EQ",
        {"EHLO": offers("PIPELINING")},
        mail=envelope(sender="änn@example.com"),
    ),
    _d("reports offered", "AA", "EMRRD.Q", {"EHLO": offers("PIPELINING", "DSN")}),
)

# Only a server that pipelines can answer so.
PIPELINED: Final = (
    _d("all refused, and the message wanted", "RR", "EMRRD.Q", {"RCPT": NO, ".": b"554 5.5.1 nobody\r\n"}),
    _d("the sender refused, and the rest taken", "R", "EMRD", {"MAIL": NO}),
    _d("an answer too many", "D", "EMRD", {"MAIL": OK + OK}),
)

_BY_CHUNKS: Final = "EMR" + "B" * -(-len(LARGE) // BLOCK_OCTETS) + ".Q"

CHUNKED: Final = (
    _d("chunks", "A", _BY_CHUNKS, {}, large=True),
    _d("chunks answered in many lines", "A", _BY_CHUNKS, {"BDAT": b"250-a\r\n250 b\r\n"}, large=True),
    _d("chunks for who is left", "RA", _BY_CHUNKS.replace("R", "RR"), {"RCPT": [NO, OK]}, large=True),
    _d("chunks for nobody", "RR", "EMRRXQ", {"RCPT": NO}, large=True),
    _d("chunks of nobody", "R", "EMRXQ", {"MAIL": NO, "RCPT": WRONG}, large=True),
    _d("chunks of nobody, for somebody", "R", "EMRXQ", {"MAIL": NO}, large=True),
    _d("the first chunk refused", "R", "*XQ", {"BDAT": [b"552 5.3.4 too big\r\n", WRONG]}, large=True),
    _d("a chunk refused", "R", "*XQ", {"BDAT": [OK, OK, OK, NO, WRONG]}, large=True),
    _d("a chunk not now", "D", "*XQ", {"BDAT": [OK, OK, b"452 4.3.1 full\r\n", WRONG]}, large=True),
    _d("a chunk refused, then cut", "R", "*XQ", {"BDAT": [OK, NO, CUT]}, large=True),
    _d("a chunk refused, then closing", "RR", "*XQ", {"BDAT": [OK, NO, BUSY, CUT]}, large=True),
    _d("a chunk refused, and no way back", "R", "*X", {"BDAT": [OK, NO, WRONG], "RSET": NO}, large=True),
    _d("closing at a chunk", "D", "*", {"BDAT": [OK, OK, BUSY, CUT]}, large=True),
    _d("odd at a chunk", "D", "*", {"BDAT": [OK, ODD]}, large=True),
    _d("babble at a chunk", "D", "*", {"BDAT": [OK, b"more!\r\n"]}, large=True),
    _d("cut at a chunk", "RD", "*", {"RCPT": [NO, OK], "BDAT": [OK, OK, CUT]}, large=True),
    _d("an answer too many at a chunk", "D", "*", {"BDAT": [OK, OK + OK, OK]}, large=True),
    _d("the last chunk refused", "RR", "*.XQ", {".": b"554 5.7.1 spam\r\n"}, large=True),
    _d("the last chunk not now", "D", "*.XQ", {".": LATER}, large=True),
    _d("closing at the last chunk", "D", "*.", {".": BUSY}, large=True),
    _d("odd at the last chunk", "U", "*.", {".": GO}, large=True),
    _d("cut at the last chunk", "RU", "*.", {"RCPT": [NO, OK], ".": CUT}, large=True),
)

ALL: Final = (*GREETINGS, *HELLOS, *LOGINS, *MAILS, *PIPELINED, *CHUNKED)
