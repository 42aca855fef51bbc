"""What a mail asks for in the name of privacy laws (W 1.2): understood, and refused where it is meant.

Both need CRM's compliance settings, which Postroom has none of. To pass them over would send an ordinary mail in place
of one that asks for consent, or that answers somebody who asked for their data.
"""

from typing import Any, Final

from postroom.errors import Fault, Reason
from postroom.web.api.wire import forms
from postroom.web.api.wire.forms import ID, Faults, Form, Key, Path


def _asked(value: bool, path: Path, faults: Faults) -> None:
    if value:
        faults.append(Fault(Reason.COMPLIANCE_OFF, path))


def _request(value: dict[str, Any], path: Path, faults: Faults) -> None:
    if _REQUEST.take(value, path, faults) is not None:
        faults.append(Fault(Reason.COMPLIANCE_OFF, path))


_REQUEST: Final = forms.structure(
    (
        Key(name="id", form=ID, required=True, means="Which of the requests it answers."),
        Key(
            name="type",
            form=forms.choice("access", "rectify", "export"),
            required=True,
            means="What was asked for.",
        ),
    ),
    lambda values: values,
)
CONSENT_EMAIL: Final[Form[None]] = Form(json=bool, schema={"type": "boolean", "enum": [False]}, read=_asked)
DATA_SUBJECT_REQUEST: Final[Form[None]] = Form(json=dict, schema={"type": "null"}, read=_request)
