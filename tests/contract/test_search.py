"""The contract of searches: section 7.4 of docs/reference/wire.md."""

from typing import Any

from tests.contract.calls import ADA, get, post, refused
from tests.contract.case import Ask, Case
from tests.contract.stage import Stage

PEOPLE = post(
    "/Contacts",
    {"Last_Name": "Moss", "First_Name": "Ann", "Email": "ann@moss.example", "Phone": "+49 (30) 123-456", "Title": "Head of (all) sales, north"},
    {"Last_Name": "Mossman", "First_Name": "Élan Vital", "Secondary_Email": "ann@mossman.example", "Mobile": "0301 99", "Email_Opt_Out": True, "Tag": [{"name": "VIP"}]},
)  # fmt: skip
# Beside them there is Cleo Dahl.
DEALS = post(
    "/Pipelines",
    {"Deal_Name": "A", "Stage": "New", "Amount": -5, "Closing_Date": "2026-01-31"},
    {"Deal_Name": "B", "Stage": "New", "Amount": 10, "Closing_Date": "2026-02-28", "Owner": {"id": "{colleague}"}},
    {"Deal_Name": "C", "Stage": "Closed Won", "Amount": 100.5, "Closing_Date": "2026-03-31"},
)
# Beside them there is Big order, in Qualification, without an amount.
SEARCH = "/Contacts/search"


def by(criteria: str, **more: str) -> Ask:
    """Contacts, by criteria."""
    return get(SEARCH, criteria=criteria, **more)


def deals(criteria: str) -> Ask:
    """Deals, by criteria, in the order of their names."""
    return get("/Pipelines/search", criteria=criteria, sort_by="Deal_Name", sort_order="asc")


def found(text: str, name: str = "Last_Name") -> tuple[dict[str, str], ...]:
    """Records of these names, in this order."""
    return tuple({name: each} for each in text.split(", "))


def query(reason: str, **details: Any) -> dict[str, Any]:
    """What a query that cannot be understood is answered."""
    return refused("INVALID_QUERY", "invalid query formed", reason=reason, **details)


OPERATORS = [*("equals", "not_equal", "in", "not_in", "starts_with", "greater_than", "greater_equal", "less_than", "less_equal", "between", "not_between")]  # fmt: skip
TEN = "or".join(["(Last_Name:equals:Dahl)"] * 10)

# Which deals each comparison finds. No amount: neither more nor less than another, but not equal to it.
COMPARED = [
    ("equals", "(Deal_Name:equals:b)", "B"),
    ("equals", "(Amount:equals:10.0)", "B"),
    ("equals", "(Closing_Date:equals:2026-03-31)", "C"),
    ("equals", "(Owner:equals:{colleague})", "B"),
    ("equals", "(Account_Name:equals:{company})", "Big order"),
    ("not_equal", "(Amount:not_equal:10)", "A, Big order, C"),
    ("not_equal", "(Contact_Name:not_equal:{contact})", "A, B, C"),
    ("in", "(Stage:in:closed won,Qualification)", "Big order, C"),
    ("in", "(Amount:in:10,-5,7)", "A, B"),
    ("not_in", "(Stage:not_in:Closed Won,Qualification)", "A, B"),
    ("starts_with", "(Deal_Name:starts_with:b)", "B, Big order"),
    ("greater_than", "(Amount:greater_than:10)", "C"),
    ("greater_than", "(Closing_Date:greater_than:2026-01-31)", "B, C"),
    ("greater_equal", "(Amount:greater_equal:10)", "B, C"),
    ("less_than", "(Amount:less_than:10)", "A"),
    ("less_than", "(Created_Time:less_than:2025-12-31T00:00:00Z)", "Big order"),
    ("less_equal", "(Amount:less_equal:10)", "A, B"),
    ("between", "(Amount:between:-5,10)", "A, B"),
    ("between", "(Closing_Date:between:2026-02-01,2026-03-31)", "B, C"),
    ("not_between", "(Amount:not_between:-5,10)", "Big order, C"),
]  # fmt: skip

# fmt: off
CASES = [
    Case(section="7.4", what="all fields, and an info without tokens", before=(PEOPLE,), ask=get(SEARCH, word="cleo"),
         items=({"Last_Name": "Dahl", "First_Name": "Cleo", "Phone": None, "Owner": {**ADA, "email": "ada@{domain}"}, "Account_Name": {"name": "Northwind", "id": "{company}"}},),
         answer={"info": {"per_page": 200, "count": 1, "sort_by": "id", "page": 1, "sort_order": "desc", "more_records": False}}),
    Case(section="7.4", what="204 when nothing is found", status=204, ask=get(SEARCH, word="nobody")),
    Case(section="7.4", what="the newest first", before=(PEOPLE,), ask=get(SEARCH, email="ann@moss"), items=found("Mossman, Moss")),
    Case(section="7.4", what="nothing of another organisation", status=204, ask=get(SEARCH, email="cleo@customer-of-org1.example")),
    *(
        Case(section="7.4", what=f"needs two scopes: not {scopes}", status=401, answer={"code": "OAUTH_SCOPE_MISMATCH"}, ask=get(SEARCH, scopes, word="cleo"))
        for scopes in ("ZohoBigin.modules.contacts.READ", "ZohoSearch.securesearch.READ", "ZohoBigin.modules.accounts.ALL,ZohoSearch.securesearch.READ")
    ),
    Case(section="7.4", what="and these two are enough", ask=get(SEARCH, "ZohoBigin.modules.contacts.READ,ZohoSearch.securesearch.READ", word="cleo"), items=found("Dahl")),
    Case(section="7.4", what="in no module", status=400, ask=get("/Nothings/search", word="cleo"), answer={"code": "INVALID_MODULE"}),
    # --- the parameters -----------------------------------------------------------------------------------------------
    *(
        Case(section="7.4", row="criteria", what=what, before=(PEOPLE,), ask=by(criteria), items=found(names))
        for what, criteria, names in (
            ("one comparison", "(Last_Name:equals:Moss)", "Moss"),
            ("both of two", "(Last_Name:starts_with:Moss)and(First_Name:equals:Ann)", "Moss"),
            ("either of two", "(Last_Name:equals:Moss)or(Last_Name:equals:Dahl)", "Moss, Dahl"),
            ("in one more pair of brackets", "((Last_Name:equals:Moss)or(Last_Name:equals:Dahl))", "Moss, Dahl"),
            ("and binds closer", "(First_Name:equals:Cleo)or(Last_Name:starts_with:Moss)and(First_Name:equals:Ann)", "Moss, Dahl"),
            ("but for brackets", "((First_Name:equals:Cleo)or(Last_Name:starts_with:Moss))and(First_Name:equals:Ann)", "Moss"),
            ("in any case, with blanks", " ( Last_Name : EQUALS : moss ) AND (Email:equals:ANN@moss.example)", "Moss"),
            ("brackets and commas escaped", r"(Title:equals:Head of \(all\) sales\, north)", "Moss"),
            ("commas within a list", r"(Title:in:Head of \(all\) sales\, north,Cook)", "Moss"),
            ("colons as they are", "(Modified_Time:less_equal:2025-10-09T08:53:20+00:00)", "Dahl"),
            ("a yes-or-no", "(Email_Opt_Out:equals:true)", "Mossman"),
            ("a tag", "(Tag:equals:vip)", "Mossman"),
            ("a telephone number by its digits", "(Phone:equals:4930123456)", "Moss"),
            ("the same letters, otherwise written", "(First_Name:equals:e\u0301lan vital)", "Mossman"),
            ("ten comparisons", TEN, "Dahl"),
        )
    ),
    Case(section="7.4", row="criteria", what="wins over email", before=(PEOPLE,), ask=by("(Last_Name:equals:Moss)", email="cleo", phone="1", word="cleo"), items=found("Moss")),
    Case(section="7.4", row="email", what="as it begins, in any case", ask=get(SEARCH, email="CLEO@"), items=found("Dahl")),
    Case(section="7.4", row="email", what="the second one too", ask=get(SEARCH, email="dahl@customer-of-{domain}"), items=found("Dahl")),
    Case(section="7.4", row="email", what="not as it ends", status=204, ask=get(SEARCH, email="{domain}")),
    Case(section="7.4", row="email", what="wins over phone", before=(PEOPLE,), ask=get(SEARCH, email="cleo@", phone="49", word="moss"), items=found("Dahl")),
    Case(section="7.4", row="email", what="a module that has none", status=204, ask=get("/Products/search", email="cleo@")),
    Case(section="7.4", row="phone", what="as its digits begin", before=(PEOPLE,), ask=get(SEARCH, phone="+49 30"), items=found("Moss")),
    Case(section="7.4", row="phone", what="whichever of them", before=(PEOPLE,), ask=get(SEARCH, phone="(0301) 9"), items=found("Mossman")),
    Case(section="7.4", row="phone", what="wins over word", before=(PEOPLE,), ask=get(SEARCH, phone="49", word="cleo"), items=found("Moss")),
    *(
        Case(section="7.4", row="word", what=what, before=(PEOPLE,), ask=get(SEARCH, word=word), items=found(names))
        for what, word, names in (
            ("as a word of any field begins", "sal", "Moss"), ("each of several", "sales ann", "Moss"), ("in any case", "MOSS", "Mossman, Moss"), ("not only the first", "vital", "Mossman"))
    ),
    Case(section="7.4", row="word", what="not as it ends", before=(PEOPLE,), status=204, ask=get(SEARCH, word="man")),
    Case(section="7.4", row="word", what="one letter is none", status=400, ask=get(SEARCH, word="c"), exactly=True, answer=refused("INVALID_DATA", "invalid data", param_name="word", minimum_length=2)),
    Case(section="7.4", row="fields", what="these, and the id", ask=get(SEARCH, word="cleo", fields="Last_Name"), exactly=True, items=({"Last_Name": "Dahl", "id": "{contact}"},)),
    Case(section="7.4", row="page", what="the second", before=(PEOPLE,), ask=get(SEARCH, word="moss", per_page="1", page="2"), items=found("Moss"), info={"page": 2, "per_page": 1, "more_records": False}),
    Case(section="7.4", row="page", what="and there are more", before=(PEOPLE,), ask=get(SEARCH, word="moss", per_page="1"), items=found("Mossman"), info={"more_records": True}),
    Case(section="7.4", row="sort_by", what="a field", before=(PEOPLE,), ask=get(SEARCH, word="moss", sort_by="Last_Name", sort_order="asc"), items=found("Moss, Mossman"),
         info={"sort_by": "Last_Name", "sort_order": "asc"}),
    # --- the operators ------------------------------------------------------------------------------------------------
    *(
        Case(section="7.4", row=operator, what=criteria, before=(DEALS,), ask=deals(criteria), items=found(names, "Deal_Name"))
        for operator, criteria, names in COMPARED
    ),
    # --- the refusals -------------------------------------------------------------------------------------------------
    Case(section="7.4", row="none of the four parameters", what="not one", status=400, ask=get(SEARCH), exactly=True,
         answer=refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="criteria")),
    *(
        Case(section="7.4", row="an unknown field", what=name, status=400, ask=by(f"({name}:equals:1)"), exactly=True, answer=query("the field is not one to search by", api_name=name))
        for name in ("Shoe_Size", "Description", "Account_Name.Account_Name")
    ),
    Case(section="7.4", row="an operator that does not suit", what="a lookup begins with nothing", status=400, ask=by("(Account_Name:starts_with:1)"), exactly=True,
         answer=query("the operator does not suit the field", api_name="Account_Name", operator="starts_with")),
    Case(section="7.4", row="an operator that does not suit", what="no more or less of yes and no", status=400, ask=by("(Email_Opt_Out:greater_than:true)"), answer={"code": "INVALID_QUERY"}),
    Case(section="7.4", row="an operator that does not suit", what="there is none of that name", status=400, ask=by("(Last_Name:like:D)"), exactly=True,
         answer=query("there is no such operator", position=0, operator="like", supported_values=OPERATORS)),
    *(
        Case(section="7.4", row="a value that does not suit", what=f"{name} {value}", status=400, ask=get(f"/{module}/search", criteria=f"({name}:equals:{value})"), exactly=True,
             answer=query("the value does not suit the field", api_name=name))
        for module, name, value in (("Pipelines", "Amount", "much"), ("Pipelines", "Amount", "nan"), ("Pipelines", "Closing_Date", "2026-02-30"), ("Contacts", "Email_Opt_Out", "maybe"),
                                    ("Contacts", "Modified_Time", "2026-01-31"), ("Contacts", "Account_Name", "Northwind"), ("Contacts", "Owner", "Ada"))
    ),
    Case(section="7.4", row="a value that does not suit", what="between one", status=400, ask=by("(Last_Name:between:A)"), exactly=True,
         answer=query("two values are needed", api_name="Last_Name", operator="between")),
    *(
        Case(section="7.4", row="a grammar that is none", what=f"{criteria!r}", status=400, ask=by(criteria), exactly=True, answer=query(reason, position=position, **more))
        for criteria, reason, position, more in (
            ("Last_Name:equals:Dahl", "a bracket was expected", 0, {}), ("(Last_Name:equals:Dahl", "the value has no end", 0, {"api_name": "Last_Name"}),
            ("((Last_Name:equals:Dahl)", "a closing bracket was expected", 24, {}), ("(Last_Name:equals:Dahl)(Title:equals:x)", "an end, and, or or was expected", 23, {}),
            ("(Last_Name:equals:Dahl)and", "a bracket was expected", 26, {}), ("(" * 20, "there are too many brackets", 11, {}))
    ),
    Case(section="7.4", row="too many comparisons", what="eleven", status=400, ask=by(f"{TEN}or(Title:equals:x)"), answer={"code": "INVALID_QUERY", "message": "invalid query formed"}),
    Case(section="7.4", row="beyond 2,000 records", what="the 2,001st", status=400, ask=get(SEARCH, word="cleo", page="11"), answer={"code": "DISCRETE_PAGINATION_LIMIT_EXCEEDED"}),
]
# fmt: on


def test_it(stage: Stage, case: Case) -> None:
    stage.play(case, alone=True)
