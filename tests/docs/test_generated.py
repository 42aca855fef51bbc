"""What the documents say of settings, states, verbs, routes and refusals is what the code says."""

import pytest

from tests.docs.generated import PART, PARTS, with_part


@pytest.mark.parametrize("path", PARTS)
def test_the_part_made_from_the_code_is_up_to_date(path: str) -> None:
    found, wanted = with_part(path)
    assert PART.search(found), "the marks of the part are missing"
    assert found == wanted, "run: python -m tests.docs.generated"
