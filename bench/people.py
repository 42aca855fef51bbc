"""Contacts for ``bench.records``: as many as wanted, each known by its number, the same in every run."""

from typing import Any, Final

_BEGINNINGS: Final = ("Ba", "Do", "Fe", "Gu", "Ka", "Li", "Mo", "Na", "Pe", "Ro", "Sa", "To", "Ve", "Wi", "Yu", "Zo")
_MIDDLES: Final = ("r", "l", "n", "ss", "mm", "d", "nd", "rt", "ck", "v")
_ENDS: Final = ("a", "e", "er", "i", "man", "o", "ow", "sen", "son", "ström", "u", "y", "ski", "ez", "ić", "en")
_FIELDS: Final = ("Sales", "Finance", "Logistics", "Research", "Law", "Design", "Service", "Press", "Export", "Quality")

LAST_NAMES: Final = tuple(f"{a}{b}{c}{d}" for a in _BEGINNINGS for b in _MIDDLES for c in ("a", "o") for d in _ENDS)
FIRST_NAMES: Final = tuple(f"{a}{b}{d}" for a in _BEGINNINGS for b in _MIDDLES for d in ("a", "e", "o"))
TITLES: Final = tuple(f"{rank} of {field}" for rank in ("Head", "Aide", "Clerk", "Chair", "Dean") for field in _FIELDS)
COUNTRIES: Final = tuple(f"Country {letter}" for letter in "ABCDEFGHIJKLMNOPQRST")
CITIES: Final = tuple(f"{a}{b}stad" for a in _BEGINNINGS for b in _MIDDLES)
RARELY: Final = 50  # of the contacts that might have a title and its rare country, one in so many has both


def contact(n: int) -> dict[str, Any]:
    """Contact number ``n``."""
    first, last = FIRST_NAMES[(n * 7 + n // len(LAST_NAMES)) % len(FIRST_NAMES)], LAST_NAMES[n * 31 % len(LAST_NAMES)]
    return {
        "Last_Name": last,
        "First_Name": first,
        "Email": email(n),
        "Phone": phone(n),
        "Title": TITLES[n % len(TITLES)],
        "Mailing_City": CITIES[n * 13 % len(CITIES)],
        "Mailing_Country": _country(n),
    }


def email(n: int) -> str:
    """The address of contact number ``n``, which is nobody else's; numbers near each other are far apart in order."""
    return f"p{n * 2_654_435_761 % (1 << 32):08x}@c{n % 9973}.example"


def phone(n: int) -> str:
    """Its telephone number, likewise."""
    return f"+49 30 {n * 2_246_822_519 % 10**9:09d}"


def rare_country(title: str) -> str:
    """The country in which that title is rare, though each of them is common."""
    return COUNTRIES[TITLES.index(title) % len(COUNTRIES)]


def _country(n: int) -> str:
    turn = n // len(TITLES)
    found = COUNTRIES[turn % len(COUNTRIES)]
    rare = found == rare_country(TITLES[n % len(TITLES)])
    return COUNTRIES[(turn + 1) % len(COUNTRIES)] if rare and turn // len(COUNTRIES) % RARELY else found
