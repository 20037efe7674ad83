"""Where processes say what happens to them: one line an event, on the standard error stream."""

import logging


def log_to_stderr() -> None:
    """Log from INFO on; libraries only what is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for library in ("alembic", "psycopg.pool"):
        logging.getLogger(library).setLevel(logging.WARNING)
