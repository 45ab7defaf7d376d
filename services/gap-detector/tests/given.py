"""What the tests of this service share."""

from phoenix_testing.database import TestServer
from phoenix_testing.ports import free_port

from gap_detector.config import Config, read_config

ROLE = "gap_detector"


def settings(server: TestServer) -> dict[str, str]:
    # Looks for news every second instead of every five, so that nobody waits for it.
    return server.settings(ROLE, free_port(), KEEP_DAYS="30", KEEP_SUMS_DAYS="400", LOOK_SECONDS="1")


def config(server: TestServer) -> Config:
    return read_config(settings(server))
