"""The web server, and its end: a stop never takes two seconds, whatever a request is waiting for."""

import os
import sys
import threading
from types import FrameType

import uvicorn

# How long requests under way get.
_STOP_SECONDS = 1.5


class Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # A question to the database cannot be called off from here; what it would have answered is asked again.
        backstop = threading.Timer(_STOP_SECONDS, leave)
        backstop.daemon = True
        backstop.start()
        self.should_exit = True


def serve(app: object, port: int) -> None:
    config = uvicorn.Config(
        app,
        host="0.0.0.0",
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        limit_concurrency=200,
        timeout_keep_alive=30,
    )
    Server(config).run()
    leave()


def leave() -> None:
    """Without waiting for threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
