"""What Alembic runs to apply the steps; ``run.upgrade`` hands the connection over, its transaction already open."""

from alembic import context

from postroom.store.tables import metadata

# SQLite cannot change a column in place: batch mode copies the table where a step asks for it.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
