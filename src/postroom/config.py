"""The settings: one frozen value, read once from a TOML file and the environment, handed down as an argument.

A setting ``name`` is the key ``name`` of ``postroom.toml`` and the environment variable ``POSTROOM_NAME``; the
environment wins. Each field carries its sentence; ``docs/reference/settings.md`` is held against them by a test.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, get_type_hints


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"sentence": sentence})


_DATA: Final = Path("data")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything an operator can choose."""

    data_dir: Path = _setting(_DATA, "The folder that holds the database, the files and the keys; made at first start.")
    database: str = _setting("", "A postgresql:// URL; empty: SQLite, in the file postroom.db of data_dir.")
    host: str = _setting("127.0.0.1", "The address the API listens on.")
    port: int = _setting(8025, "The port the API listens on; 0 takes a free one.")
    public_url: str = _setting(
        "", "The URL clients reach this server by (api_domain of token answers); empty: http://host:port."
    )
    accounts_server: str = _setting(
        "", "The URL of sign-in and tokens (accounts-server), where it is not public_url; empty: the same."
    )
    data_center: str = _setting("us", "The data centre that this server is: us, eu, in, ... or a name of your own.")
    data_centers: str = _setting(
        "", "The other data centres, blanks between them: name=URL, or name=URL,API-URL where accounts and API differ."
    )
    hostname: str = _setting(
        "", "The name given to SMTP servers (EHLO) and in Message-IDs; empty: this machine's name."
    )
    secret_keys: str = _setting(
        "", "Fernet keys, comma separated, newest first, that seal stored secrets; empty: the file keys of data_dir."
    )
    ca_file: str = _setting("", "A file of certificates (PEM) to verify SMTP servers with; empty: the system's.")
    resolver: str = _setting(
        "", "The DNS server that is asked where mail goes (address or address#port); empty: the system's."
    )
    mx_port: int = _setting(25, "The port of the recipients' own servers (RFC 5321), where mail goes to them directly.")
    mx_private: str = _setting("no", "Whether mail may go directly to servers in private networks: yes or no.")
    google_token_url: str = _setting(
        "https://oauth2.googleapis.com/token", "Where Google gives tokens to sign in to its SMTP servers with."
    )
    microsoft_token_url: str = _setting(
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "Where Microsoft gives tokens to sign in to its SMTP servers with.",
    )
    access_token_seconds: int = _setting(3600, "How long an access token lives.")
    code_seconds: int = _setting(120, "How long a code from the consent page lives.")
    codes_per_client: int = _setting(10, "How many codes a client is given in 10 minutes; 0: no limit.")
    refresh_tokens_per_minute: int = _setting(5, "How many refresh tokens a user is given in a minute; 0: no limit.")
    refresh_tokens_per_user: int = _setting(20, "How many refresh tokens a user has; one more ends the oldest.")
    access_tokens_per_refresh: int = _setting(
        10, "How many access tokens a refresh token gives in 10 minutes; 0: no limit."
    )
    live_access_tokens: int = _setting(15, "How many access tokens of a refresh token live; one more ends the oldest.")
    device_poll_seconds: int = _setting(30, "How long a device waits between two questions for its token.")
    credits_per_day: int = _setting(0, "How many credits an organisation has for the API in 24 hours; 0: no limit.")
    calls_at_once: int = _setting(
        0, "How many calls of an organisation one process answers at the same time; 0: no limit."
    )
    mails_per_day: int = _setting(
        0, "How many mails an organisation without a number of its own may send in a day; 0: no limit."
    )
    lease_seconds: float = _setting(
        20.0, "How long a worker holds a mail without a sign of life before another takes it over."
    )
    poll_seconds: float = _setting(0.5, "How often an idle worker looks for work that nobody announced.")
    mails_in_flight: int = _setting(
        200, "How many mails one worker has in work, besides those that wait for slow servers."
    )
    mails_waiting: int = _setting(
        400, "How many mails one worker lets wait for servers that take more than 2 seconds for one."
    )
    connections_per_transport: int = _setting(20, "How many SMTP connections one worker keeps to one transport.")
    unknown_minutes: float = _setting(
        10.0, "How long a mail waits that a server may have taken without saying so, before it is sent again."
    )
    give_up_days: float = _setting(5.0, "How long a deferred mail is tried before it fails.")
    smtp_timeout_scale: float = _setting(
        0.2, "Multiplies the SMTP time limits of RFC 5321 §4.5.3.2, which are minutes long."
    )
    stop_seconds: float = _setting(20.0, "How long a stopping process waits for requests and mails in flight.")
    log_level: str = _setting("info", "The least severe log line written: debug, info, warning or error.")

    @property
    def database_url(self) -> str:
        """What the database driver is given."""
        return self.database or f"sqlite:///{self.data_dir / 'postroom.db'}"


def load(path: Path | None = None, environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Read the settings: defaults, then the TOML file, then ``POSTROOM_*`` variables, then ``given`` (None is skipped).

    Raises ``ValueError`` with one line that names the setting and where it came from.
    """
    environ = os.environ if environ is None else environ
    kinds = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for name, value in _toml(path).items():
        if name not in kinds:
            raise ValueError(f"{path}: there is no setting {name!r}")
        values[name] = _read(name, kinds[name], value, str(path))
    for name, kind in kinds.items():
        variable = f"POSTROOM_{name.upper()}"
        if variable in environ:
            values[name] = _read(name, kind, environ[variable], variable)
    values.update({name: value for name, value in given.items() if value is not None})
    return Settings(**values)


def sentences() -> dict[str, tuple[Any, str]]:
    """Each setting with its default and its sentence, in order."""
    return {each.name: (each.default, each.metadata["sentence"]) for each in fields(Settings)}


def _toml(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _read(name: str, kind: type, value: Any, origin: str) -> Any:
    # A bool is an int to Python, and never one of our numbers.
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    if isinstance(value, str) or (kind is float and isinstance(value, int) and not isinstance(value, bool)):
        try:
            return kind(value)
        except ValueError:
            pass
    raise ValueError(f"{origin}: {name} must be {'a number' if kind in (int, float) else 'text'}, not {value!r}")
