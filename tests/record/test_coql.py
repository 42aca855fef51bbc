from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.errors import Invalid, Reason
from postroom.record import CONTACTS, PIPELINES, AllOf, AnyOf, Criteria, Module, Where
from postroom.record.coql import Query, Statement
from postroom.record.criteria import BY_ID, Operator, compare, missing, opposite
from postroom.record.terms import after, fold, whole

MODULES = {"Contacts": CONTACTS, "Pipelines": PIPELINES}


def read(text: str) -> Query:
    statement = Statement(text)
    return statement.of(MODULES[statement.module])


def where(text: str, module: Module = CONTACTS) -> Criteria:
    return read(f"select id from {module.name} where {text}").where


def wrong(text: str) -> tuple[Reason, dict[str, Any]]:
    with pytest.raises(Invalid) as raised:
        read(text)
    (fault,) = raised.value.faults
    return fault.reason, dict(fault.details)


def compared(name: str, operator: Operator, *values: str, module: Module = CONTACTS) -> Where:
    return compare(module, name, operator, values)


DAHL = compared("Last_Name", Operator.EQUALS, "Dahl")
ITO = compared("Last_Name", Operator.EQUALS, "Ito")
PHONE = compared("Phone", Operator.EQUALS, "1")


def test_a_whole_query() -> None:
    found = read(
        "select Last_Name, Email from Contacts where (Last_Name = 'Dahl' and Created_Time > '2026-01-01T00:00:00Z')"
        " or Email like 'a%' order by Last_Name desc limit 10, 100"
    )
    assert found == Query(
        module=CONTACTS,
        fields=("Last_Name", "Email"),
        where=AnyOf(
            (
                AllOf((DAHL, compared("Created_Time", Operator.GREATER_THAN, "2026-01-01T00:00:00Z"))),
                compared("Email", Operator.STARTS_WITH, "a"),
            )
        ),
        order="Last_Name",
        ascending=False,
        limit=100,
        offset=10,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Last_Name = 'Dahl'", DAHL),
        ("Last_Name='Dahl'", DAHL),
        ('LAST_NAME = "Dahl"'.replace("LAST_NAME", "Last_Name"), DAHL),
        ("'Last_Name' = Dahl", DAHL),
        ("Last_Name != 'Dahl'", opposite(DAHL)),
        ("Last_Name <> 'Dahl'", opposite(DAHL)),
        ("Last_Name > 'Dahl'", compared("Last_Name", Operator.GREATER_THAN, "dahl")),
        ("Last_Name >= 'Dahl'", compared("Last_Name", Operator.GREATER_EQUAL, "dahl")),
        ("Last_Name < 'Dahl'", compared("Last_Name", Operator.LESS_THAN, "dahl")),
        ("Last_Name <= 'Dahl'", compared("Last_Name", Operator.LESS_EQUAL, "dahl")),
        ("Last_Name in ('Dahl', 'Ito')", compared("Last_Name", Operator.IN, "Dahl", "Ito")),
        ("Last_Name NOT IN ('Dahl')", compared("Last_Name", Operator.NOT_IN, "Dahl")),
        ("Last_Name like 'da%'", compared("Last_Name", Operator.STARTS_WITH, "da")),
        ("Last_Name not like 'da%'", opposite(compared("Last_Name", Operator.STARTS_WITH, "da"))),
        ("Last_Name between 'a' and 'd'", compared("Last_Name", Operator.BETWEEN, "a", "d")),
        ("Last_Name not between 'a' and 'd'", compared("Last_Name", Operator.NOT_BETWEEN, "a", "d")),
        ("Last_Name is null", missing(CONTACTS, "Last_Name")),
        ("Last_Name IS NOT NULL", opposite(missing(CONTACTS, "Last_Name"))),
        ("Email_Opt_Out = true", compared("Email_Opt_Out", Operator.EQUALS, "true")),
        ("Account_Name in (17, '18')", compared("Account_Name", Operator.IN, "17", "18")),
        ("id is not null", Where(number=BY_ID)),
        ("id > 17", Where(number=BY_ID, low=after(whole(17)))),
        ("id > 0", Where(number=BY_ID, low=after(whole(0)))),
        ("id in (17, 18)", Where(number=BY_ID, keys=(whole(17), whole(18)))),
        ("Last_Name = 'O''Hara'", compared("Last_Name", Operator.EQUALS, "O'Hara")),
        (r"Last_Name = 'O\'Hara'", compared("Last_Name", Operator.EQUALS, "O'Hara")),
        ('Last_Name = "a ""b"" c"', compared("Last_Name", Operator.EQUALS, 'a "b" c')),
        ("Last_Name = 'select (a, b) from'", compared("Last_Name", Operator.EQUALS, "select (a, b) from")),
        ("Last_Name = 'Dahl' and Phone = 1 or Last_Name = Ito", AnyOf((AllOf((DAHL, PHONE)), ITO))),
        ("Last_Name = 'Dahl' and (Phone = 1 or Last_Name = Ito)", AllOf((DAHL, AnyOf((PHONE, ITO))))),
        ("Last_Name = 'Dahl' and Phone = 1 and Last_Name = Ito", AllOf((DAHL, PHONE, ITO))),
        ("(((Last_Name = 'Dahl') and (Phone = 1)) and Last_Name = Ito)", AllOf((AllOf((DAHL, PHONE)), ITO))),
    ],
)
def test_what_is_asked_for(text: str, expected: Criteria) -> None:
    assert where(text) == expected


def test_numbers_and_days() -> None:
    assert where("Amount >= 10.5 and Closing_Date < 2026-02-01", PIPELINES) == AllOf(
        (
            compared("Amount", Operator.GREATER_EQUAL, "10.5", module=PIPELINES),
            compared("Closing_Date", Operator.LESS_THAN, "2026-02-01", module=PIPELINES),
        )
    )


@pytest.mark.parametrize(
    ("text", "order", "limit", "offset"),
    [
        ("", (None, True), 200, 0),
        (" order by id desc", (None, False), 200, 0),
        (" order by Last_Name", ("Last_Name", True), 200, 0),
        (" order by Last_Name ASC limit 7", ("Last_Name", True), 7, 0),
        (" limit 9800, 200", (None, True), 200, 9800),
        (" limit 200 offset 9800", (None, True), 200, 9800),
    ],
)
def test_order_and_limit(text: str, order: tuple[str | None, bool], limit: int, offset: int) -> None:
    found = read(f"select id from Contacts where id is not null{text}")
    assert ((found.order, found.ascending), found.limit, found.offset) == (order, limit, offset)


MANY = ", ".join(f"'{n}'" for n in range(51))
COMPARISONS = " or ".join(f"id = {n}" for n in range(1, 27))


@pytest.mark.parametrize(
    ("text", "reason", "details"),
    [
        ("", Reason.QUERY_NOT_SUPPORTED, {}),
        ("delete from Contacts", Reason.QUERY_NOT_SUPPORTED, {}),
        ("select count(id) from Contacts where id > 1", Reason.QUERY_NOT_SUPPORTED, {}),
        ("select id as x from Contacts where id > 1", Reason.QUERY_NOT_SUPPORTED, {}),
        ("select id from Contacts where id > 1 group by id", Reason.QUERY_NOT_SUPPORTED, {}),
        ("select id from Contacts where id > 1 order by id, Email", Reason.QUERY_NOT_SUPPORTED, {}),
        ("select id", Reason.CLAUSE_MISSING, {"clause": "from"}),
        ("select id from Contacts", Reason.CLAUSE_MISSING, {"clause": "where"}),
        ("select id from Contacts limit 5", Reason.CLAUSE_MISSING, {"clause": "where"}),
        ("select id from Contacts where id > 1 order id", Reason.CLAUSE_MISSING, {"clause": "order by"}),
        ("select from Contacts", Reason.QUERY_UNREADABLE, {"line": 1, "column": 8, "near": "from Contacts"}),
        ("select id,\n from", Reason.QUERY_UNREADABLE, {"line": 2, "column": 2, "near": "from"}),
        ("select id id from", Reason.QUERY_UNREADABLE, {"line": 1, "column": 11, "near": "id from"}),
        ("select id from Contacts where id = 'x", Reason.QUERY_UNREADABLE, {"line": 1, "column": 36, "near": "'x"}),
        ("select id from Contacts where id ! 1", Reason.QUERY_UNREADABLE, {"line": 1, "column": 34, "near": "! 1"}),
        ("select id from Contacts where id not = 1", Reason.QUERY_UNREADABLE, {"near": "= 1"}),
        ("select id from Contacts where id", Reason.QUERY_UNREADABLE, {"near": ""}),
        ("select id from Contacts where (id > 1", Reason.QUERY_UNREADABLE, {"near": ""}),
        ("select id from Contacts where id > 1)", Reason.QUERY_UNREADABLE, {"near": ")"}),
        ("select id from Contacts where id > 1 and", Reason.QUERY_UNREADABLE, {"near": ""}),
        ("select id from Contacts where id in 1", Reason.QUERY_UNREADABLE, {"near": "1"}),
        ("select id from Contacts where id in (1 2)", Reason.QUERY_UNREADABLE, {"near": "2)"}),
        ("select id from Contacts where id between 1 or 2", Reason.QUERY_UNREADABLE, {"near": "or 2"}),
        ("select id from Contacts where id is 1", Reason.QUERY_UNREADABLE, {"near": "1"}),
        ("select id from Contacts where id = null", Reason.QUERY_UNREADABLE, {"near": "null"}),
        (f"select id from Contacts where {'(' * 51}id > 1{')' * 51}", Reason.QUERY_UNREADABLE, {"column": 82}),
        ("select Nothing from Contacts where id > 1", Reason.COLUMN_UNKNOWN, {"column_name": "Nothing"}),
        ("select * from Contacts where id > 1", Reason.COLUMN_UNKNOWN, {"column_name": "*"}),
        (
            "select id from Contacts where Account_Name.id > 1",
            Reason.COLUMN_UNKNOWN,
            {"column_name": "Account_Name.id"},
        ),
        ("select id from Contacts where Description = x", Reason.COLUMN_UNKNOWN, {"column_name": "Description"}),
        ("select id from Contacts where id > 1 order by Tag", Reason.COLUMN_UNKNOWN, {"column_name": "Tag"}),
        ("select id, Email, id from Contacts where id > 1", Reason.COLUMN_TWICE, {"column_name": "id"}),
        ("select id from Contacts where id = x", Reason.COLUMN_VALUE_WRONG, {"column_name": "id"}),
        (
            "select id from Contacts where Created_Time > '2026-01-01'",
            Reason.COLUMN_VALUE_WRONG,
            {"column_name": "Created_Time", "expected_data_type": "datetime"},
        ),
        (
            "select id from Contacts where Email_Opt_Out > true",
            Reason.QUERY_WRONG,
            {"reason": "invalid operator found", "column_name": "Email_Opt_Out", "operator": ">"},
        ),
        (
            "select id from Pipelines where Amount not like '1%'",
            Reason.QUERY_WRONG,
            {"column_name": "Amount", "operator": "not like"},
        ),
        ("select id from Contacts where Email like '%a'", Reason.QUERY_WRONG, {"operator": "like"}),
        ("select id from Contacts where Email like '%a%'", Reason.QUERY_WRONG, {"operator": "like"}),
        ("select id from Contacts where Email like 'a'", Reason.QUERY_WRONG, {"operator": "like"}),
        ("select id from Contacts where Email like '%'", Reason.QUERY_WRONG, {"operator": "like"}),
        ("select id from Contacts where id > 1 limit x", Reason.QUERY_LIMIT_WRONG, {"limit": "x"}),
        ("select id from Contacts where id > 1 limit 0", Reason.QUERY_LIMIT_WRONG, {"limit": "0"}),
        ("select id from Contacts where id > 1 limit -1", Reason.QUERY_LIMIT_WRONG, {"limit": "-1"}),
        ("select id from Contacts where id > 1 limit 201", Reason.QUERY_TOO_LARGE, {"limit": 200, "clause": "limit"}),
        ("select id from Contacts where id > 1 limit 9801, 200", Reason.QUERY_TOO_LARGE, {"limit": 10_000}),
        ("select id from Contacts where id > 1 limit 200 offset 9801", Reason.QUERY_TOO_LARGE, {"limit": 10_000}),
        (f"select {MANY} from Contacts where id > 1", Reason.QUERY_TOO_LARGE, {"limit": 50, "clause": "select"}),
        (f"select id from Contacts where {COMPARISONS}", Reason.QUERY_TOO_LARGE, {"limit": 25, "clause": "where"}),
        (f"select id from Contacts where Email in ({MANY})", Reason.QUERY_TOO_LARGE, {"limit": 50, "operator": "in"}),
    ],
)
def test_what_is_wrong(text: str, reason: Reason, details: dict[str, Any]) -> None:
    found, told = wrong(text)
    assert (found, told | details) == (reason, told)


# Conditions and what they must be read as, from texts of any characters.
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
Case = tuple[str, Criteria]


def quoted(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(quote, quote * 2)
    return f"{quote}{escaped}{quote}"


@st.composite
def comparisons(draw: st.DrawFn) -> Case:
    name = draw(st.sampled_from(("Last_Name", "First_Name", "Title")))
    quote = draw(st.sampled_from("'\""))
    sign, operator = draw(
        st.sampled_from(
            (
                ("=", Operator.EQUALS),
                ("!=", Operator.NOT_EQUAL),
                (">", Operator.GREATER_THAN),
                ("<=", Operator.LESS_EQUAL),
                (" in ", Operator.IN),
                (" not between ", Operator.NOT_BETWEEN),
            )
        )
    )
    values = draw(st.lists(texts, min_size=2, max_size=2))
    written = [quoted(each, quote) for each in values]
    match operator:
        case Operator.IN:
            return f"{name}{sign}({','.join(written)})", compared(name, operator, *values)
        case Operator.NOT_BETWEEN:
            return f"{name}{sign}{written[0]}and {written[1]}", compared(name, operator, *values)
    return f"{name}{sign}{written[0]}", compared(name, operator, values[0])


def joined(word: str, join: type[AllOf] | type[AnyOf]) -> Callable[[list[Case]], Case]:
    def make(parts: list[Case]) -> Case:
        return word.join(f"({text})" for text, _ in parts), join(tuple(one for _, one in parts))

    return make


conditions = st.recursive(
    comparisons(),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(joined(" and ", AllOf))
        | st.lists(inner, min_size=2, max_size=3).map(joined(" OR\n", AnyOf))
    ),
    max_leaves=12,
)


@given(conditions)
@settings(deadline=None)
def test_any_condition_is_read_as_it_is_meant(case: Case) -> None:
    text, expected = case
    assert where(text) == expected


words = st.sampled_from(
    (
        *("select", "from", "where", "and", "or", "not", "in", "like", "between", "is", "null", "order", "by", "limit"),
        *("id", "Last_Name", "Email", "Contacts", "Created_Time", "Amount", "'a%'", "'", '"', "(", ")", ",", "=", "<>"),
        *("1", "99999999999999999999", "true", "1e400", "nan", "\\", "%", "!", "offset", "desc", "group", "as"),
    )
)
beginnings = st.sampled_from(("", "select id from Contacts where ", "select id from Pipelines where Amount "))


@given(beginnings, st.lists(words | st.text(max_size=3), max_size=12), st.sampled_from((" ", "")))
@settings(deadline=None)
def test_whatever_is_no_query_is_refused(beginning: str, parts: list[str], between: str) -> None:
    # A module that the test does not know is a KeyError.
    with suppress(Invalid, KeyError):
        read(beginning + between.join(parts))


def test_a_term_is_as_long_as_it_may_be() -> None:
    found = where(f"Last_Name = '{'ß' * 5000}'")
    assert isinstance(found, Where)
    assert found.keys == (fold("ß" * 5000),)
