from base64 import b64encode
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.pictures import Image, may_show, placed
from tests.mail.letters import file_ref

PNG = b"\x89PNG\r\n\x1a\n\0"
LOGO = file_ref("Logo (neu).png", PNG, "image/png")
PRICES = file_ref("prices.pdf", b"%PDF", "application/pdf")
FILES = (LOGO, PRICES)


def base64(octets: bytes) -> str:
    return b64encode(octets).decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"data:image/png;base64,{base64(PNG)}", Image("image/png", PNG)),
        (f"DATA:Image/PNG;x=y;BASE64,{base64(PNG)}", Image("image/png", PNG)),
        (f" data:image/png;base64,{base64(PNG).rstrip('=')} ", Image("image/png", PNG)),
        (f"data:image/png;base64,{base64(PNG)[:4]}\n {base64(PNG)[4:]}", Image("image/png", PNG)),
        (f"data:image/png;base64,{quote_from_bytes(b64encode(PNG), safe='')}", Image("image/png", PNG)),
        (f"data:image/gif,{quote_from_bytes(PNG)}", Image("image/gif", PNG)),
        ("data:image/svg+xml,&lt;svg/&gt;#fragment", Image("image/svg+xml", b"<svg/>")),
        ("cid:Logo (neu).png", LOGO),
        ("cid:Logo%20(neu).png", LOGO),
        ("CID:prices.pdf", PRICES),
        (f"cid:{LOGO.file_id.hex()}", LOGO),
    ],
)
def test_a_picture_becomes_a_part(url: str, expected: object) -> None:
    html, pictures = placed(f'<p>a<IMG alt="x" src="{url}" width=1>b</p>', FILES, "s@example.com")
    assert [picture.source for picture in pictures] == [expected]
    assert html == '<p>a<IMG alt="x" src="cid:1.s@example.com" width=1>b</p>'


@pytest.mark.parametrize(
    "html",
    [
        "<p>nothing</p>",
        '<img src="https://example.com/a.png">',
        '<img src="cid:unknown.png">',
        '<img src="cid:logo (neu).png">',  # names are exact
        '<img src="cid:">',
        '<img src="data:text/html;base64,PHA+">',
        '<img src="data:image/png\r\nX: y;base64,AAAA">',
        '<img src="data:image/png;base64,????">',
        '<img src="data:image/png;base64,A">',
        '<img src="data:image/png;base64,">',
        '<img src="data:image/png">',
        '<img src="data:,hello">',
        '<iframe src="data:image/png;base64,AAAA"></iframe>',
        '<a href="data:image/png;base64,AAAA">a</a>',
        '<img alt="cid:prices.pdf">cid:prices.pdf',
        '<!-- <img src="cid:prices.pdf"> -->',
        '<style>img[src="cid:prices.pdf"] {}</style>',
    ],
)
def test_all_else_stays_as_it_is(html: str) -> None:
    assert placed(html, FILES, "s@example.com") == (html, ())


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", False),
        ("<p>Nine: nine</p>", False),
        ('<img src="https://example.com/a.png">', False),
        ("<p>cid data cid</p>", False),
        ("<img src=cid:a.png>", True),
        ("<img src=CID:a.png>", True),
        ("<img src=data:image/png,a>", True),
        ("<img src=DATA:image/png,a>", True),
        ("cid:", True),
        (":data:", True),
    ],
)
def test_most_texts_have_no_scheme_of_pictures(html: str, expected: bool) -> None:
    assert may_show(html) is expected


def test_each_picture_is_one_part_however_often_it_is_shown() -> None:
    data = f"data:image/png;base64,{base64(PNG)}"
    html, pictures = placed(
        f"<img src={data}><img src='cid:prices.pdf'><td background='cid:prices.pdf'><img src='{data}'>", FILES, "s"
    )
    assert html == "<img src=cid:1.s><img src='cid:2.s'><td background='cid:2.s'><img src='cid:1.s'>"
    assert [picture.source for picture in pictures] == [Image("image/png", PNG), PRICES]


def test_the_first_of_two_files_of_one_name_is_shown() -> None:
    other = file_ref("prices.pdf", b"other")
    _, pictures = placed("<img src=cid:prices.pdf>", (PRICES, other), "s")
    assert [picture.source for picture in pictures] == [PRICES]


@given(
    st.lists(st.text(st.sampled_from("<>\"'= abé&;\n")), min_size=1, max_size=6),
    st.binary(min_size=1, max_size=30),
    st.sampled_from(["cid:prices.pdf", "data"]),
)
def test_the_source_is_kept_but_for_the_references(texts: list[str], octets: bytes, url: str) -> None:
    if url == "data":
        url = f"data:image/png;base64,{base64(octets)}"
    # Text that opens a tag or a quote would take the pictures for its own.
    texts = [text.replace("<", "&lt;") for text in texts]
    html, pictures = placed(f'<img src="{url}">'.join(texts), FILES, "s")
    assert html == '<img src="cid:1.s">'.join(texts)
    assert len(pictures) == min(1, len(texts) - 1)
