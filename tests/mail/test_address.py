from email.errors import NonASCIILocalPartDefect
from email.headerregistry import AddressHeader, HeaderRegistry

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from postroom.mail.address import Address, BadAddress

PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
LETTERS = st.text(st.sampled_from("abcXYZ019!#$%&'*+/=?^_`{|}~-äßé日本ſ"), min_size=1, max_size=8)
DOT_ATOMS = st.lists(LETTERS, min_size=1, max_size=4).map(".".join)
QUOTED = st.text(PRINTABLE, max_size=12).map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
DOMAINS = st.tuples(LABELS, st.sampled_from(["example", "de", "xn--p1ai", "Test"])).map(".".join)
ADDRESSES = st.tuples(DOT_ATOMS | QUOTED, DOMAINS).map("@".join)


def accepted(text: str) -> Address:
    try:
        return Address.parse(text)
    except BadAddress:
        assume(False)
        raise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.Byron+crm@Example.COM", "Ada.Byron+crm@example.com"),  # RFC 5321 §2.4: case of the local part is kept
        ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"),  # RFC 5322 §3.2.3 atext
        ('"ada byron"@example.com', '"ada byron"@example.com'),  # RFC 5321 §4.1.2 Quoted-string
        ('"ada"@example.com', "ada@example.com"),  # ... which is avoided where it says nothing
        (r'"a\d\a"@example.com', "ada@example.com"),
        (r'"a\"b\\c\ d"@example.com', r'"a\"b\\c d"@example.com'),
        ('"a@b"@example.com', '"a@b"@example.com'),
        ('".ada"@example.com', '".ada"@example.com'),
        ('""@example.com', '""@example.com'),
        ("postmaster@localhost", "postmaster@localhost"),
        ("ada@3com.example", "ada@3com.example"),  # RFC 1123 §2.1: a digit may come first
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),  # RFC 5890 §2.3.2.1
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),  # IDNA 2008 keeps ß
        ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),  # RFC 3490 §3.1: the ideographic full stop is a dot
        ("jürgen@example.com", "jürgen@example.com"),  # RFC 6531 §3.3
        ("ju\u0308rgen@example.com", "jürgen@example.com"),  # RFC 6532 §3.1: NFC
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_good_addresses(text: str, expected: str) -> None:
    address = Address.parse(text)
    assert str(address) == expected
    assert address.domain.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@@example.com",
        "ada@example@example.com",
        "ada byron@example.com",
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "ada@example.com (work)",  # RFC 5322 §3.2.2: comments
        "@a.example,@b.example:ada@example.com",  # RFC 5321 §F.2: source routes
        ".ada@example.com",  # RFC 5322 §3.2.3 dot-atom
        "ada.@example.com",
        "ada..byron@example.com",
        'ada"byron@example.com',
        '"ada@example.com',
        '"a"b"@example.com',
        "ada,byron@example.com",
        "ada@-example.com",  # RFC 5321 §4.1.2 sub-domain
        "ada@example-.com",
        "ada@exa_mple.com",
        "ada@example..com",
        "ada@.example.com",
        "ada@example.com.",
        "ada@exam ple.com",
        "ada@[192.0.2.1]",  # RFC 5321 §4.1.3: literals
        "ada@192.0.2.1",  # RFC 3696 §2
        "ada@" + "a" * 64 + ".com",  # RFC 1035 §2.3.4
        "a" * 65 + "@example.com",  # RFC 5321 §4.5.3.1.1
        "ü" * 33 + "@example.com",
        "ada@" + "a." * 127 + "aa",  # RFC 5321 §4.5.3.1.3
        "a" * 64 + "@" + ".".join(["b" * 47] * 4),
        "ada@" + "ü" * 10_000 + ".com",
        "ada\u3000byron@example.com",  # other spaces than the one of ASCII
        "ada\u00a0@example.com",
        "ada\u202e@example.com",  # turns the direction of writing
        "ada\u200b@example.com",
        "a\u00adda@example.com",
        "ada\ufe0f@example.com",
        "ada\u3164@example.com",
        "ada@exam\u200bple.com",
        "ada\ud800@example.com",
        "ada\x7f@example.com",
        "ada\u0085@example.com",
        "ada\u2028@example.com",
        '"ada\r\nRCPT TO:<eve@example.com>"@example.com',  # an SMTP command in disguise
    ],
)
def test_bad_addresses(text: str) -> None:
    with pytest.raises(BadAddress):
        Address.parse(text)


@given(ADDRESSES, st.sampled_from([chr(n) for n in (*range(0x20), *range(0x7F, 0xA0))]), st.data())
def test_a_control_character_is_refused_wherever_it_stands(text: str, control: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    with pytest.raises(BadAddress):
        Address.parse(text[:place] + control + text[place:])


@given(st.text(max_size=40) | ADDRESSES)
@example("ſ@example.com")
def test_reading_twice_changes_nothing(text: str) -> None:
    address = accepted(text)
    assert Address.parse(str(address)) == address
    assert Address.parse(address.folded).folded == address.folded


@given(ADDRESSES)
def test_the_standard_library_reads_the_same_address(text: str) -> None:
    address = accepted(text)
    header = HeaderRegistry()("To", f"{address}, x@example.com")
    assert isinstance(header, AddressHeader)
    assert [each for each in header.defects if not isinstance(each, NonASCIILocalPartDefect)] == []
    first = header.addresses[0]
    assert first.domain == address.domain
    plain = address.local
    if plain.startswith('"'):
        plain = plain[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    assert first.username == plain


@given(ADDRESSES)
def test_case_does_not_make_another_mailbox(text: str) -> None:
    address = accepted(text)
    if address.local.isascii():
        assert accepted(text.upper()).key == accepted(text.lower()).key


@given(DOT_ATOMS, DOT_ATOMS)
@example("ſales", "sales")
@example("straße", "strasse")
def test_only_case_is_ignored(one: str, other: str) -> None:
    if one.lower() != other.lower():
        assert Address(one, "example.com").folded != Address(other, "example.com").folded


def test_only_the_local_part_needs_smtputf8() -> None:
    assert Address.parse("jürgen@example.com").needs_smtputf8
    assert not Address.parse("ada@bücher.example").needs_smtputf8
