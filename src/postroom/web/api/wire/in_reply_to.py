"""The mail that another one answers, as clients name it: a text to v5, an object from v7 on (wire reference 1.2)."""

import re
from dataclasses import replace
from typing import Final

from postroom.errors import Fault, Reason
from postroom.mail.draft import InReplyTo
from postroom.web.api.wire import forms
from postroom.web.api.wire.forms import ID, Faults, Form, Key, Path
from postroom.web.shape import OPAQUE

_OPAQUE: Final = re.compile(OPAQUE)


def _read(value: str, path: Path, faults: Faults) -> InReplyTo | None:
    if _OPAQUE.fullmatch(value):
        return InReplyTo(mail_id=bytes.fromhex(value), place=path)
    faults.append(Fault(Reason.RELATED_UNKNOWN, path))
    return None


_MESSAGE_ID: Final = Form(json=str, schema={"type": "string", "pattern": OPAQUE}, read=_read)
_OWNER: Final = forms.structure(
    (Key(name="id", form=ID, means="The id of that user.", required=True),), lambda values: values["id"]
)
_OBJECT: Final = forms.structure(
    (
        Key(name="message_id", form=_MESSAGE_ID, means="The mail's id.", required=True),
        Key(name="owner", form=_OWNER, means="The user who sent it; any user where absent."),
    ),
    lambda values: replace(values["message_id"], owner_id=values["owner"]),
)

IN_REPLY_TO: Final = Key(
    name="in_reply_to",
    form=forms.text_or(_MESSAGE_ID, _OBJECT),
    means="The mail that this one answers, whose thread it joins: any mail of the organisation, by its id.",
)
