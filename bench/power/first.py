"""``python -m bench.power.first DATA PORT DATABASE``: a Postroom's first start, whose every step is noted."""

import asyncio
import pickle
import sys
from pathlib import Path

from bench.site import prepare


def main() -> None:
    """Make it, and hand it to who called, who is Python of the same kind."""
    data, port, database = sys.argv[1:]
    site = asyncio.run(prepare(Path(data), int(port), database=database))
    sys.stdout.buffer.write(pickle.dumps(site))


if __name__ == "__main__":
    main()
