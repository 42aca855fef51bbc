"""What ``make demo`` runs."""

from pathlib import Path

from tests.cli.command import names, postroom


async def test_four_mails_arrive_as_they_were_asked_for(tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path), "COLUMNS": "160"}
    done = await postroom("demo", cwd=tmp_path, env=env)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("API status") == done.out.count("Your mail has been") == 4
    assert "robin@sandbox.example → lena.mueller@customer.example, mary.poole@customer.example, archive@" in done.out
    assert "image.png (image/png, 85 octets, inline), offer.csv (text/csv, 31 octets)" in done.out
    assert "office@sandbox.example → lena.mueller@customer.example" in done.out
    assert "came through  the organisation's server" in done.out
    assert "has been scheduled successfully" in done.out
    assert names(tmp_path) == []
