from collections.abc import Sequence
from contextlib import suppress

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from postroom.errors import Invalid, Reason
from postroom.web.multipart import Data, End, Head, Reader

BOUNDARY = "1700000000000"
HEADER = f"multipart/form-data; boundary={BOUNDARY}"

Part = tuple[str, str | None, str | None, bytes]


def read(content_type: str, body: bytes, sizes: Sequence[int] = ()) -> list[Part]:
    """All parts of a body that arrives in pieces of these sizes, then of one octet where they run out."""
    reader = Reader(content_type)
    parts: list[Part] = []
    pieces = [*sizes] or [len(body) or 1]
    while body:
        size = pieces.pop(0) if pieces else 1
        piece, body = body[:size], body[size:]
        for event in reader.feed(piece):
            match event:
                case Head(name, filename, kind):
                    parts.append((name, filename, kind, b""))
                case Data(octets):
                    parts[-1] = (*parts[-1][:3], parts[-1][3] + octets)
                case End():
                    pass
    reader.close()
    return parts


def form(*parts: bytes) -> bytes:
    """A body as it should be: headers, blank line and data of each part given."""
    return b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY.encode(), part) for part in parts) + b"--%s--\r\n" % BOUNDARY.encode()


def disposition(parameters: str) -> bytes:
    return f"Content-Disposition: form-data; {parameters}\r\n\r\ndata".encode()


names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(
    lambda name: not {'"', "\\"} & set(name)
)
contents = st.binary(max_size=200) | st.sampled_from(
    [b"", b"\r\n", b"\r\n--", b"\r\n--x", b"--x--", b"\r\n--1700000000000x", b"-" * 50]
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(names, contents), min_size=1, max_size=4),
    st.lists(st.integers(1, 80), max_size=30),
    st.sampled_from(["x", "0123456789", "----WebKitFormBoundaryabc", "a" * 70]),
)
def test_what_httpx_writes_is_read_however_it_is_cut(
    files: list[tuple[str, bytes]], sizes: list[int], boundary: str
) -> None:
    # Who writes a body chooses a boundary that does not occur in it.
    assume(not any(f"--{boundary}".encode() in content for _, content in files))
    header = f"multipart/form-data; boundary={boundary}"
    request = httpx.Request(
        "POST",
        "http://x",
        headers={"content-type": header},
        files=[("file", (name, content, "text/x-thing")) for name, content in files],
    )
    body = request.read()
    assert read(header, body, sizes) == [("file", name, "text/x-thing", content) for name, content in files]


@given(st.binary(max_size=300), st.lists(st.integers(1, 20), max_size=20))
def test_whatever_arrives_is_read_or_refused(noise: bytes, sizes: list[int]) -> None:
    for body in (noise, b"--" + BOUNDARY.encode() + b"\r\n" + noise, form(noise)):
        with suppress(Invalid):
            read(HEADER, body, sizes)


def test_php_writes_its_own_dialect() -> None:
    # W 13: a line end before the first boundary, no blanks after semicolons, a boundary of digits
    body = (
        b'\r\n--1700000000000\r\nContent-Disposition: form-data; name="file";filename="a b.txt"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\nhello\r\n--1700000000000--\r\n"
    )
    expected = [("file", "a b.txt", "application/octet-stream", b"hello")]
    assert read("multipart/form-data;boundary=1700000000000", body) == expected
    assert read("Multipart/Form-Data; Boundary=1700000000000", body, [1] * len(body)) == expected
    assert read('multipart/form-data; charset=utf-8; boundary="1700000000000"', body) == expected


@pytest.mark.parametrize(
    ("parameters", "filename"),
    [
        ('name="file"; filename="Übersicht 2026.csv"', "Übersicht 2026.csv"),
        ("name=file; filename=plain.txt", "plain.txt"),
        ('filename="a;b.txt"; name="file"', "a;b.txt"),
        (r'name="file"; filename="a\"b.txt"', 'a"b.txt'),
        (r'name="file"; filename="C:\dir\x.txt"', r"C:\dir\x.txt"),
        ('name="file"; filename="x"; filename*=UTF-8\'\'%C3%9Cber.txt', "Über.txt"),
        ('name="file"; filename="x"; filename*=utf-8\'de\'a%20b', "a b"),
        ('name="file"; filename="x"; filename*=UTF-8\'\'%FF', "x"),
        ('name="file"; filename="x"; filename*=latin-1\'\'%FF', "x"),
        ('name="file"; filename="one"; filename="two"', "one"),
        ('name="file"; filename=""', ""),
        ('name="file"', None),
    ],
)
def test_file_names_are_read_as_clients_write_them(parameters: str, filename: str | None) -> None:
    assert read(HEADER, form(disposition(parameters))) == [("file", filename, None, b"data")]


def test_a_name_in_another_encoding_is_taken_as_latin_1() -> None:
    part = 'Content-Disposition: form-data; name="file"; filename="Über"\r\n\r\n'.encode("latin-1")
    assert read(HEADER, form(part))[0][1] == "Über"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "multipart/mixed; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=" + "x" * 71,
        'multipart/form-data; boundary="x\r\ny"',
        "multipart/form-data; boundary=ü",
        'multipart/form-data; boundary="x "',
    ],
)
def test_a_content_type_without_a_boundary_is_refused(content_type: str | None) -> None:
    with pytest.raises(Invalid):
        Reader(content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"--wrong\r\n\r\n--wrong--",
        form(disposition("name=file"))[:-4],
        form(disposition("name=file")).replace(b"data", b"data\r\n--1700000000000 x"),
        form(b"No colon\r\n\r\n"),
        form(b": empty\r\n\r\n"),
        form(b"Bad name: x\r\n\r\n"),
        form(b"X: y\nZ: q\r\r\n\r\n"),
        form(b"X-Long: " + b"x" * 10_000 + b"\r\n\r\n"),
        form(b"X" * 10_000 + b": x\r\n\r\n"),
        form(b"X: y\r\n" * 20 + b"\r\n"),
        form(b"X: y\r\nx: z\r\n\r\n"),
        form(*[disposition("name=field")] * 65),
    ],
)
def test_a_broken_or_endless_body_is_refused(body: bytes) -> None:
    for sizes in ([], [1] * len(body)):
        with pytest.raises(Invalid) as caught:
            read(HEADER, body, sizes)
        assert caught.value.faults[0].reason is Reason.UPLOAD_BROKEN


def test_what_follows_the_last_boundary_is_passed_over() -> None:
    assert read(HEADER, form(disposition("name=file")) + b"epilogue") == [("file", None, None, b"data")]
