"""Values of every quality, drawn from a seeded chance: right, nearly right, and wild."""

import string
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from postroom.record import Field, Kind

WORDS: Final = ("Abel", "Beer", "Coe", "Straße", "Ὀδυσσεύς", "名前", "O'Hara", "a b", "x", "-", "100%", "a,b", "(c)")
TEXTS: Final = (
    "", " ", "\t", "null", "true", "0", "-1", "1e400", "NaN", "../..", "%00", "%", "_", "*", "\\", "'", '"', ";",
    "\u0000", "a\u0000b", "\ud800", "a\udfffb", "\u202e", "\ufeff", "\u2028", "\r\nX-Injected: 1", "🙂" * 3, "ﷺ" * 40,
    "' OR 1=1 --", "${EMPTY}", "{{7*7}}", "<script>", "(" * 12, ")" * 20, "a" * 300, "é" * 5000, "1" * 400,
)  # fmt: skip
NUMBERS: Final = (
    0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400, 0.5, -0.0, 1e308, 5e-324,
    float("inf"), float("nan"),
)  # fmt: skip


def wild(chance: Random, depth: int = 0) -> Any:
    """Anything that JSON can hold, and some that it cannot."""
    kind = chance.randrange(8 if depth < 3 else 5)
    match kind:
        case 0:
            return chance.choice(TEXTS)
        case 1:
            return chance.choice(NUMBERS)
        case 2:
            return chance.choice((None, True, False))
        case 3:
            return "".join(chance.choices(string.printable, k=chance.randrange(12)))
        case 4:
            return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(6)))
        case 5:
            return [wild(chance, depth + 1) for _ in range(chance.randrange(4))]
        case 6:
            return {str(wild(chance, 3)): wild(chance, depth + 1) for _ in range(chance.randrange(4))}
    return deep(chance)


def deep(chance: Random) -> Any:
    """Something within something, up to more often than any reader follows."""
    found: Any = 1
    for _ in range(chance.choice((5, 60, 70, 900))):
        found = [found] if chance.random() < 0.5 else {"a": found}
    return found


def right(chance: Random, field: Field, ids: Callable[[Field], str]) -> Any:
    """A value that the field takes, most of the time; ``ids`` gives the id of a record that it may lead to."""
    if field.choices and chance.random() < 0.9:
        return chance.choice(field.choices)
    if field.kind in (Kind.LOOKUP, Kind.OWNER):
        return {"id": ids(field)}
    return _RIGHT.get(field.kind, _text)(chance)


def mutated(chance: Random, value: Any) -> Any:
    """The value with one thing in it changed, left out, or put where it does not belong."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        rest = {key: each for key, each in value.items() if key != name}
        return rest if chance.random() < 0.2 else rest | {name: mutated(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.85:
        n = chance.randrange(len(value))
        return [*value[:n], mutated(chance, value[n]), *value[n + 1 :]]
    return chance.choice((wild(chance), [value], {"id": value}, str(value)[:50]))


def _text(chance: Random) -> str:
    return f"{chance.choice(WORDS)} {chance.randrange(10**6)}"


def _email(chance: Random) -> str:
    return f"p{chance.randrange(10**6)}@{chance.choice(('own.example', 'bücher.example', 'x-y.example'))}"


def _day(chance: Random) -> str:
    return f"{chance.choice((1999, 2026, 2400))}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"


def _moment(chance: Random) -> str:
    return f"{_day(chance)}T{chance.randrange(24):02}:00:00{chance.choice(('Z', '+05:30', '-11:00'))}"


_RIGHT: Final[Mapping[Kind, Callable[[Random], Any]]] = {
    Kind.EMAIL: _email,
    Kind.PHONE: lambda chance: f"+49 ({chance.randrange(100)}) {chance.randrange(10**6)}",
    Kind.BOOLEAN: lambda chance: chance.random() < 0.5,
    Kind.INTEGER: lambda chance: chance.randrange(-5, 100),
    Kind.DOUBLE: lambda chance: chance.uniform(-1e6, 1e6),
    Kind.CURRENCY: lambda chance: round(chance.uniform(0, 1e6), 2),
    Kind.DATE: _day,
    Kind.DATETIME: _moment,
    Kind.TAGS: lambda chance: [{"name": each} for each in chance.sample(WORDS, chance.randrange(3))],
}
