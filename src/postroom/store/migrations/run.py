"""The only user of Alembic. ``store.migrate`` loads this module where there is something to do, and only there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Apply every step that is missing, inside the connection's open transaction."""
    # No alembic.ini: everything it would say follows from where this file is. % is the config parser's own sign.
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
