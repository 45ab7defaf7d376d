"""Start and end of a service: a stop never takes two seconds, whatever it is doing."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType

from .settings import BadSetting

# How long requests under way get.
_STOP_SECONDS = 1.5


def leave_on_term() -> None:
    """To be called first: process 1 is not stopped by a SIGTERM that nobody handles, and loading the rest takes seconds."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def settings_or_leave[Kind](name: str, read: Callable[[Mapping[str, str]], Kind]) -> Kind:
    try:
        return read(os.environ)
    except BadSetting as error:
        sys.exit(f"Cannot start {name}: {error}")


def serve(name: str, app: object, port: int, stop: Callable[[], None] | None = None, join: Callable[[float], None] | None = None) -> None:
    """Answers until it is told to end. `stop` tells what else runs to end, and `join` waits for it, so many seconds at the most."""
    # Loaded here, after whoever calls has `leave_on_term` in place.
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if stop is not None:
                # From a thread of its own: somebody may hold what stopping needs, and this runs in the middle of anything.
                threading.Thread(target=stop, daemon=True).start()
            # A question to the database cannot be called off from here; what it would have answered is asked again.
            backstop = threading.Timer(_STOP_SECONDS, _leave)
            backstop.daemon = True
            backstop.start()
            self.should_exit = True

    config = uvicorn.Config(
        app,
        # The container's own address; what is published is the unit's business.
        host="0.0.0.0",
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        limit_concurrency=128,
        timeout_keep_alive=30,
    )
    print(f"{name} answers on port {port}.", flush=True)
    Server(config).run()
    if join is not None:
        join(_STOP_SECONDS)
    _leave()


def _leave() -> None:
    """Without waiting for threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
