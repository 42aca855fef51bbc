"""SASLprep: user names and passwords in the one form that both sides compute with. RFC 4013, RFC 3454."""

import stringprep
import unicodedata

_FORBIDDEN = (  # RFC 4013 §2.3
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def prepare(text: str, *, stored: bool) -> str:
    """The text as it is compared; ``stored``: as servers keep it, rather than as it is asked for.

    Raises ``ValueError``, which does not show the text.
    """
    if text.isascii() and text.isprintable():
        return text
    # RFC 4013 §2.1: other spaces become spaces, and what nobody sees is left out.
    mapped = (" " if stringprep.in_table_c12(each) else each for each in text if not stringprep.in_table_b1(each))
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", "".join(mapped))  # RFC 4013 §2.2
    if any(is_in(each) for each in prepared for is_in in _FORBIDDEN):
        raise ValueError("SASLprep forbids a character of the user name or the password")
    # RFC 3454 §7: what Unicode 3.2 did not know has no form that is sure to stay.
    if stored and any(map(stringprep.in_table_a1, prepared)):
        raise ValueError("SASLprep does not know a character of the password")
    _check_direction(prepared)
    return prepared


def _check_direction(text: str) -> None:
    # RFC 3454 §6: where anything runs from right to left, nothing runs the other way, and both ends do.
    to_left = [*map(stringprep.in_table_d1, text)]
    if any(to_left) and (any(map(stringprep.in_table_d2, text)) or not (to_left[0] and to_left[-1])):
        raise ValueError("SASLprep forbids to mix directions of writing in a user name or password")
