"""Several organisations: ``postroom org add`` and ``ls``, and ``--org`` for every verb on one of them."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from postroom.cli.main import VERBS
from postroom.cli.main import postroom as table
from tests.cli.command import names, postroom, well

# What works on the server as a whole, or on no data at all.
WITHOUT_ORG = {"init", "serve", "api", "worker", "sandbox", "demo", "send", "migrate"}
WITHOUT_ORG |= {"org add", "org ls", "user elsewhere", "queue workers"}


async def test_a_second_organisation_has_users_of_its_own_and_of_others(home: Path) -> None:
    words = ("org", "add", "Poole & Daughters", "--email", "Admin@localhost", "--name", "Mary Poole", "--json")
    made = (await well(*words, cwd=home)).json
    assert (made["org"], made["user"], made["profile"]) == ("Poole & Daughters", "admin@localhost", "Administrator")
    first, second = (await well("org", "ls", "--json", cwd=home)).json
    assert (first["name"], second["id"], second["email"]) == ("Postroom", made["org_id"], "admin@localhost")

    await well("user", "add", "ada@x.example", "--org", "Poole & Daughters", cwd=home)
    by_name = (await well("user", "ls", "--json", "--org", "Poole & Daughters", cwd=home)).json
    by_id = (await well("user", "ls", "--json", "--org", made["org_id"], cwd=home)).json
    oldest = (await well("user", "ls", "--json", cwd=home)).json
    assert [each["name"] for each in by_name] == ["Mary Poole", "ada"]
    assert by_id == by_name
    assert [each["name"] for each in oldest] == ["Administrator"]


async def test_a_name_that_does_not_name_one_is_refused(home: Path) -> None:
    made = [(await well("org", "add", "Twins", "--email", "a@x.example", "--json", cwd=home)).json for _ in range(2)]
    ids = [each["org_id"] for each in made]
    several = await postroom("org", "show", "--org", "Twins", cwd=home)
    assert (several.code, several.out) == (1, "")
    assert several.err == f"postroom: 2 organisations are named Twins; name one by its id: {ids[0]}, {ids[1]}\n"
    assert (await well("org", "show", "--org", ids[1], "--json", cwd=home)).json["id"] == ids[1]
    none = await postroom("org", "recipients", "any", "--org", "twins", cwd=home)
    assert none.err == "postroom: there is no organisation twins; see: postroom org ls\n"
    empty = await postroom("org", "add", " ", "--email", "a@x.example", cwd=home)
    assert (empty.code, "an organisation has a name" in empty.err) == (2, True)


async def test_the_allowance_of_a_day_is_set_and_shown(home: Path) -> None:
    told = (await well("org", "allowance", "500", cwd=home)).out
    shown = (await well("org", "show", "--json", cwd=home)).json["mails_per_day"]
    assert (told, shown) == ("mails in a day: 500\n", "500")
    assert (await well("org", "allowance", "0", cwd=home)).out == "mails in a day: no limit\n"
    assert (await well("org", "allowance", "--default", cwd=home)).out == "mails in a day: as the server has it\n"
    assert (await postroom("org", "allowance", cwd=home)).code == 2


async def test_what_senders_are_told_is_set_and_shown(home: Path) -> None:
    assert (await well("org", "show", "--json", cwd=home)).json["notices"] == "none"
    assert (await well("org", "notices", "delays", cwd=home)).out == "notices: delays\n"
    assert (await well("org", "unknown", "hold", cwd=home)).out == "unknown: hold\n"
    shown = (await well("org", "show", "--json", cwd=home)).json
    assert (shown["notices"], shown["unknown"]) == ("delays", "hold")


async def test_an_organisation_needs_a_server_to_be_added_to(tmp_path: Path) -> None:
    done = await postroom("org", "add", "Poole", "--email", "a@x.example", cwd=tmp_path)
    assert (done.code, "make one: postroom init" in done.err) == (1, True)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_on_an_organisation_lets_it_be_named(name: str) -> None:
    for path, command in _verbs(name):
        named = any("--org" in each.opts and each.name == "org_word" for each in command.params)
        assert named is (path not in WITHOUT_ORG), path


def _verbs(name: str) -> list[tuple[str, click.Command]]:
    verb = table.get_command(click.Context(table), name)
    assert verb is not None
    return [*_below(name, verb)]


def _below(name: str, verb: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(verb, click.Group) or verb.invoke_without_command:
        yield name, verb
        return
    for word, command in verb.commands.items():
        yield from _below(f"{name} {word}", command)
