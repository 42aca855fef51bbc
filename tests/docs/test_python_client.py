"""The page on the client for Python: its program runs as it is written, and its reference names what there is."""

import asyncio
import inspect
import os
import re
from pathlib import Path
from typing import Any, Final

from postroom.cli import envfile
from postroom.client import errors
from tests.client.test_house import credentials
from tests.docs.tables import page
from tests.web.house import house

PROGRAM: Final = "\n".join(re.findall(r"```python\n(.*?)```", page("docs/how-to/python-client.md"), re.DOTALL))


async def test_the_program_runs_as_written(tmp_path: Path, capsys: Any) -> None:
    async with house(tmp_path / "data") as home:
        shown = await credentials(home)
        names = ("client_id", "client_secret", "refresh_token")
        envfile.write(tmp_path / "bigin.env", {f"POSTROOM_{each.upper()}": getattr(shown, each) for each in names})
        (tmp_path / "offer.pdf").write_bytes(b"%PDF" * 1000)
        before = Path.cwd()
        os.chdir(tmp_path)
        try:
            program = PROGRAM.replace("http://127.0.0.1:8025", home.url)
            await asyncio.to_thread(exec, compile(f"{program}\nclient.close()", "page", "exec"), {})
        finally:
            os.chdir(before)
    said = [line for line in capsys.readouterr().out.splitlines() if "[info" not in line]
    assert said[:1] == ["4000 of 4000"]
    assert {"Our offer ('queued',)", "A reminder ('cancelled',)", "Dahl"} <= set(said)


def test_the_reference_names_every_error() -> None:
    named = set(re.findall(r"`(\w+)`", page("docs/reference/client.md").partition("## Errors")[2]))
    there = {name for name, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, Exception)}
    assert there == named & there
