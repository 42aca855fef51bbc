"""Replies that servers have given, each with its source: what the classifier is held to.

``replies.tsv`` has a line for each: the reason, the hint in seconds where the reply has one, the code and the text as
one line, and where it was seen. Addresses and hosts of people are replaced by example ones, pointers to help pages at
the end of a text are left out, and where a source tells the enhanced code alone, 450 or 550 stands before it.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from postroom.mail.life import Why
from postroom.smtp.reply import Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One reply; ``hint`` in seconds."""

    why: Why
    hint: int | None
    reply: Reply
    source: str


def seen() -> list[Seen]:
    """All of them."""
    with Path(__file__).with_suffix(".tsv").open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Seen(
                why=Why(line["why"]),
                hint=int(line["hint"]) if line["hint"] else None,
                reply=Reply(int(line["reply"][:3]), (line["reply"][4:],)),
                source=line["source"],
            )
            for line in lines
        ]
