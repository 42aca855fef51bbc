"""Values as sentences have them."""

import pytest

from postroom.mail.zone import zone
from postroom.record import CONTACTS, PIPELINES, Field, Value
from postroom.record.modules import EVENTS
from postroom.record.texts import text_of


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (CONTACTS.by_name["Last_Name"], "Dahl", "Dahl"),
        (CONTACTS.by_name["Last_Name"], None, ""),
        (CONTACTS.by_name["Email_Opt_Out"], None, "false"),
        (CONTACTS.by_name["Email_Opt_Out"], True, "true"),
        (CONTACTS.by_name["Account_Name"], 7, "Northwind"),
        (CONTACTS.by_name["Account_Name"], 9, ""),
        (CONTACTS.by_name["Owner"], 8, "Ada Byron"),
        (CONTACTS.by_name["Tag"], ["VIP", "Neu"], "VIP, Neu"),
        (CONTACTS.by_name["Tag"], None, ""),
        (PIPELINES.by_name["Amount"], 1200, "1200"),
        (PIPELINES.by_name["Amount"], 1250.5, "1250.5"),
        (PIPELINES.by_name["Closing_Date"], "2027-04-30", "2027-04-30"),
        (EVENTS.by_name["Start_DateTime"], 1_760_000_000_000, "2025-10-09T10:53:20+02:00"),
    ],
)
def test_each_kind_of_value_has_its_text(field: Field, value: Value, text: str) -> None:
    assert text_of(field, value, {7: "Northwind", 8: "Ada Byron"}, zone("Europe/Berlin")) == text
