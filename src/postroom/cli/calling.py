"""Verbs that stand on the other side of the API: where it is, who calls, and what it refuses as a line for people."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from postroom.client import AsyncClient, CallFailed, Credentials, Place, cloud, own
from postroom.errors import Misconfigured


def place(variables: Mapping[str, str], *, data_center: str | None = None, url: str | None = None) -> Place:
    """The data centre or the server that is named, else the server of the variables. Raises ``Misconfigured``."""
    try:
        if data_center is not None:
            return cloud(data_center)
        if url is not None:
            return own(url)
        return own(_needed(variables, "API_URL"), accounts=_needed(variables, "ACCOUNTS_URL"))
    except ValueError as error:
        raise Misconfigured(str(error)) from None


def credentials(variables: Mapping[str, str]) -> Credentials:
    """What the variables hold. Raises ``Misconfigured``."""
    try:
        return Credentials.of(variables)
    except ValueError as error:
        raise Misconfigured(f"{error}; set it or name a file with --env-file") from None


def connect(variables: Mapping[str, str]) -> AsyncClient:
    """A client of the server and with the credentials of the variables. Raises ``Misconfigured``."""
    return AsyncClient(place(variables), credentials(variables))


@contextmanager
def told() -> Iterator[None]:
    """How a call ends, and what is wrong with its files, becomes a line (``ClickException``)."""
    try:
        yield
    except CallFailed as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'files'}: {error.strerror or error}") from None


def _needed(variables: Mapping[str, str], name: str) -> str:
    try:
        return variables[f"POSTROOM_{name}"]
    except KeyError:
        raise Misconfigured(f"POSTROOM_{name} is missing; set it or name a file with --env-file") from None
