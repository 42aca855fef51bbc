"""``postroom domain key``: keys are made, published, started, rotated and removed."""

from pathlib import Path

from tests.cli.command import postroom, well


async def test_keys_are_made_and_sign_once_they_are_started(home: Path) -> None:
    add = ("domain", "key", "add", "Bücher.example")
    rsa, ed25519 = (await well(*add, "--json", cwd=home)).json
    assert (rsa["algorithm"], ed25519["algorithm"], rsa["standing"]) == ("rsa", "ed25519", "made")
    assert rsa["domain"] == "xn--bcher-kva.example"
    assert "rivate" not in repr(rsa)

    shown = (await well("domain", "key", "publish", "bücher.example", cwd=home)).out.splitlines()
    assert [line.split(" ")[0] for line in shown] == [
        f"{each['selector']}._domainkey.xn--bcher-kva.example." for each in (rsa, ed25519)
    ]
    strings = shown[0].partition("( ")[2].removesuffix(" )").split('" "')
    assert "".join(strings).strip('"') == rsa["record"]
    assert max(map(len, strings)) <= 256
    assert shown[1].endswith(f' IN TXT ( "{ed25519["record"]}" )')

    early = await postroom("domain", "key", "rotate", "bücher.example", cwd=home)
    assert early.err == "postroom: xn--bcher-kva.example has no key that signs; see: postroom domain key ls\n"
    begun = await well("domain", "key", "publish", "bücher.example", "--now", cwd=home)
    assert [line.split(" ")[6] for line in begun.out.splitlines()] == [rsa["selector"], ed25519["selector"]]
    again = await postroom("domain", "key", "publish", "bücher.example", "--now", cwd=home)
    assert (again.code, again.err.partition(";")[0]) == (
        1,
        "postroom: xn--bcher-kva.example has no key that waits to be started",
    )

    await well("domain", "key", "rotate", "bücher.example", "--now", cwd=home)
    rows = (await well("domain", "key", "ls", "--json", cwd=home)).json
    assert [row["standing"] for row in rows] == ["retired", "retired", "signing", "signing"]
    assert {row["algorithm"] for row in rows[2:]} == {"rsa", "ed25519"}
    gone = await well("domain", "key", "rm", "bücher.example", rsa["selector"], "--yes", cwd=home)
    assert gone.out == f"key {rsa['selector']} of xn--bcher-kva.example removed\n"
    none = await postroom("domain", "key", "rm", "bücher.example", rsa["selector"], "--yes", cwd=home)
    assert none.err.endswith(f"has no key called {rsa['selector']}; see: postroom domain key ls\n")


async def test_a_key_may_be_given_its_selector(home: Path) -> None:
    add = ("domain", "key", "add", "x.example", "--ed25519", "--selector")
    assert "news.2026._domainkey.x.example. IN TXT ( " in (await well(*add, "News.2026", cwd=home)).out
    said = [(await postroom(*add, word, cwd=home)).err for word in ("news.2026", "a b")]
    assert said[0] == "postroom: x.example has a key news.2026 already\n"
    assert said[1] == "postroom: 'a b' is no selector: letters, digits and hyphens, with dots between them\n"
    both = await postroom("domain", "key", "add", "x.example", "--selector", "a", cwd=home)
    assert (both.code, both.err.partition(" (see")[0]) == (
        2,
        "postroom: each key has a selector of its own: --selector needs --rsa or --ed25519",
    )
