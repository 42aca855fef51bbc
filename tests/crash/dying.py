"""``python -m tests.crash.dying api``: Postroom killed with -9 between the commit of a keyed request and its answer."""

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any, Final

from postroom.cli.main import postroom
from postroom.store import once
from postroom.store.db import Database, Tx

_written: Final = Database.write_together


async def _written_and_dead(self: Database, work: Callable[[Tx, Sequence[Any]], Any], item: Any) -> Any:
    done = await _written(self, work, item)
    if work is once.do:
        os.kill(os.getpid(), signal.SIGKILL)
    return done


if __name__ == "__main__":
    setattr(Database, "write_together", _written_and_dead)  # noqa: B010 - the method of every instance
    postroom()
