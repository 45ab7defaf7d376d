"""Starts the service: `python3 -m gap_detector`."""

from phoenix_service.running import leave_on_term, serve, settings_or_leave

leave_on_term()


def main() -> None:
    from .app import make_app
    from .config import read_config
    from .service import make_service

    name = "gap-detector"
    config = settings_or_leave(name, read_config)
    service = make_service(config)
    service.watcher.start()
    serve(name, make_app(service), config.port, service.watcher.stop, service.watcher.join)


main()
