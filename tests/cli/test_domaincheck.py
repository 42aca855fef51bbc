"""``postroom domain check``: what is published is held against what is ours."""

from pathlib import Path

from tests.cli.command import postroom, well
from tests.smtp.nameserver import Nameserver, Zone

ZONE: Zone = {
    "x.example TXT": ['"v=spf1 ip4:8.8.1.1 -all"'],
    "_dmarc.x.example TXT": ['"v=DMARC1; p=none"'],
    "x.example MX": ["10 out.x.example."],
    "out.x.example A": ["8.8.1.1"],
    "1.1.8.8.in-addr.arpa PTR": ["out.x.example."],
}


async def test_a_domain_is_checked_and_what_is_missing_ends_with_one(home: Path) -> None:
    (made,) = (await well("domain", "key", "add", "x.example", "--ed25519", "--json", cwd=home)).json
    async with Nameserver(ZONE).listening() as names:
        (home / "postroom.toml").write_text(f'resolver = "{names.address}"\nhostname = "out.x.example"\n')
        words = ("domain", "check", "x.example", "--address", "8.8.1.1")
        bad = await postroom(*words, cwd=home)
        assert bad.code == 1, bad.err
        assert [line.split()[:2] for line in bad.out.splitlines()[1:8]] == [
            ["SPF", "good"],
            ["DKIM", "missing"],
            ["DMARC", "good"],
            ["MX", "good"],
            ["PTR", "good"],
            ["TLS-RPT", "optional"],
            ["MTA-STS", "optional"],
        ]
        place = f"{made['selector']}._domainkey.x.example"
        assert f'\nto publish:\n{place}. IN TXT "{made["record"]}"\n' in bad.out

        names.zone[f"{place} TXT"] = [f'"{made["record"]}"']
        rows = (await well(*words, "--json", cwd=home)).json
        assert {row["state"] for row in rows} == {"good", "optional"}
        assert next(row for row in rows if row["subject"] == "DKIM")["what"].endswith("publish x.example --now")

        await well("domain", "key", "publish", "x.example", "--now", cwd=home)
        below = await postroom("domain", "check", "news.x.example", "--json", cwd=home)
        said = {row["subject"]: row["what"] for row in below.json}
        assert said["DKIM"] == f"{made['selector']} of x.example is published, and signs"
        assert said["MX"] == "there is no domain news.x.example"
