"""Starts the service: `python3 -m analysis_engine`."""

import os
import signal
import sys

# As process 1 it would not be stopped by a SIGTERM that nobody handles; loading the rest takes a moment.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def main() -> None:
    from datetime import UTC, datetime

    from .app import make_app
    from .config import BadConfig, read_config
    from .database import Database
    from .desk import Desk
    from .serving import serve

    try:
        config = read_config(os.environ)
    except BadConfig as error:
        sys.exit(f"Cannot start the analysis-engine: {error}")
    database = Database(config)
    desk = Desk(database, lambda: datetime.now(UTC))
    print(f"analysis-engine answers on port {config.port}.", flush=True)
    serve(make_app(database, desk, config.token, config.target), config.port)


main()
