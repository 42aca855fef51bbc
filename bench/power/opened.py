"""A folder that a cut has left, opened with the program itself."""

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, select, text

from bench.power.promises import Left, Mail
from postroom.app import App, open_app
from postroom.config import Settings
from postroom.errors import Unavailable
from postroom.mail.life import Result, Stage
from postroom.store.tables import answered, attachment, event, file, job, mail, recipient


async def opened(data: Path, database: str) -> Left:
    """What is in it. Raises where it cannot be opened, or where the database is damaged."""
    async with open_app(Settings(data_dir=data, database=database)) as app:
        if app.db.is_sqlite:
            found = await app.db.read(lambda tx: tx.execute(text("PRAGMA integrity_check")).scalars().all())
            if found != ["ok"]:
                raise RuntimeError(f"SQLite finds its file damaged: {found[0]}")
        return await _look(app)


async def _look(app: App) -> Left:
    mails = await app.db.read(_mails)
    answers = await app.db.read(lambda tx: {row.key: row.body for row in tx.execute(select(answered))})
    files = await app.db.read(lambda tx: {row.id.hex(): row.digest for row in tx.execute(select(file))})
    named = {*files.values(), *(digest for each in mails.values() for digest in each.files)}
    whole = frozenset([digest for digest in named if await _is_whole(app, digest)])
    keys = (app.settings.data_dir / "keys").read_bytes()
    return Left(mails=mails, answers=answers, files=files, keys=keys, whole=whole)


async def _is_whole(app: App, digest: bytes) -> bool:
    found = hashlib.sha256()
    try:
        async for piece in app.blobs.open(digest):
            found.update(piece)
    except Unavailable:
        return False
    return found.digest() == digest


def _mails(tx: Connection) -> dict[str, Mail]:
    to = _of_mails(tx, recipient.c.mail_seq, recipient.c.address, recipient.c.n)
    files = _of_mails(tx, attachment.c.mail_seq, attachment.c.digest, attachment.c.n)
    queued = {*tx.execute(select(job.c.mail_seq)).scalars()}
    in_doubt = {
        *tx.execute(select(job.c.mail_seq).where(job.c.stage == Stage.FINAL_DOT.value)).scalars(),
        *tx.execute(select(event.c.mail_seq).where(event.c.what == Result.UNKNOWN.value)).scalars(),
    }
    return {
        row.id.hex(): Mail(
            subject=row.subject,
            state=row.state,
            recipients=tuple(to[row.seq]),
            is_queued=row.seq in queued,
            in_doubt=row.seq in in_doubt,
            files=tuple(files[row.seq]),
        )
        for row in tx.execute(select(mail.c.seq, mail.c.id, mail.c.subject, mail.c.state))
    }


def _of_mails(tx: Connection, owner: Column[int], value: Column[Any], order: Column[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for seq, each in tx.execute(select(owner, value).order_by(owner, order)):
        found[seq].append(each)
    return found
