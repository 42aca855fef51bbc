"""``postroom limit``: limits are set, listed and removed, and mails that wait keep to them."""

from pathlib import Path

from tests.cli.command import postroom, well


async def test_limits_are_set_listed_and_removed(home: Path) -> None:
    told = await well("limit", "set", "org", "--messages", "100", "--seconds", "60", cwd=home)
    assert told.out == "limit set: 100 mails in 60 s\n"
    await well("limit", "set", "server", "SMTP.X.example", "--messages", "5", "--all-orgs", cwd=home)
    await well("limit", "set", "domain", "Bücher.example", "--messages", "7", cwd=home)
    told = await well("limit", "set", "server", "x.example", "--per-connection", "9", cwd=home)
    assert told.out == "limit set: 9 mails in a connection\n"
    told = await well("limit", "set", "org", "--connections", "4", "--all-orgs", cwd=home)
    assert told.out == "limit set: 4 connections at once\n"
    rows = (await well("limit", "ls", "--json", cwd=home)).json
    assert [(row["of"], row["scope"], row["subject"], row["messages"], row["seconds"]) for row in rows] == [
        ("organisation", "org", "-", "100", "60"),
        ("all organisations", "server", "smtp.x.example", "5", "1"),
        ("organisation", "domain", "xn--bcher-kva.example", "7", "1"),
        ("organisation", "server", "x.example", "-", "-"),
        ("all organisations", "org", "-", "-", "-"),
    ]
    assert [(row["connections"], row["per_connection"]) for row in rows[-2:]] == [("-", "9"), ("4", "-")]
    assert (await well("limit", "rm", "domain", "bücher.example", cwd=home)).out == "limit removed\n"
    assert len((await well("limit", "ls", "--json", cwd=home)).json) == 4


async def test_what_cannot_be_meant_is_refused(home: Path) -> None:
    for words, told in [
        (("rm", "server", "x.example"), "there is no such limit; see: postroom limit ls"),
        (("set", "org"), "say how many: "),
        (("set", "domain", "--messages", "1"), "name the domain (see postroom limit set --help)"),
        (("set", "domain", "a b", "--messages", "1"), "a b is no domain: "),
        (("set", "transport", "nobody@x.example", "--messages", "1"), "there is no sender nobody@x.example; "),
        (("set", "transport", "--messages", "1"), "it has no server; "),
        (("set", "transport", "--messages", "1", "--all-orgs"), "a transport is one organisation's; "),
        (("set", "org", "x", "--messages", "1"), "the organisation is named by --org, "),
    ]:
        done = await postroom("limit", *words, cwd=home)
        assert done.code != 0
        assert done.err.startswith(f"postroom: {told}")
