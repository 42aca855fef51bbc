"""``postroom template``: templates from the command line."""

from pathlib import Path

import click

from postroom.cli.template import add
from postroom.record.relations import MAILED
from tests.cli.command import postroom, well

CONTENT = "<p>Grüße, ${Contacts.First_Name}"


def test_every_module_with_mails_may_be_named() -> None:
    kind = next(each.type for each in add.params if each.name == "module")
    assert isinstance(kind, click.Choice)
    assert [*kind.choices] == [each.name for each in MAILED]


async def test_a_template_is_added_listed_shown_and_removed(home: Path) -> None:
    (home / "welcome.html").write_text(CONTENT, encoding="utf-8")
    words = ("template", "add", "Contacts", "Welcome", "--subject", "Hello ${Contacts.First_Name}")
    added = (await well(*words, "--content", "welcome.html", "--category", "x", "--json", cwd=home)).json
    assert {name: added[name] for name in added if name != "id"} == {
        "module": "Contacts",
        "name": "Welcome",
        "subject": "Hello ${Contacts.First_Name}",
        "format": "html",
        "category": "x",
        "files": "",
        "used": "-",
    }
    assert (await well("template", "ls", "--json", cwd=home)).json == [added]
    shown = (await well("template", "show", added["id"], "--json", cwd=home)).json
    assert shown == added | {"description": "", "content": CONTENT}
    assert (await well("template", "show", "Welcome", cwd=home)).out.endswith(f"\n\n{CONTENT}\n")

    (home / "picture.png").write_bytes(b"\x89PNG")
    wrong = await postroom(*words, "--content", "picture.png", cwd=home)
    assert (wrong.code, wrong.err.partition(" (see")[0]) == (
        2,
        "postroom: Invalid value for --content: is not text in UTF-8",
    )
    again = await postroom(*words[:4], "--subject", "x" * 1001, cwd=home)
    assert (again.code, again.err) == (1, "postroom: --subject: has more than 1000 characters\n")
    again = await postroom(*words, cwd=home)
    assert (again.code, again.err) == (1, "postroom: the name: is that of another template\n")
    gone = await well("template", "rm", "Welcome", "--yes", cwd=home)
    assert gone.out == "template Welcome removed\n"
    for verb in ("show", "rm"):
        none = await postroom("template", verb, "Welcome", cwd=home)
        assert (none.code, none.err) == (1, "postroom: there is no template Welcome; see: postroom template ls\n")
