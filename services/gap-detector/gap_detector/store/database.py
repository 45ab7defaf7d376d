"""Connections to PostgreSQL. Every use has a deadline, also when the server hangs without closing anything."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from queue import Empty, LifoQueue

import psycopg
from phoenix_service.database import DatabaseAway, connection_settings, reason

from ..config import Config

MOST_CONNECTIONS = 6
_WAIT_SECONDS = 2.0


class Database:
    def __init__(self, config: Config) -> None:
        self._settings = {**connection_settings(config, "gap-detector"), "keepalives_idle": 10, "autocommit": True}
        self._idle: LifoQueue[psycopg.Connection] = LifoQueue()
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)

    @contextlib.contextmanager
    def transaction(self, seconds: float) -> Iterator[psycopg.Connection]:
        """One transaction: committed when the block ends, or undone by an exception. Ends after `seconds`, one way or the other."""
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise DatabaseAway(f"all {MOST_CONNECTIONS} connections to the database are busy")
        try:
            connection = self._usable(seconds)
            try:
                with _deadline(connection, seconds), connection.transaction():
                    yield connection
            except BaseException:
                # Whatever went wrong in it, the next user gets another one.
                connection.close()
                raise
            self._idle.put(connection)
        except psycopg.OperationalError as error:
            raise DatabaseAway(reason(error)) from error
        finally:
            self._places.release()

    def close(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _usable(self, seconds: float) -> psycopg.Connection:
        with contextlib.suppress(Empty):
            while True:
                connection = self._idle.get_nowait()
                if _answers(connection, seconds):
                    return connection
                connection.close()
        return psycopg.connect(**self._settings)


def _answers(connection: psycopg.Connection, seconds: float) -> bool:
    """A connection that was idle while the database restarted is found here, not in somebody's request."""
    try:
        with _deadline(connection, seconds):
            connection.execute("SELECT 1")
        return True
    except psycopg.Error:
        return False


@contextlib.contextmanager
def _deadline(connection: psycopg.Connection, seconds: float) -> Iterator[None]:
    """A stopped server keeps its connections open and never answers: then the connection is cut on our side."""
    # A copy of the descriptor: cutting it later can never hit somebody else's connection that took its number.
    handle = socket.socket(fileno=os.dup(connection.fileno()))

    def cut() -> None:
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        handle.close()
