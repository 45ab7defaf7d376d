"""Writes what was done to the services: deploys, restarts, rollbacks."""

from collections.abc import Sequence

from ..batch import Event
from ..times import to_iso
from .database import Database


def write_events(database: Database, events: Sequence[Event]) -> int:
    """How many were new."""
    with database.transaction(8.0) as connection:
        return connection.execute(
            "INSERT INTO events (at, stack, service, kind, generation, detail) "
            "SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::text[]) ON CONFLICT DO NOTHING",
            (
                [to_iso(event.at) for event in events],
                [event.stack for event in events],
                [event.service for event in events],
                [event.kind for event in events],
                [event.generation for event in events],
                [event.detail or "" for event in events],
            ),
        ).rowcount
