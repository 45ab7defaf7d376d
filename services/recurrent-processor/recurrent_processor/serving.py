"""The web server, and its end: a stop never takes two seconds, whatever a request is waiting for."""

import os
import sys
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

# How long requests under way get.
_STOP_SECONDS = 1.5


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # From a thread of its own: the worker may hold what stopping it needs, and this runs in the middle of anything.
        threading.Thread(target=self._stop, daemon=True).start()
        # A question to the database cannot be called off from here; what it would have answered is asked again.
        backstop = threading.Timer(_STOP_SECONDS, leave)
        backstop.daemon = True
        backstop.start()
        self.should_exit = True


def serve(app: object, port: int, stop: Callable[[], None], join: Callable[[float], None]) -> None:
    """`stop` tells the worker to end, `join` waits for it."""
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
    Server(config, stop).run()
    join(_STOP_SECONDS)
    leave()


def leave() -> None:
    """Without waiting for threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
