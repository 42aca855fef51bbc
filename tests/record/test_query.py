"""record.query: the grammar of criteria, by a table, and by a writer of its own that knows the answer (W 7.4)."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postroom.errors import Invalid, Reason
from postroom.record import CONTACTS, PIPELINES, AllOf, AnyOf, Criteria, Where
from postroom.record.criteria import Operator, compare
from postroom.record.query import COMPARISONS_AT_MOST, read_criteria

A, B, C = (f"(Title:equals:{letter})" for letter in "abc")


def title(*texts: str, operator: Operator = Operator.EQUALS) -> Where:
    return compare(CONTACTS, "Title", operator, texts)


a, b, c = map(title, "abc")

READ: list[tuple[str, Criteria]] = [
    (A, a),
    ("( Title : EQUALS : a )", a),
    (f"({A})", a),
    (f"((({A})))", a),
    (f"{A}and{B}", AllOf((a, b))),
    (f"{A} AND {B}", AllOf((a, b))),
    (f"({A}\tor\n{B})", AnyOf((a, b))),
    (f"{A}or{B}or{C}", AnyOf((a, b, c))),
    (f"{A}or{B}and{C}", AnyOf((a, AllOf((b, c))))),
    (f"{A}and{B}or{C}", AnyOf((AllOf((a, b)), c))),
    (f"({A}or{B})and{C}", AllOf((AnyOf((a, b)), c))),
    (f"({A}and({B}or{C}))", AllOf((a, AnyOf((b, c))))),
    (r"(Title:equals:a\)\(b\,\\)", title(r"a)(b,\\"[:-1])),
    ("(Title:equals:a,b)", title("a,b")),
    ("(Title:equals:a:b)", title("a:b")),
    ("(Title:equals:)", title("")),
    ("(Title:in:a, b ,c)", title("a", "b", "c", operator=Operator.IN)),
    (r"(Title:in:a\,b,c)", title("a,b", "c", operator=Operator.IN)),
    (r"(Title:in:a\\,c)", title("a\\", "c", operator=Operator.IN)),
    ("(Title:not_in:a,b)", title("a", "b", operator=Operator.NOT_IN)),
    ("(Title:between:a,b)", title("a", "b", operator=Operator.BETWEEN)),
    ("(Title:starts_with:a,b)", title("a,b", operator=Operator.STARTS_WITH)),
    ("(Title:equals:and)or(Title:equals:or)", AnyOf((title("and"), title("or")))),
    ("(Title:equals:${EMPTY})", title("${EMPTY}")),
    ("or".join([A] * COMPARISONS_AT_MOST), AnyOf((a,) * COMPARISONS_AT_MOST)),
    ("(" * 10 + A + ")" * 10, a),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_is_read(text: str, expected: Criteria) -> None:
    assert read_criteria(CONTACTS, text) == expected
    assert read_criteria(CONTACTS, f"  {text}\n") == expected


REFUSED = [
    "",
    "Title:equals:a",
    "()",
    "(Title)",
    "(Title:equals)",
    "(Title:equals:a",
    "(Title:equals:a))",
    "((Title:equals:a)",
    "(Title:equals:(a))",
    r"(Title:equals:a\)",
    "(Title:like:a)",
    "(Title::a)",
    "(:equals:a)",
    "(Nothing:equals:a)",
    "(Owner:equals:Ada)",
    "(Account_Name.Account_Name:equals:Acme)",
    "(Title:between:a)",
    "(Title:between:a,b,c)",
    f"{A}{B}",
    f"{A}xor{B}",
    f"{A}and",
    f"and{A}",
    f"{A}and or{B}",
    f"{A}andor{B}",
    f"not{A}",
    f"{A};",
    "or".join([A] * (COMPARISONS_AT_MOST + 1)),
    "(" * 11 + A + ")" * 11,
    "(" * 100_000,
    "(" * 100_000 + A + ")" * 100_000,
    "(Title:equals:" + "\\" * 100_001 + ")",
    A + " " * 100_000 + "x",
]


@pytest.mark.parametrize("text", REFUSED, ids=[text[:30] or "nothing" for text in REFUSED])
def test_what_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        read_criteria(CONTACTS, text)
    [fault] = raised.value.faults
    assert fault.reason is Reason.QUERY_WRONG
    assert isinstance(fault.details["reason"], str)


def test_the_place_of_a_mistake_is_told() -> None:
    with pytest.raises(Invalid) as raised:
        read_criteria(CONTACTS, f"{A}and{B}nor{C}")
    assert raised.value.faults[0].details["position"] == len(f"{A}and{B}")
    with pytest.raises(Invalid) as raised:
        read_criteria(CONTACTS, "(Title:like:a)")
    details = raised.value.faults[0].details
    assert (details["operator"], "starts_with" in str(details["supported_values"])) == ("like", True)


pieces = st.lists(
    st.sampled_from(["(", ")", "Title", ":", "equals", "in", "between", "a", ",", "\\", " ", "and", "or", A, B, "\0"])
    | st.text(max_size=3),
    max_size=25,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(pieces | st.text())
@example("(Title:equals:\ud7ff)")
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        found: Criteria | Invalid = read_criteria(CONTACTS, text)
    except Invalid as error:
        found = error
    assert not isinstance(found, Invalid) or found.faults[0].reason is Reason.QUERY_WRONG


def escaped(text: str) -> str:
    """A value as a careful client writes it."""
    return "".join(f"\\{each}" if each in "\\()," else each for each in text)


comparisons = st.builds(
    lambda name, operator, values: (
        f"({name}:{operator.value}:{','.join(map(escaped, values))})",
        compare(PIPELINES, name, operator, tuple(values)),
    ),
    st.sampled_from(["Deal_Name", "Stage"]),
    st.sampled_from([Operator.EQUALS, Operator.NOT_EQUAL, Operator.STARTS_WITH]),
    st.lists(st.text().map(str.strip), min_size=1, max_size=1),
) | st.builds(
    lambda values: (
        f"(Stage:in:{','.join(map(escaped, values))})",
        compare(PIPELINES, "Stage", Operator.IN, tuple(values)),
    ),
    st.lists(st.text().map(str.strip), min_size=1, max_size=4),
)

Written = tuple[str, Criteria]


def joined(parts: list[Written], word: str) -> Written:
    """Comparisons in brackets, with a word between them."""
    text = f"({f' {word} '.join(text for text, _ in parts)})"
    found = tuple(each for _, each in parts)
    return text, AllOf(found) if word == "and" else AnyOf(found)


written = st.recursive(
    comparisons,
    lambda inner: st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"])),
    max_leaves=COMPARISONS_AT_MOST // 2,
)


def count(found: Criteria) -> int:
    return 1 if isinstance(found, Where) else sum(map(count, found.parts))


@settings(deadline=None)
@given(written)
def test_what_is_written_is_what_is_read(both: Written) -> None:
    text, expected = both
    if count(expected) <= COMPARISONS_AT_MOST:
        assert read_criteria(PIPELINES, text) == expected
