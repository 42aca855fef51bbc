"""The contract of reading records: section 7.1 of docs/reference/wire.md."""

from dataclasses import replace

from tests.contract.calls import ADA, EVERYTHING, MADE, MOMENT, NEXT, TEXT, delete, get, post, put, refused, since
from tests.contract.case import Case
from tests.contract.stage import Stage

CONTACT = "/Contacts/{contact}"
PEOPLE = post("/Contacts", {"Last_Name": "Abel", "Title": "Baker"}, {"Last_Name": "Zorn"})
ONE = get("/Contacts", fields="Last_Name", per_page="1")
TURNED = "{got_info.next_page_token}"
ALL_FIELDS = ",".join(["Last_Name"] * 50)
EARLY, LATE = "2025-10-09T08:53:19+00:00", "2125-01-01T00:00:00+00:00"


def param(name: str, **more: object) -> dict[str, object]:
    """What a wrong parameter is answered."""
    return refused("INVALID_DATA", "invalid data", param_name=name, **more)


def names(*each: str) -> tuple[dict[str, str], ...]:
    """These contacts, in this order."""
    return tuple({"Last_Name": name} for name in each)


MISSING = refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields")
MISMATCH = refused(
    "TOKEN_BOUND_DATA_MISMATCH",
    "The page_token given seems to be invalid or input param is added or altered or deleted",
)
DISCRETE = refused(
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "You can only get the first 2000 records without using page_token param"
)
BEYOND = refused("PAGINATION_LIMIT_EXCEEDED", "You can only get the first 100000 records")

# fmt: off
CASES = [
    # --- the calls ----------------------------------------------------------------------------------------------------
    Case(section="7.1", row="GET /{module}", what="the newest first, with all that info has", before=(PEOPLE,), ask=get("/Contacts", fields="Last_Name"),
         items=names("Zorn", "Abel", "Dahl"), info={"per_page": 200, "next_page_token": None, "count": 3, "sort_by": "id", "page": 1, "previous_page_token": None,
                                                    "page_token_expiry": None, "sort_order": "desc", "more_records": False}),
    Case(section="7.1", row="GET /{module}", what="204 where there are none", status=204, ask=get("/Products", fields="Product_Name")),
    Case(section="7.1", row="GET /{module}", what="no module", status=400, exactly=True, ask=get("/Nothings", fields="Last_Name"),
         answer=refused("INVALID_MODULE", "the module name given seems to be invalid", resource_path_index=0)),
    Case(section="7.1", row="GET /{module}", what="deals are Pipelines here", ask=get("/Pipelines", fields="Deal_Name"), items=({"Deal_Name": "Big order"},)),
    Case(section="7.1", row="GET /{module}", what="and Deals elsewhere", ask=get("/crm/v8/Deals", fields="Deal_Name"), items=({"Deal_Name": "Big order"},)),
    Case(section="7.1", row="GET /{module}", what="Deals is no module here", status=400, ask=get("/Deals", fields="Deal_Name"), answer={"code": "INVALID_MODULE"}),
    Case(section="7.1", row="GET /{module}", what="another module's scope", status=401, ask=get("/Contacts", "ZohoBigin.modules.accounts.ALL", fields="Last_Name"),
         answer={"code": "OAUTH_SCOPE_MISMATCH"}),
    Case(section="7.1", row="GET /{module}/{id}", what="data alone, lookups with their names, Owner with its address", ask=get(CONTACT), without=("info",),
         items=({"id": "{contact}", "Last_Name": "Dahl", "Full_Name": "Cleo Dahl", "Account_Name": {"name": "Northwind", "id": "{company}"}, "Phone": None,
                 "Owner": {**ADA, "email": "ada@{domain}"}, "Created_By": ADA, "Created_Time": MOMENT, "Email_Opt_Out": False, "Tag": []},)),
    Case(section="7.1", row="GET /{module}/{id}", what="204 where there is none", status=204, ask=get("/Contacts/1")),
    Case(section="7.1", row="GET /{module}/{id}", what="204 for one of another module", status=204, ask=get("/Accounts/{contact}")),
    Case(section="7.1", row="GET /{module}/{id}", what="204 for one of another organisation", status=204, ask=get("/Contacts/{foreign_contact}")),
    Case(section="7.1", row="GET /{module}/{id}", what="not modified since", status=304, ask=since(LATE, get(CONTACT))),
    Case(section="7.1", row="GET /{module}/{id}", what="modified since", ask=since(EARLY, get(CONTACT)), items=({"id": "{contact}"},)),
    # --- the parameters -----------------------------------------------------------------------------------------------
    Case(section="7.1", row="fields", what="these, and the id", ask=get("/Contacts", fields="Last_Name,Email"), exactly=True,
         items=({"Last_Name": "Dahl", "Email": "cleo@customer-of-{domain}", "id": "{contact}"},)),
    Case(section="7.1", row="fields", what="of one record too", ask=get(CONTACT, fields="Last_Name"), exactly=True, items=({"Last_Name": "Dahl", "id": "{contact}"},)),
    Case(section="7.1", row="fields", what="names of none are passed over", ask=get("/Contacts", fields="Last_Name, Shoe_Size"), exactly=True,
         items=({"Last_Name": "Dahl", "id": "{contact}"},)),
    Case(section="7.1", row="fields", what="fifty are not too many", ask=get("/Contacts", fields=ALL_FIELDS), items=names("Dahl")),
    Case(section="7.1", row="fields", what="required of CRM v3", status=400, ask=get("/crm/v3/Contacts"), answer=MISSING, exactly=True),
    *(
        Case(section="7.1", row="fields", what=f"not required under {prefix}: all fields", ask=get(f"{prefix}/Contacts"), items=({"First_Name": "Cleo", "Last_Name": "Dahl", "Phone": None},))
        for prefix in ("/bigin/v1", "/crm/v2", "/crm/v2.1")
    ),
    Case(section="7.1", row="sort_by", what="a field of text, without regard to case", before=(post("/Contacts", {"Last_Name": "abel"}, {"Last_Name": "Moss"}),),
         ask=get("/Contacts", fields="Last_Name", sort_by="Last_Name", sort_order="asc"), items=names("abel", "Dahl", "Moss"), info={"sort_by": "Last_Name", "sort_order": "asc"}),
    Case(section="7.1", row="sort_by", what="a number", before=(post("/Pipelines", *({"Deal_Name": f"{each}", "Stage": "New", "Amount": each} for each in (9, 100, 10.5))),),
         ask=get("/Pipelines", fields="Deal_Name", sort_by="Amount"), items=tuple({"Deal_Name": name} for name in ("100", "10.5", "9", "Big order"))),
    Case(section="7.1", row="sort_by", what="Modified_Time", before=(PEOPLE, put(CONTACT, {"Phone": "1"})), pause=1,
         ask=get("/Contacts", fields="Last_Name", sort_by="Modified_Time"), items=names("Dahl", "Zorn", "Abel")),
    *(
        Case(section="7.1", row="sort_by", what=f"who has no value comes last, {order}", before=(PEOPLE,), items=names("Abel", *others),
             ask=get("/Contacts", fields="Last_Name", sort_by="Title", sort_order=order))
        for order, others in (("asc", ("Dahl", "Zorn")), ("desc", ("Zorn", "Dahl")))
    ),
    *(
        Case(section="7.1", row="sort_by", what=f"not by {name}", status=400, ask=get("/Contacts", fields="Last_Name", sort_by=name), answer=param("sort_by"), exactly=True)
        for name in ("Description", "Tag", "Shoe_Size")
    ),
    Case(section="7.1", row="sort_order", what="upwards", before=(PEOPLE,), ask=get("/Contacts", fields="Last_Name", sort_order="asc"), items=names("Dahl", "Abel", "Zorn")),
    Case(section="7.1", row="sort_order", what="there is no third", status=400, exactly=True, ask=get("/Contacts", fields="Last_Name", sort_order="up"),
         answer=param("sort_order", supported_values=["asc", "desc"])),
    Case(section="7.1", row="page", what="the second", before=(PEOPLE,), ask=get("/Contacts", fields="Last_Name", per_page="2", page="2"), items=names("Dahl"),
         info={"page": 2, "count": 1, "more_records": False, "next_page_token": None, "previous_page_token": TEXT}),
    Case(section="7.1", row="page", what="behind the last", status=204, ask=get("/Contacts", fields="Last_Name", page="2")),
    Case(section="7.1", row="page", what="there is no page 0", status=400, ask=get("/Contacts", fields="Last_Name", page="0"), answer=param("page"), exactly=True),
    Case(section="7.1", row="page", what="to the 2,000th record", status=204, ask=get("/Contacts", fields="Last_Name", page="10")),
    *(
        Case(section="7.1", row="page", what=f"under {prefix} to the 100,000th", status=204, ask=get(f"{prefix}/Contacts", page="500"))
        for prefix in ("/bigin/v1", "/crm/v2", "/crm/v2.1")
    ),
    Case(section="7.1", row="per_page", what="one, and there are more", before=(PEOPLE,), ask=ONE, items=names("Zorn"),
         info={"per_page": 1, "count": 1, "more_records": True, "next_page_token": TEXT, "previous_page_token": None, "page_token_expiry": MOMENT}),
    Case(section="7.1", row="per_page", what="more than 200 is 200", ask=get("/Contacts", fields="Last_Name", per_page="1000"), info={"per_page": 200}),
    Case(section="7.1", row="per_page", what="none is no page", status=400, ask=get("/Contacts", fields="Last_Name", per_page="0"), answer=param("per_page"), exactly=True),
    Case(section="7.1", row="page_token", what="leads on", before=(PEOPLE, ONE), ask=get("/Contacts", fields="Last_Name", per_page="1", page_token=TURNED), items=names("Abel"),
         info={"page": 2, "more_records": True, "previous_page_token": TEXT}),
    Case(section="7.1", row="page_token", what="and back", before=(PEOPLE, ONE, get("/Contacts", fields="Last_Name", per_page="1", page_token=TURNED)), items=names("Zorn"),
         ask=get("/Contacts", fields="Last_Name", per_page="1", page_token="{got_info.previous_page_token}"), info={"page": 1, "more_records": True}),
    Case(section="7.1", row="page_token", what="wins over page", before=(PEOPLE, ONE), items=names("Abel"),
         ask=get("/Contacts", fields="Last_Name", per_page="1", page_token=TURNED, page="3")),
    Case(section="7.1", row="page_token", what="leads on along a field", before=(PEOPLE, get("/Contacts", fields="Last_Name", per_page="1", sort_by="Title")), items=names("Zorn"),
         ask=get("/Contacts", fields="Last_Name", per_page="1", sort_by="Title", page_token=TURNED)),
    Case(section="7.1", row="page_token", what="loses nothing to who is deleted meanwhile", before=(PEOPLE, ONE, delete(f"/Contacts/{NEXT}")), items=names("Abel"),
         ask=get("/Contacts", fields="Last_Name", per_page="1", page_token=TURNED)),
    Case(section="7.1", row="cvid", what="there are no views", status=400, ask=get("/Contacts", fields="Last_Name", cvid="1"), answer=param("cvid"), exactly=True),
    *(
        Case(section="7.1", row="approved", what=f"{value}: all", ask=get("/Contacts", fields="Last_Name", approved=value), items=names("Dahl"))
        for value in ("true", "both")
    ),
    Case(section="7.1", row="approved", what="false: none", status=204, ask=get("/Contacts", fields="Last_Name", approved="false")),
    Case(section="7.1", row="approved", what="anything else", status=400, ask=get("/Contacts", fields="Last_Name", approved="maybe"), exactly=True,
         answer=param("approved", supported_values=["true", "false", "both"])),
    Case(section="7.1", row="ids", what="none but these", before=(PEOPLE,), ask=get("/Contacts", fields="Last_Name", ids=f"{{contact}},{MADE},1"), items=names("Abel", "Dahl")),
    Case(section="7.1", row="ids", what="in an order", before=(PEOPLE,), ask=get("/Contacts", fields="Last_Name", ids=f"{NEXT},{MADE}", sort_by="Last_Name", sort_order="asc"),
         items=names("Abel", "Zorn")),
    Case(section="7.1", row="ids", what="not those of another organisation", status=204, ask=get("/Contacts", fields="Last_Name", ids="{foreign_contact}")),
    Case(section="7.1", row="ids", what="101 are too many", status=400, exactly=True, answer=param("ids", limit=100),
         ask=get("/Contacts", fields="Last_Name", ids=",".join(str(each) for each in range(1, 102)))),
    Case(section="7.1", row="ids", what="what is none", status=400, ask=get("/Contacts", fields="Last_Name", ids="x"), answer=param("ids"), exactly=True),
    Case(section="7.1", row="If-Modified-Since", what="nothing was", status=304, ask=since(LATE, get("/Contacts", fields="Last_Name"))),
    Case(section="7.1", row="If-Modified-Since", what="none but those that were", before=(PEOPLE,), items=names("Zorn", "Abel"),
         ask=since("2025-10-09T08:53:20+00:00", get("/Contacts", fields="Last_Name"))),
    Case(section="7.1", row="If-Modified-Since", what="as HTTP writes it", ask=since("Thu, 09 Oct 2025 08:53:19 GMT", get("/Contacts", fields="Last_Name")), items=names("Dahl")),
    Case(section="7.1", row="If-Modified-Since", what="to the second: what a record shows", status=304, ask=since("Thu, 09 Oct 2025 08:53:20 GMT", get("/Contacts", fields="Last_Name"))),
    Case(section="7.1", row="If-Modified-Since", what="what is no moment is passed over", ask=since("lately", get("/Contacts", fields="Last_Name")), items=names("Dahl")),
    # --- the refusals -------------------------------------------------------------------------------------------------
    Case(section="7.1", row="fields is missing", what="in v2", status=400, ask=get("/Contacts"), answer=MISSING, exactly=True),
    Case(section="7.1", row="fields is missing", what="or empty", status=400, ask=get("/Contacts", fields=" "), answer=MISSING, exactly=True),
    Case(section="7.1", row="more than 50 fields", what="51", status=400, ask=get("/Contacts", fields=f"{ALL_FIELDS},Email"), exactly=True,
         answer=refused("LIMIT_EXCEEDED", "limit exceeded", limit=50, param_name="fields")),
    Case(section="7.1", row="more than 50 fields", what="of one record", status=400, ask=get(CONTACT, fields=f"{ALL_FIELDS},Email"), answer={"code": "LIMIT_EXCEEDED"}),
    Case(section="7.1", row="a page beyond 2,000", what="the 2,001st record", status=400, ask=get("/Contacts", fields="Last_Name", page="11"), answer=DISCRETE, exactly=True),
    Case(section="7.1", row="a page beyond 2,000", what="in small pages", status=400, ask=get("/Contacts", fields="Last_Name", page="2001", per_page="1"), answer=DISCRETE),
    Case(section="7.1", row="a page beyond 100,000", what="where numbers lead so far", status=400, ask=get("/bigin/v1/Contacts", page="501"), answer=BEYOND, exactly=True),
    *(
        Case(section="7.1", row="a token of another list", what=what, status=400, before=(PEOPLE, ONE), ask=asked, answer=MISMATCH, exactly=True)
        for what, asked in (
            ("another module's", get("/Accounts", fields="Last_Name", per_page="1", page_token=TURNED)),
            ("of other fields", get("/Contacts", fields="Email", per_page="1", page_token=TURNED)),
            ("in another order", get("/Contacts", fields="Last_Name", per_page="1", sort_by="Email", page_token=TURNED)),
            ("downwards, not upwards", get("/Contacts", fields="Last_Name", per_page="1", sort_order="asc", page_token=TURNED)),
            ("of another size", get("/Contacts", fields="Last_Name", per_page="2", page_token=TURNED)),
            ("with a parameter more", get("/Contacts", fields="Last_Name", per_page="1", approved="both", page_token=TURNED)),
            ("made up", get("/Contacts", fields="Last_Name", per_page="1", page_token="next")),
        )
    ),
    Case(section="7.1", row="a token too old", what="after a day", minutes=24 * 60, before=(PEOPLE, ONE), status=400, answer=refused("EXPIRED_VALUE", "Page token expired"), exactly=True,
         ask=replace(get("/Contacts", fields="Last_Name", per_page="1", page_token=TURNED), bearer=f"{{new_token:{EVERYTHING}}}")),
    Case(section="7.1", row="a token too old", what="not before", minutes=24 * 60 - 1, before=(PEOPLE, ONE), items=names("Abel"),
         ask=replace(get("/Contacts", fields="Last_Name", per_page="1", page_token=TURNED), bearer=f"{{new_token:{EVERYTHING}}}")),
    Case(section="7.1", row="a wrong cvid", what="any", status=400, ask=get("/Contacts", fields="Last_Name", cvid="all"), answer=param("cvid"), exactly=True),
    Case(section="7.1", row="a wrong id", what="no number", status=400, ask=get("/Contacts/x"), exactly=True,
         answer=refused("INVALID_DATA", "the id given seems to be invalid", resource_path_index=1)),
    Case(section="7.1", row="a wrong id", what="more digits than an id has", status=400, ask=get("/Contacts/99999999999999999999"), answer={"details": {"resource_path_index": 1}}),
]
# fmt: on


def test_it(stage: Stage, case: Case) -> None:
    stage.play(case, alone=True)
