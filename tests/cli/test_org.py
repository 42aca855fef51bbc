"""Several organisations: ``postroom org add`` and ``ls``, and ``--org`` for every verb on one of them."""

import asyncio
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


async def test_mail_goes_directly_and_something_stands_in(home: Path) -> None:
    async def shown() -> tuple[str, str]:
        now = (await well("org", "show", "--json", cwd=home)).json
        return now["server"], now["fallback"]

    sources = ("--source", "192.0.2.7", "--source", "2001:DB8::7")
    told = (await well("org", "transport", "--direct", *sources, cwd=home)).out
    assert told == "server: direct from 192.0.2.7 2001:db8::7\n"
    secret = {"POSTROOM_FALLBACK_PASSWORD": "secret"}
    relay = ("--fallback-host", "relay.example", "--fallback-username", "ann")
    await well("org", "transport", *relay, cwd=home, env=secret)
    assert await shown() == ("direct from 192.0.2.7 2001:db8::7", "relay.example:587 starttls")
    held = (await well("org", "hold", cwd=home)).out
    assert held.endswith("2001:db8::7 held; its mails leave through relay.example:587 starttls\n")
    # Another server keeps what stands in for it.
    await well("org", "transport", "--host", "smtp.example", "--tls", "tls", "--untried", cwd=home)
    assert await shown() == ("smtp.example:465 tls", "relay.example:587 starttls")
    await well("org", "transport", "--fallback-direct", cwd=home)
    assert await shown() == ("smtp.example:465 tls", "direct")
    await well("org", "transport", "--no-fallback", cwd=home)
    assert await shown() == ("smtp.example:465 tls", "-")


async def test_ways_out_that_contradict_themselves_are_refused(tmp_path: Path) -> None:
    wrong = (
        ("--direct", "--host", "smtp.example"),
        ("--direct", "--source", "smtp.example"),
        ("--none", "--direct"),
        ("--fallback-host", "relay.example", "--fallback-direct"),
        ("--fallback-port", "25"),
    )
    ends = await asyncio.gather(*(postroom("org", "transport", *words, cwd=tmp_path) for words in wrong))
    assert [each.code for each in ends] == [2] * len(wrong)


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
