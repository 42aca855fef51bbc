"""What a call would ask, without asking it: each request is answered with what a server might say."""

import json
from typing import Any

from postroom.client.centers import Place
from postroom.client.conversation import target
from postroom.client.multipart import Form
from postroom.client.talk import Answer, Call, Request


def rehearsed(call: Call[Any], place: Place) -> list[dict[str, Any]]:
    """The requests in order, without tokens. A file that cannot be read raises ``OSError``."""
    talk, found = call.talk(), []
    try:
        request = next(talk)
        while True:
            found.append(_shown(request, place))
            request = talk.send(Answer(status=200, content=json.dumps(_imagined(request)).encode()))
    except StopIteration:
        return found


def _shown(request: Request, place: Place) -> dict[str, Any]:
    shown: dict[str, Any] = {"method": request.method, "url": target(place.api, request)}
    if request.json is not None:
        shown["body"] = request.json
    if request.uploads:
        shown["files"] = [{"name": each.name, "size": size} for each, _, size in Form.of(request.uploads, "").parts]
    return shown


def _imagined(request: Request) -> dict[str, Any]:
    ids = [f"<id of {each.name}>" for each in request.uploads] or ["<id>"]
    return {
        "from_addresses": [{"email": "<default from address>"}],
        "data": [{"status": "success", "details": {"id": each, "message_id": each}} for each in ids],
    }
