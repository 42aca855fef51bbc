"""The page about replies names every reason, in the order of the code, and its examples are what it says."""

import re
from typing import Final

from postroom.mail.life import Stage, Why
from postroom.smtp.reply import Reply
from tests.shape.source import ROOT

EXAMPLE: Final = re.compile(r"^\| `([a-z-]+)` \| [^|]+ \| `([45]\d\d) ([^`]+)` \|", re.MULTILINE)


def test_each_reason_is_explained_with_a_reply_that_has_it() -> None:
    found = EXAMPLE.findall((ROOT / "docs/reference/replies.md").read_text(encoding="utf-8"))
    assert [why for why, _, _ in found] == [why.value for why in Why]
    read = [Reply(int(code), (text,)).why(Stage.ENVELOPE).value for _, code, text in found]
    assert read == [why for why, _, _ in found]
