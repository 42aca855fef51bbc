"""Zoho's own Python SDK: what each walk with it begins with. Runs inside ``.venv-zoho``, in a folder of its own."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def sdk(name: str) -> Any:
    """A module of the SDK, by the end of its name."""
    return import_module(f"zohocrmsdk.src.com.zoho.{name}")


def initialize() -> None:
    """Point the SDK at the server that the environment names; its token store and its cache lie in this folder."""
    url = os.environ["POSTROOM_API_URL"]
    sdk("crm.api.initializer").Initializer.initialize(
        environment=sdk("crm.api.dc").DataCenter.Environment(url, f"{url}/oauth/v2/token", url),
        token=sdk("api.authenticator.oauth_token").OAuthToken(
            client_id=os.environ["POSTROOM_CLIENT_ID"],
            client_secret=os.environ["POSTROOM_CLIENT_SECRET"],
            refresh_token=os.environ["POSTROOM_REFRESH_TOKEN"],
        ),
        store=sdk("api.authenticator.store").FileStore(str(Path("tokens.txt").absolute())),
        resource_path=str(Path.cwd()),
    )


def params(declared: str = "", **values: Any) -> Any:
    """The parameters of a call. ``declared`` is where the SDK names them: ``fields.GetFieldsParam``."""
    found = sdk("crm.api.parameter_map").ParameterMap()
    room, _, names = declared.partition(".")
    for name, value in values.items():
        found.add(getattr(getattr(sdk(f"crm.api.{room}"), names), name), value)
    return found


def headers() -> Any:
    """No headers but the usual ones."""
    return sdk("crm.api.header_map").HeaderMap()


def given(response: Any) -> Any:
    """The SDK's object for a success; anything else ends the program with what the server said."""
    if response is None:
        sys.exit("the SDK could not read the answer, see its log")
    found = response.get_object()
    if type(found).__name__ == "APIException":
        sys.exit(f"{response.get_status_code()} {found.get_code().get_value()}: {found.get_details()}")
    return found


def done(items: Any) -> list[Any]:
    """The items of an answer, each of which must have been done."""
    for each in items:
        if type(each).__name__ != "SuccessResponse":
            sys.exit(f"{each.get_code().get_value()}: {each.get_details()}")
    return list(items)
