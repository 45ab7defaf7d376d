"""Reads one series as arrays. A row of binary COPY has a fixed length when nothing in it is NULL, so numpy reads it as it comes:
a million samples take a fraction of a second and one buffer."""

import numpy as np
import psycopg

from ..detect.readings import Readings
from ..times import to_iso

_ROW = np.dtype(
    [("fields", ">i2"), ("l1", ">i4"), ("at", ">i8"), ("l2", ">i4"), ("outcome", ">i2"), ("l3", ">i4"), ("latency", ">f4")]
)
_HEADER_BYTES = 19
_TRAILER_BYTES = 2
_COPY = """
COPY (
    SELECT (extract(epoch FROM at) * 1000)::bigint,
        (CASE outcome WHEN 'failure' THEN 0 WHEN 'success' THEN 1 ELSE 2 END)::smallint,
        coalesce(latency_ms, 'NaN')::real
    FROM samples WHERE series_id = {series} AND at >= '{start}' ORDER BY at
) TO STDOUT (FORMAT BINARY)
"""


def read_readings(connection: psycopg.Connection, series_id: int, start_ms: int) -> Readings:
    """Everything of the series since then."""
    # COPY takes no parameters; both are numbers of ours, one of them written as a time.
    query = _COPY.format(series=int(series_id), start=to_iso(int(start_ms)))
    with connection.cursor() as cursor, cursor.copy(query) as copy:  # type: ignore[arg-type]
        data = b"".join(copy)
    rows = np.frombuffer(data, dtype=_ROW, offset=_HEADER_BYTES, count=(len(data) - _HEADER_BYTES - _TRAILER_BYTES) // _ROW.itemsize)
    return Readings(rows["at"].astype(np.int64), rows["outcome"].astype(np.int8), rows["latency"].astype(np.float32))


def read_anchor(connection: psycopg.Connection, series_id: int, before_ms: int, depth_ms: int) -> int:
    """Where to begin reading so that nothing straddles the beginning: at the last success before, but not deeper than so far."""
    row = connection.execute(
        """
        SELECT (extract(epoch FROM coalesce(
            (SELECT at FROM samples WHERE series_id = %(series)s AND at < %(before)s AND at >= %(deepest)s AND outcome = 'success'
                ORDER BY at DESC LIMIT 1),
            (SELECT at FROM samples WHERE series_id = %(series)s AND at < %(before)s AND outcome <> 'error'
                ORDER BY at DESC LIMIT 1)
        )) * 1000)::bigint
        """,
        {"series": series_id, "before": to_iso(before_ms), "deepest": to_iso(max(0, before_ms - depth_ms))},
    ).fetchone()
    return before_ms if row is None or row[0] is None else row[0]
