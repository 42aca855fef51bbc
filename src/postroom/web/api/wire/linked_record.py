"""The record that a mail is about beside the one it is filed under, as clients name it (wire reference 1.2)."""

from typing import Any, Final

from postroom.mail.draft import Linked
from postroom.record import PIPELINES
from postroom.web.api.wire import forms
from postroom.web.api.wire.forms import ID, Key

DEALS: Final = "Deals"  # what CRM calls Pipelines: whoever names them is understood, whatever the URL begins with


def _linked(values: dict[str, Any]) -> Linked:
    module = values["module"]
    return Linked(module=PIPELINES.name if module == DEALS else module, record_id=values["id"])


_MODULE: Final = forms.structure(
    (
        Key(
            name="api_name",
            form=forms.choice("Contacts", "Accounts", PIPELINES.name, DEALS),
            means="Its name.",
            required=True,
        ),
    ),
    lambda values: values["api_name"],
)
LINKED_RECORD: Final = Key(
    name="linked_record",
    form=forms.structure(
        (
            Key(name="module", form=_MODULE, means="The record's module.", required=True),
            Key(name="id", form=ID, means="Its id.", required=True),
        ),
        _linked,
    ),
    means="A record that the mail is about: the one of the URL, its company, its contact, or one of which it is that.",
)
