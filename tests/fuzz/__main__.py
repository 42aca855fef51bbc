"""``python -m tests.fuzz``: requests of every quality at a running server with two organisations."""

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
from pathlib import Path

import structlog
import uvloop

from tests.fuzz.storm import FallenError, storm


def main() -> None:
    """Run as the command line says; exit code 1 where an answer was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Ask everything; judge each answer.")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    words = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(f"seed {words.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="postroom-fuzz-") as name:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                tally = runner.run(storm(Path(name), seed=words.seed, requests=words.requests))
        except* FallenError as fallen:
            sys.exit(str(fallen.exceptions[0]))
    print(", ".join(f"{times} × {status or 'garbage'}" for status, times in sorted(tally.statuses.items())))
    print("\n".join(f"{times:8} done  {route}" for route, times in sorted(tally.routes.items())))


if __name__ == "__main__":
    main()
