"""The contract of files: sections 3.1 to 3.4 of docs/reference/wire.md."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.actor import UPLOADED
from tests.contract.calls import ADA, MOMENT, ask, delete, done, get, refused
from tests.contract.case import Ask, Case
from tests.contract.mailing import SCOPES, STORED, by, mail, upload
from tests.contract.stage import Stage

MIB = 1024 * 1024
OPAQUE, DIGITS = re.compile(r"[0-9a-f]{64}"), re.compile(r"\d+")
BROKEN = "Problem in uploading attachment. kindly upload the file properly"
TOO_MANY = (
    "unable to process your request. please verify whether you have entered proper method name, parameter and"
    " parameter values."
)
WRONG_ID = refused("INVALID_DATA", "the related id given seems to be invalid", resource_path_index=3)
NO_PARENT = refused("INVALID_DATA", "the related id given seems to be invalid", resource_path_index=1)
NO_FILE = refused("INVALID_DATA", "There is no file exists with the given id", param_name="id")
ZEROS = "0" * 64
ADA_WHOLE = {**ADA, "email": "ada@{domain}"}
FILED = "/Contacts/{contact}/Attachments"
FILED_ONE = f"{FILED}/{STORED}"
MONTH = 30 * 24 * 60  # minutes


def stored(number: int) -> dict[str, Any]:
    """The answer to a part of an upload."""
    return done(f"{number}.bin uploaded Succeessfully", name=f"{number}.bin", id=OPAQUE)


def named(name: str, path: str = "/files") -> Ask:
    """A small file of that name."""
    return replace(ask("POST", path, SCOPES), upload=name)


def broken(octets: bytes, kind: str = "multipart/form-data; boundary=x") -> Ask:
    """A body as it is."""
    return replace(ask("POST", "/files", SCOPES), octets=octets, headers={"Content-Type": kind})


def part(disposition: str, content: str) -> bytes:
    """A multipart body of one part."""
    return f"--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n--x--\r\n".encode()


def download(number: str = STORED) -> Ask:
    """A file of the organisation."""
    return get("/files", SCOPES, id=number)


def shown(**fields: str) -> Ask:
    """The files of the contact."""
    return get(
        FILED,
        SCOPES,
        fields="File_Name,Size,Owner,Parent_Id,Created_By,Created_Time,Modified_By,Modified_Time",
        **fields,
    )


# fmt: off
CASES = [
    # --- 3.1 upload ---------------------------------------------------------------------------------------------------
    Case(section="3.1", row="POST {api_domain}", what="one scope is enough", ask=replace(upload(1), bearer="{token:ZohoBigin.Files.CREATE}"), items=(stored(0),), exactly=True),
    Case(section="3.1", row="POST {api_domain}", what="in any case", ask=replace(upload(1), bearer="{token:ZohoBigin.files.create}"), items=(stored(0),), exactly=True),
    Case(section="3.1", row="POST {api_domain}", what="another scope is not", status=401, ask=replace(upload(1), bearer="{token:ZohoBigin.Files.READ}"), answer={"code": "OAUTH_SCOPE_MISMATCH"}),
    Case(section="3.1", row="multipart/form-data", what="several", ask=upload(1, 2, 3), items=(stored(0), stored(1), stored(2)), exactly=True),
    Case(section="3.1", row="multipart/form-data", what="other parts are passed over", ask=broken(part('name="note"', "x")[:-6] + b"\r\n" + part('name="file"; filename="a.txt"', "x")), items=({"code": "SUCCESS"},)),
    Case(section="3.1", row="20 MB each", what="20 MB to the octet", ask=upload(20 * MIB), items=(stored(0),), exactly=True),
    Case(section="3.1", row="20 MB each", what="ten at once", ask=upload(*(1,) * 10), items=tuple(stored(n) for n in range(10)), exactly=True),
    Case(section="3.1", row="type=inline", what="accepted", ask=upload(1, type="inline"), items=(stored(0),), exactly=True),
    Case(section="3.1", row="200, one item per part", what="with its name", ask=named("Käse & Brot.txt"), exactly=True,
         answer={"data": [done("Käse & Brot.txt uploaded Succeessfully", name="Käse & Brot.txt", id=OPAQUE)]}),
    Case(section="3.1", row="200, one item per part", what="without folders", ask=named("../../etc/passwd"), items=(done("passwd uploaded Succeessfully", name="passwd", id=OPAQUE),)),
    Case(section="3.1", row="id is opaque hex", what="goes with a mail", before=(upload(1),), ask=mail(attachments=[{"id": STORED}]), items=({"code": "SUCCESS"},)),
    Case(section="3.1", row="How long an unused upload lives", what="a month", before=(named("a.txt"),), ask=replace(download(), bearer=f"{{new_token:{SCOPES}}}"), minutes=MONTH, body=UPLOADED),
    *(
        Case(section="3.1", row="failure_in_attachment_handling", what=reason, status=400, ask=asked, answer=refused("failure_in_attachment_handling", BROKEN, reason=reason), exactly=True)
        for reason, asked in (
            ("there is no part named file", broken(part('name="note"; filename="a.txt"', "x"))), ("a file is empty", upload(0)), ("a file has no name", broken(part('name="file"', "x"))),
            ("not multipart/form-data with a boundary", broken(b"{}", "application/json")),
        )
    ),
    Case(section="3.1", row="failure_in_attachment_handling", what="cut off", status=400, ask=broken(part('name="file"; filename="a.txt"', "x")[:-8]), answer={"code": "failure_in_attachment_handling", "message": BROKEN}),
    Case(section="3.1", row="INVALID_REQUEST", what="eleven files", status=400, ask=upload(*(1,) * 11), answer=refused("INVALID_REQUEST", TOO_MANY, limit=10), exactly=True),
    Case(section="3.1", row="FILE_SIZE_MORE_THAN_ALLOWED_SIZE", what="20 MB and one", status=415, ask=upload(1, 20 * MIB + 1), exactly=True,
         answer=refused("FILE_SIZE_MORE_THAN_ALLOWED_SIZE", "Please check if the size of the file is in the correct range", limit=20 * MIB)),
    Case(section="3.1", row="NO_PERMISSION", what="a profile without the right", status=403, ask=by("powerless", upload(1)), answer=refused("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_Create"]), exactly=True),
    # --- 3.2 download -------------------------------------------------------------------------------------------------
    Case(section="3.2", what="as it was, under its name", before=(named("order.txt"),), ask=download(), body=UPLOADED,
         headers={"content-type": "application/x-download", "content-disposition": "attachment; filename=\"order.txt\"; filename*=UTF-8''order.txt", "content-length": str(len(UPLOADED))}),
    Case(section="3.2", what="READ is enough", before=(named("order.txt"),), ask=replace(download(), bearer="{token:ZohoBigin.Files.READ}"), body=UPLOADED),
    Case(section="3.2", what="without id", status=400, ask=get("/files", SCOPES), answer=refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="id"), exactly=True),
    *(
        Case(section="3.2", what=what, status=400, before=(by("neighbour", upload(1)),), ask=download(number), answer=NO_FILE, exactly=True)
        for what, number in (("no such file", ZEROS), ("no id", "x"), ("another organisation's", STORED))
    ),
    # --- 3.3 attachments of records -----------------------------------------------------------------------------------
    Case(section="3.3", row="one file in the part file", what="one", ask=named("order.txt", FILED), items=({"code": "SUCCESS"},)),
    Case(section="3.3", row="one file in the part file", what="not two", status=400, ask=replace(upload(1, 1), path=f"/bigin/v2{FILED}"), answer=refused("INVALID_REQUEST", TOO_MANY, limit=1), exactly=True),
    Case(section="3.3", row="one file in the part file", what="none", status=400, ask=replace(broken(part('name="note"', "x")), path=f"/bigin/v2{FILED}"), answer={"code": "failure_in_attachment_handling"}),
    Case(section="3.3", row="one file in the part file", what="of no record", status=400, ask=named("order.txt", "/Contacts/1/Attachments"), answer=NO_PARENT, exactly=True),
    Case(section="3.3", row="the answer's details", what="exactly", ask=named("order.txt", FILED), exactly=True,
         items=(done("attachment uploaded successfully", id=DIGITS, Created_By=ADA, Created_Time=MOMENT, Modified_By=ADA, Modified_Time=MOMENT),)),
    Case(section="3.3", row="the list needs fields", what="an entry", before=(named("order.txt", FILED),), ask=shown(),
         among={"id": STORED, "File_Name": "order.txt", "Size": str(len(UPLOADED)), "Created_By": ADA_WHOLE, "Modified_By": ADA_WHOLE, "Owner": ADA_WHOLE, "$file_id": OPAQUE, "$type": "File", "$se_module": "Contacts",
                "Parent_Id": {"name": "Cleo Dahl", "id": "{contact}"}, "Created_Time": MOMENT, "Modified_Time": MOMENT}),
    Case(section="3.3", row="the list needs fields", what="or is refused", status=400, ask=get(FILED, SCOPES), exactly=True,
         answer=refused("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields")),
    Case(section="3.3", row="info", what="in pages", before=(named("a.txt", FILED), named("b.txt", FILED)), ask=shown(per_page="1"), info={"per_page": 1, "count": 1, "page": 1, "more_records": True}),
    Case(section="3.3", row="$file_id", what="is a file", before=(named("order.txt", FILED), shown()), ask=download("{got_data.0.$file_id}"), body=UPLOADED),
    Case(section="3.3", row="$file_id", what="goes with a mail", before=(named("order.txt", FILED), shown()), ask=mail(attachments=[{"id": "{got_data.0.$file_id}"}]), items=({"code": "SUCCESS"},)),
    Case(section="3.3", row="downloading what is not there", what="204", status=204, ask=get(f"{FILED}/1", SCOPES)),
    Case(section="3.3", row="deleting", what="record deleted", before=(named("order.txt", FILED),), ask=delete(FILED_ONE), items=(done("record deleted", id=STORED),), exactly=True),
    Case(section="3.3", row="deleting", what="what is not there", status=400, ask=delete(f"{FILED}/1"), answer=WRONG_ID, exactly=True),
    Case(section="3.3", row="deleting", what="what can be no id", status=400, ask=get(f"{FILED}/x", SCOPES), answer=WRONG_ID, exactly=True),
    # --- 3.4 bulk upload ----------------------------------------------------------------------------------------------
    Case(section="3.4", what="is no module", status=400, ask=replace(upload(1), path="/bigin/v2/upload", headers={"feature": "bulk-write", "X-CRM-ORG": "{org}"}), answer={"code": "INVALID_MODULE"}),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case)
