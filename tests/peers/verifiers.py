"""Those who check signatures: dkimpy and OpenDKIM, each asked once about many messages, the keys' records at hand."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from postroom.mail.dkim_key import Key, public_half, record, record_name
from tests.peers.debian import environment, program

# What Debian's Python runs: each signature of each message, in order, the first argument the records.
_DKIMPY: Final = """
import json, sys
import dkim
records = json.load(open(sys.argv[1]))
def look_up(name, timeout=5):
    return records[name.decode().rstrip(".")].encode()
def holds(message, n):
    try:
        return dkim.DKIM(message).verify(n, dnsfunc=look_up)
    except dkim.DKIMException:
        return False
told = {}
for path in sys.argv[2:]:
    message = open(path, "rb").read()
    signatures = message.count(b"DKIM-Signature: v=1;")
    told[path] = [holds(message, n) for n in range(signatures)]
print(json.dumps(told))
"""


def written(folder: Path, messages: Mapping[str, bytes]) -> dict[str, Path]:
    """The messages as files, by their names."""
    paths = {name: folder / f"{n}.eml" for n, name in enumerate(messages)}
    for name, path in paths.items():
        path.write_bytes(messages[name])
    return paths


def dkimpy(folder: Path, messages: Mapping[str, bytes], keys: Iterable[Key]) -> dict[str, tuple[bool, ...]]:
    """Whether each signature of each message holds, as dkimpy has it."""
    program("dkimverify")  # it comes with dkimpy
    paths = written(folder, messages)
    known = folder / "records.json"
    known.write_text(json.dumps(_records(keys)))
    words = ["/usr/bin/python3", "-c", _DKIMPY, str(known), *map(str, paths.values())]
    told = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(told.stdout)
    return {name: tuple(found[str(path)]) for name, path in paths.items()}


def opendkim(folder: Path, messages: Mapping[str, bytes], keys: Iterable[Key]) -> dict[str, bool]:
    """Whether the signature of each message holds, as OpenDKIM has it. Of several it wants one only."""
    paths = written(folder, messages)
    (folder / "records").write_text("".join(f"{name} {text}\n" for name, text in _records(keys).items()))
    (folder / "opendkim.conf").write_text(f"Mode v\nTestPublicKeys {folder}/records\n")
    words = [program("opendkim"), "-x", f"{folder}/opendkim.conf", "-t", ",".join(map(str, paths.values()))]
    told = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False, timeout=60)
    said = (told.stdout + told.stderr).splitlines()
    return {name: any(f"{path}: " in line and "succeeded" in line for line in said) for name, path in paths.items()}


def _records(keys: Iterable[Key]) -> dict[str, str]:
    return {record_name(each.selector, each.domain): record(each.algorithm, public_half(each.private)) for each in keys}
