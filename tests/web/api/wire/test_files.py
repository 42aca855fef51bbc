from email.message import Message
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.draft import FileRef
from postroom.web.api.wire.files import content_type, download_headers, file_name


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("a.txt", "a.txt"),
        ("Übersicht 2026.csv", "Übersicht 2026.csv"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\x\a.txt", "a.txt"),
        ("a\r\nBcc: x", "aBcc: x"),
        ("a\x00.txt", "a.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        (" a ", "a"),
        ("..", "unnamed"),
        ("/", "unnamed"),
        ("x/", "unnamed"),
        ("\x00", "unnamed"),
        (".htaccess", ".htaccess"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("ü" * 200, "ü" * 127),
        ("a." + "y" * 300, "a." + "y" * 253),
    ],
)
def test_a_name_is_made_harmless(given_name: str, name: str) -> None:
    assert file_name(given_name) == name


@given(st.text(max_size=400))
def test_a_harmless_name_is_short_stays_as_it_is_and_has_no_folder(text: str) -> None:
    name = file_name(text)
    assert 0 < len(name.encode()) <= 255
    assert file_name(name) == name
    assert not set(name) & set("/\\\r\n\0\u2028\u202e")


@pytest.mark.parametrize(
    ("told", "name", "kind"),
    [
        ("text/csv", "a.bin", "text/csv"),
        (None, "a.pdf", "application/pdf"),
        (None, "a.tar.gz", "application/octet-stream"),
        (None, "a", "application/octet-stream"),
        (None, "data:evil/type,x", "application/octet-stream"),
        ("text/plain\r\nX: y", "a", "application/octet-stream"),
        ("text", "a", "application/octet-stream"),
        ("multipart/mixed", "a", "application/octet-stream"),
        ("message/rfc822", "a.eml", "application/octet-stream"),
        (None, "a.eml", "application/octet-stream"),
    ],
)
def test_a_type_is_a_type_that_may_be_attached(told: str | None, name: str, kind: str) -> None:
    assert content_type(told, name) == kind


@given(st.text(min_size=1, max_size=80))
def test_a_download_s_name_is_read_back_by_others(text: str) -> None:
    name = file_name(text)
    ref = FileRef(file_id=b"", digest=b"", name=name, content_type="a/b", size=1)
    header = download_headers(ref)["content-disposition"]
    assert header.isascii()
    assert not set("\r\n") & set(header)
    plain, _, extended = header.rpartition("; filename*=")
    message = Message(policy=default)
    # The standard library reads one of two forms; each is asked for alone.
    message["Content-Disposition"] = f"attachment; filename*={extended}"
    assert message.get_filename() == name
    del message["Content-Disposition"]
    message["Content-Disposition"] = plain
    assert message.get_filename() is not None
    # As Zoho's Python SDK does it: what follows the last apostrophe.
    assert "'" not in header[header.rindex("'") + 1 :]
