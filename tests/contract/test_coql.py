"""The contract of queries in COQL: section 7.7 of docs/reference/wire.md."""

from dataclasses import replace
from typing import Any

from tests.contract.calls import EVERYTHING, ask, post, refused
from tests.contract.case import Ask, Case
from tests.contract.stage import Stage

DEALS = post(
    "/Pipelines",
    {"Deal_Name": "A", "Stage": "New", "Amount": -5},
    {"Deal_Name": "B", "Stage": "New", "Amount": 10, "Owner": {"id": "{colleague}"}},
    {"Deal_Name": "C", "Stage": "Closed Won", "Amount": 100.5},
)
# Beside them there is Big order, the oldest, without an amount.
COMPARED = [
    ("=", "Deal_Name = 'b'", "B"),
    ("=", "Owner = {colleague}", "B"),
    ("=", "id = {deal}", "Big order"),
    ("!=", "Amount != 10", "Big order, A, C"),
    ("!=", "Amount <> 10", "Big order, A, C"),
    (">", "Amount > 10", "C"),
    (">", "id > 0", "Big order, A, B, C"),
    (">=", "Amount >= 10", "B, C"),
    ("<", "Amount < 10", "A"),
    ("<=", "Amount <= 10", "A, B"),
    ("in", "Stage in ('New', 'Qualification')", "Big order, A, B"),
    ("in", "Stage not in ('New', 'Qualification')", "C"),
    ("like", "Deal_Name like 'b%'", "Big order, B"),
    ("like", "Deal_Name not like 'b%'", "A, C"),
    ("between", "Amount between -5 and 10", "A, B"),
    ("between", "Amount not between -5 and 10", "Big order, C"),
    ("is null", "Amount is null", "Big order"),
    ("is null", "Amount is not null", "A, B, C"),
]  # fmt: skip
ANY = "id is not null"


def query(text: str, scopes: str = EVERYTHING) -> Ask:
    """A query."""
    return replace(ask("POST", "/coql", scopes), json={"select_query": text})


def select(where: str, more: str = "") -> Ask:
    """The names of deals."""
    return query(f"select Deal_Name from Pipelines where {where} {more}")


def found(names: str) -> tuple[dict[str, str], ...]:
    """Deals of these names, in this order."""
    return tuple({"Deal_Name": each} for each in names.split(", "))


def column(message: str, name: str, **more: Any) -> dict[str, Any]:
    """What is wrong with a column."""
    return refused("INVALID_QUERY", message, column_name=name, **more)


NOT_SUPPORTED = refused("SYNTAX_ERROR", "given coql query not supported")
FIFTY = ", ".join(["1"] * 50)

# fmt: off
CASES = [
    Case(section="7.7", what="the columns and the id, oldest first, and info", before=(DEALS,), ask=query(f"select Deal_Name, Amount from Pipelines where {ANY} limit 2"), exactly=True,
         items=({"Deal_Name": "Big order", "Amount": None, "id": "{deal}"}, {"Deal_Name": "A", "Amount": -5, "id": "{got_data.0.details.id}"}), info={"count": 2, "more_records": True}),
    Case(section="7.7", what="204 without any", status=204, ask=select("Deal_Name = 'Nothing'")),
    Case(section="7.7", what="nothing of another organisation", ask=query(f"select Last_Name from Contacts where {ANY}"), items=({"id": "{contact}"},)),
    Case(section="7.7", what="in any case", ask=query(f"SELECT Deal_Name FROM Pipelines WHERE {ANY} ORDER BY id DESC LIMIT 1"), items=found("Big order")),
    Case(section="7.7", what="Deals elsewhere", ask=replace(query(f"select Deal_Name from Deals where {ANY}"), path="/crm/v8/coql"), items=found("Big order")),
    Case(section="7.7", what="a lookup with its name", ask=query(f"select Contact_Name from Pipelines where {ANY}"), items=({"Contact_Name": {"name": "Cleo Dahl", "id": "{contact}"}},)),
    Case(section="7.7", what="and binds closer than or", before=(DEALS,), ask=select("Deal_Name = 'A' or Stage = 'New' and Amount > 0"), items=found("A, B")),
    Case(section="7.7", what="but for brackets", before=(DEALS,), ask=select("(Deal_Name = 'A' or Stage = 'New') and Amount > 0"), items=found("B")),
    Case(section="7.7", what="in the order of a field, without a value last", before=(DEALS,), ask=select(ANY, "order by Amount desc"), items=found("C, B, A, Big order")),
    Case(section="7.7", what="and upwards", before=(DEALS,), ask=select(ANY, "order by Amount"), items=found("A, B, C, Big order")),
    *(
        Case(section="7.7", what=what, before=(DEALS,), ask=select(ANY, text), items=found("B"))
        for what, text in (("limit offset, n", "limit 2, 1"), ("limit n offset offset", "limit 1 offset 2"))
    ),
    *(
        Case(section="7.7", what=f"quotes: {text}", before=(post("/Pipelines", {"Deal_Name": "O'Neill", "Stage": "New"}),), ask=select(f"Deal_Name = {text}"), items=found("O'Neill"))
        for text in ("'O''Neill'", '"O\'Neill"', r"'O\'Neill'")
    ),
    Case(section="7.7", what="needs the module's scope too", status=401, ask=query(f"select id from Contacts where {ANY}", "ZohoBigin.coql.READ,ZohoBigin.modules.accounts.READ"),
         answer={"code": "OAUTH_SCOPE_MISMATCH"}),
    # --- the comparisons ----------------------------------------------------------------------------------------------
    *(
        Case(section="7.7", row=row, what=where, before=(DEALS,), ask=select(where), items=found(names))
        for row, where, names in COMPARED
    ),
    # --- the refusals -------------------------------------------------------------------------------------------------
    Case(section="7.7", row="it cannot be read", what="a word too many", status=400, ask=select(f"{ANY} limit 1 please"), exactly=True,
         answer=refused("SYNTAX_ERROR", "error occured while parsing the query", line=1, column=62, near="please ")),
    Case(section="7.7", row="it cannot be read", what="a quote that does not end", status=400, ask=select("Deal_Name = 'A"), answer={"code": "SYNTAX_ERROR", "message": "error occured while parsing the query"}),
    Case(section="7.7", row="a clause is missing", what="where", status=400, ask=query("select id from Pipelines"), answer=refused("SYNTAX_ERROR", "missing clause", clause="where"), exactly=True),
    Case(section="7.7", row="a clause is missing", what="from", status=400, ask=query("select id"), answer=refused("SYNTAX_ERROR", "missing clause", clause="from"), exactly=True),
    *(
        Case(section="7.7", row="it is not supported", what=what, status=400, ask=query(text), answer=NOT_SUPPORTED, exactly=True)
        for what, text in (("to delete", "delete from Pipelines"), ("functions", f"select count(id) from Pipelines where {ANY}"), ("groups", f"select Stage from Pipelines where {ANY} group by Stage"),
                           ("two fields to order by", f"select id from Pipelines where {ANY} order by Stage, id"))
    ),
    Case(section="7.7", row="an operator that does not suit", what="more of a lookup", status=400, ask=select("Contact_Name > 1"), exactly=True,
         answer=column("invalid query formed", "Contact_Name", reason="invalid operator found", operator=">")),
    *(
        Case(section="7.7", row="an unknown column", what=what, status=400, ask=query(text), answer=column("column given seems to be invalid", name), exactly=True)
        for what, text, name in (("shown", f"select Shoe_Size from Pipelines where {ANY}", "Shoe_Size"), ("compared", "select id from Pipelines where Shoe_Size = 1", "Shoe_Size"),
                                 ("a long text compared", "select id from Pipelines where Description = 'x'", "Description"), ("to order by", f"select id from Pipelines where {ANY} order by Tag", "Tag"))
    ),
    Case(section="7.7", row="a value that does not suit", what="no number", status=400, ask=select("Amount > 'much'"), exactly=True,
         answer=column("value given seems to be invalid for the column", "Amount", expected_data_type="currency")),
    *(
        Case(section="7.7", row="a limit that is none", what=text, status=400, ask=select(ANY, f"limit {text}"), answer=refused("INVALID_QUERY", "limit given seems to be invalid", limit=text), exactly=True)
        for text in ("0", "-1", "many")
    ),
    *(
        Case(section="7.7", row="too many of anything", what=what, status=400, ask=query(text), answer=refused("LIMIT_EXCEEDED", "limit exceeded", limit=limit, clause=clause, **more), exactly=True)
        for what, text, limit, clause, more in (
            ("columns", f"select {', '.join(f'C{n}' for n in range(51))} from Pipelines where {ANY}", 50, "select", {}), ("rows", f"select id from Pipelines where {ANY} limit 201", 200, "limit", {}),
            ("rows in all", f"select id from Pipelines where {ANY} limit 200 offset 9801", 10_000, "limit", {}), ("values", f"select id from Pipelines where Amount in ({FIFTY}, 1)", 50, "where", {"operator": "in"}),
            ("comparisons", f"select id from Pipelines where {' or '.join(['Amount = 1'] * 26)}", 25, "where", {}))
    ),
    Case(section="7.7", row="a column stands twice", what="so", status=400, ask=query(f"select id, Stage, id from Pipelines where {ANY}"), answer=refused("DUPLICATE_DATA", "duplicate select column", column_name="id"), exactly=True),
    Case(section="7.7", row="an unknown module", what="so", status=400, ask=query(f"select id from Nothings where {ANY}"), answer={"code": "INVALID_MODULE", "details": {"module": "Nothings"}}),
    Case(section="7.7", row="no query", what="so", status=400, ask=replace(query(""), json={}), answer={"code": "MANDATORY_NOT_FOUND", "details": {"api_name": "select_query", "json_path": "$.select_query"}}),
]
# fmt: on


def test_it(stage: Stage, case: Case) -> None:
    stage.play(case, alone=True)
