"""Scopes in words (W 5.1, 5.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.access import scope
from postroom.web.accounts.words import spoken


@pytest.mark.parametrize(
    ("scopes", "told"),
    [
        ("ZohoBigin.org.READ", ["See the facts of the organisation"]),
        ("zohocrm.ORG.read", ["See the facts of the organisation"]),
        ("ZohoBigin.modules.ALL", ["See, add, change and delete records of every kind"]),
        ("ZohoBigin.modules.all.WRITE", ["Add and change records of every kind"]),
        ("ZohoBigin.modules.contacts.DELETE", ["Delete contacts"]),
        ("ZohoBigin.modules.accounts.CREATE", ["Add companies"]),
        ("ZohoBigin.modules.deals.UPDATE,ZohoBigin.modules.pipelines.UPDATE", ["Change deals"]),
        ("ZohoBigin.settings.related_lists.READ", ["See related lists"]),
        ("ZohoBigin.Files.CREATE", ["Add files"]),
        ("ZohoBigin.send_mail.all.CREATE", ["Send mail in your name"]),
        ("ZohoBigin.send_mail.contacts.ALL", ["Send mail in your name"]),
        ("ZohoBigin.send_mail.all.READ", ["See send mail"]),  # opens nothing
        ("ZohoSearch.securesearch.READ", ["See securesearch of ZohoSearch"]),
        (
            "ZohoBigin.send_mail.all.CREATE,ZohoBigin.modules.contacts.READ,ZohoBigin.org.READ,ZohoBigin.users.READ,"
            "ZohoBigin.modules.notes.DELETE",
            [
                "See contacts, the facts of the organisation and the users of the organisation",
                "Delete notes",
                "Send mail in your name",
            ],
        ),
    ],
)
def test_what_may_be_done(scopes: str, told: list[str]) -> None:
    assert [each.text for each in spoken(scopes)] == told


words = st.text("ABCdefg019_", min_size=1, max_size=6) | st.sampled_from(
    ["modules", "send_mail", "all", "ALL", "settings"]
)
single = st.builds(
    lambda path, operation: ".".join([*path, operation]),
    st.lists(words, min_size=2, max_size=4),
    st.sampled_from([*scope.COVERS, *map(str.lower, scope.COVERS)]),
)


@given(st.lists(single, min_size=1, max_size=6))
def test_nothing_that_can_be_asked_for_is_left_out(scopes: list[str]) -> None:
    text = scope.parse(",".join(scopes)).text
    told = spoken(text)
    assert sorted(each for one in told for each in one.scopes) == sorted(scopes)
    assert all(one.text.strip() and one.scopes for one in told)
