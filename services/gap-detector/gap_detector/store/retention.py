"""Forgets what is old, and makes tomorrow's partition before anybody needs it."""

from ..batch import DAY_MS
from .database import Database
from .samples import ensure_day


def tend_partitions(database: Database, now_ms: int, keep_days: int, keep_sums_days: int) -> tuple[int, int]:
    """How many days of samples and how many other rows were forgotten."""
    with database.transaction(60.0) as connection:
        ensure_day(connection, now_ms // DAY_MS + 1)
    with database.transaction(60.0) as connection:
        days = connection.execute("SELECT drop_old_partitions(%s)", (keep_days,)).fetchone()
    with database.transaction(60.0) as connection:
        rows = connection.execute("SELECT delete_old_rows(%s)", (keep_sums_days,)).fetchone()
    return (days or (0,))[0], (rows or (0,))[0]
