import pytest

from postroom.smtp.sts import BadPolicy, Mode, Policy, published, read

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        (["v=STSv1;id=1"], "1"),
        (["v=STSv1; \tid=1 ; new_field=a:b"], "1"),
        (["v=spf1 -all", "v=STSv1; id=1;", "v=STSv2; id=2;"], "1"),
        ([], None),
        (["v=STSv1; id=1;", "v=STSv1; id=2;"], None),
        (["v=STSv1; id=1;", "v=STSv1; id=1;"], None),
        (["v=STSv1"], None),
        (["v=STSv1;"], None),
        (["v=stsv1; id=1;"], None),
        (["id=1; v=STSv1;"], None),
        (["v=STSv1; id=;"], None),
        (["v=STSv1; id=a-b;"], None),
        (["v=STSv1; id=" + "1" * 33], None),
        (["v=STSv1; id=1;;"], None),
        (["v=STSv1; id=1; nonsense;"], None),
        (["v=STSv1; ID=1;"], None),
    ],
)
def test_exactly_one_record_tells_the_id(texts: list[str], expected: str | None) -> None:
    assert published(texts) == expected


def test_a_policy_is_read() -> None:
    text = (
        "version: STSv1\r\nmode: enforce\r\nmx: mail.Example.com\r\nmx: *.example.net \r\nnew.field: ä b\r\n"
        "mode: none\r\nmax_age: 604800\r\n"
    )
    assert read(text, id="1", now=NOW) == Policy(
        id="1",
        mode=Mode.ENFORCE,
        mx=("mail.example.com", "*.example.net"),
        fetched_at=NOW,
        ends_at=NOW + 604_800_000,
    )


def test_a_policy_ends_after_a_year_and_may_end_all() -> None:
    assert read("version:STSv1\nmode:none\nmax_age:9999999999", id="1", now=0).ends_at == 31_557_600_000
    assert read("version: STSv1\nmode: testing\nmx: a.example\nmax_age: 0", id="1", now=NOW).ends_at == NOW


GOOD = ("version: STSv1", "mode: enforce", "mx: a.example", "max_age: 86400")


@pytest.mark.parametrize("lost", range(4))
def test_nothing_may_be_missing(lost: int) -> None:
    with pytest.raises(BadPolicy):
        read("\n".join(line for n, line in enumerate(GOOD) if n != lost), id="1", now=NOW)


@pytest.mark.parametrize(
    "line",
    [
        *("nonsense", ": value", "mx:", "mx: *", "mx: *.*.example", "mx: a.*.example", "mx: 192.0.2.1", "mx: .example"),
        *(" mx: b.example", "mx : b.example", "mx: a\x00b", "mx: b.example\rmode: none", "-x: y"),
    ],
)
def test_a_line_that_is_no_field_makes_it_no_policy(line: str) -> None:
    with pytest.raises(BadPolicy):
        read("\n".join([*GOOD, line]), id="1", now=NOW)


@pytest.mark.parametrize(
    "change", ["version: STSv2", "mode: Enforce", "max_age: 1 day", "max_age: -1", "max_age: 12345678901"]
)
def test_a_value_that_nobody_knows_makes_it_no_policy(change: str) -> None:
    with pytest.raises(BadPolicy):
        read("\n".join([change, *GOOD]), id="1", now=NOW)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("mail.example.com", True),
        ("mx1.example.net", True),
        ("example.net", False),
        ("a.mx1.example.net", False),
        ("mail.example.com.evil.test", False),
        ("xmail.example.com", False),
        ("net", False),
    ],
)
def test_a_star_stands_for_one_label(host: str, expected: bool) -> None:
    policy = Policy(id="1", mode=Mode.ENFORCE, mx=("mail.example.com", "*.example.net"), fetched_at=0, ends_at=1)
    assert policy.allows(host) == expected
