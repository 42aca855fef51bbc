"""Files are streamed: two mails of 10 MB at once, and neither process comes near 200 MB."""

from pathlib import Path

from bench.memory import LIMIT_OCTETS, measure


async def test_large_files_are_never_whole_in_memory(tmp_path: Path) -> None:
    peaks = await measure(tmp_path, mails=2)
    assert peaks.api < LIMIT_OCTETS, peaks
    assert peaks.worker < LIMIT_OCTETS, peaks
