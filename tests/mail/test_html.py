import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mail.html import TOKEN, attribute, tags

MARKUP = st.text(st.sampled_from("<>/!-=\"' ax&;#\n")) | st.lists(
    st.sampled_from(
        ["<p>", "<a href='x'>", '<img src="y', "<!--", "-->", "</p", "<style>", "</style>", "&amp;", "text"]
    )
).map("".join)


def found(source: str) -> list[tuple[str, dict[str, str]]]:
    return [(name, {each.name: each.value for each in attributes}) for name, attributes in tags(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a</p>", [("p", {})]),
        ('<IMG SRC="a.png" alt=\'b "c"\' width=1 hidden>', [("img", {"src": "a.png", "alt": 'b "c"', "width": "1"})]),
        ('<a title="a > b" href = "x">', [("a", {"title": "a > b", "href": "x"})]),
        ("<a title=it's href=x>y</a>", [("a", {"title": "it's", "href": "x"})]),  # quotes count after "=" only
        ('<a href=/x/?a=b&b="c>', [("a", {"href": '/x/?a=b&b="c'})]),
        ("<br/><hr />", [("br", {}), ("hr", {})]),
        ("<o:p></o:p>", [("o:p", {})]),
        ("a < b <3 << > <>", []),
        ("<!-- <img src=x> --><b>", [("b", {})]),
        ("<!--><b>", [("b", {})]),
        ("<!--x--!><b>", [("b", {})]),
        ("<!-- never closed <b>", []),
        ("<![if !mso]><b><![endif]>", [("b", {})]),
        ("<!DOCTYPE html><?xml ?></ x><b>", [("b", {})]),
        ("<style>p > a { content: '<img src=x>' }</style><b>", [("b", {})]),
        ("<SCRIPT src=x>if (a<b) '<img>'</script ><b>", [("b", {})]),
        ("<textarea><img src=x></textarea><b>", [("b", {})]),
        ("<script>never closed <b>", []),
        ("<styled><b>", [("styled", {}), ("b", {})]),
        ('<img src="never closed><b>', [("img", {"src": '"never'}), ("b", {})]),
        ("<img src=x", [("img", {"src": "x"})]),
    ],
)
def test_tags(source: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('href="a?b=1&amp;c=2"', "a?b=1&c=2"),
        ('href="a?b=1&copy=2"', "a?b=1&copy=2"),  # HTML §13.2.5.73: no reference before "="
        ('href="a?b=1&copy;=2"', "a?b=1©=2"),
        ('href="&#x41;&#66;&quot;"', 'AB"'),
        ("href=a&ampb", "a&ampb"),
        ("HREF=a href=b", "a"),
        ("href", ""),
        ("src=x", ""),
    ],
)
def test_attribute(source: str, expected: str) -> None:
    assert attribute(source, "href") == expected


@given(MARKUP)
def test_offsets_lead_to_the_source(source: str) -> None:
    for _, attributes in tags(source):
        for each in attributes:
            written = source[each.start : each.end]
            assert written == each.value or "&" in written


@given(MARKUP)
def test_tokens_and_texts_make_up_the_source(source: str) -> None:
    """Every character is either markup or text, and markup starts with its sign."""
    ends = [0, *(match.end() for match in TOKEN.finditer(source))]
    starts = [*(match.start() for match in TOKEN.finditer(source)), len(source)]
    assert all(end <= start for end, start in zip(ends, starts, strict=True))
    assert all(match[0].startswith("<") for match in TOKEN.finditer(source))
