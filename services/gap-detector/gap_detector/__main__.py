"""Starts the service; SIGTERM ends it within two seconds."""

import os
import sys

import uvicorn

from .app import make_app
from .config import ConfigError, read_config
from .service import make_service


def main() -> int:
    try:
        config = read_config(os.environ)
    except ConfigError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    uvicorn.run(
        make_app(make_service(config)),
        host="0.0.0.0",  # noqa: S104  The container's own address; what is published is the unit's business.
        port=config.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=128,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
