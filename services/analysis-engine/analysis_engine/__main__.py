"""Starts the service: `python3 -m analysis_engine`."""

from phoenix_service.running import leave_on_term, serve, settings_or_leave

leave_on_term()


def main() -> None:
    from datetime import UTC, datetime

    from .app import make_app
    from .config import read_config
    from .database import ReadDatabase
    from .desk import Desk

    name = "analysis-engine"
    config = settings_or_leave(name, read_config)
    database = ReadDatabase(config)
    desk = Desk(database, lambda: datetime.now(UTC))
    serve(name, make_app(database, desk, config.token, config.target), config.port)


main()
