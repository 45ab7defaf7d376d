"""Starts the service: `python3 -m recurrent_processor`."""

import os

from phoenix_service.running import leave_on_term, serve, settings_or_leave

leave_on_term()


def main() -> None:
    import torch
    from phoenix_service.database import Database

    from .app import make_app
    from .checkpoints import Checkpoints
    from .config import read_config
    from .progress import Progress
    from .worker import Worker

    name = "recurrent-processor"
    config = settings_or_leave(name, read_config)
    # The models are tiny, and other services need the other cores more.
    torch.set_num_threads(1)
    os.nice(10)
    database, progress = Database(config, name, statement_ms=15_000), Progress()
    worker = Worker(database, Checkpoints(config.checkpoints), progress, config)
    worker.start()
    serve(name, make_app(database, worker, progress, config.token), config.port, worker.stop, worker.join)


main()
