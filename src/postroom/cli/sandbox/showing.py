"""A received mail, for people."""

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from postroom.cli.sandbox.arrived import Arrived, Part

_BODY_LINES = 12


def show(mail: Arrived, *facts: tuple[str, str], title: str = "") -> None:
    """Print one mail as the receiving server has it, under what the caller knows of it beside."""
    grid = Table.grid(padding=(0, 2))
    for name, value in [*facts, *_facts(mail)]:
        if value:
            grid.add_row(Text(name, style="dim"), Text(value))
    lines = (mail.text or "").strip().splitlines()
    body = Text("\n".join([*lines[:_BODY_LINES], *(["…"] if len(lines) > _BODY_LINES else [])]))
    Console().print(Panel(Group(grid, Text(), body), title=title or None, title_align="left"))


def _facts(mail: Arrived) -> list[tuple[str, str]]:
    headers = mail.headers
    return [
        ("envelope", f"{mail.envelope_from} → {', '.join(mail.envelope_to)}"),
        ("came through", f"the {mail.way}'s server"),
        ("From", headers["from"]),
        ("To", headers["to"]),
        ("Cc", headers["cc"]),
        ("Reply-To", headers["reply_to"]),
        ("Subject", headers["subject"]),
        ("Date", headers["date"]),
        ("as", "text and HTML" if mail.html is not None else "text"),
        ("files", ", ".join(map(_part, mail.parts))),
    ]


def _part(part: Part) -> str:
    return f"{part.name or 'unnamed'} ({part.content_type}, {part.size} octets{', inline' if part.content_id else ''})"
