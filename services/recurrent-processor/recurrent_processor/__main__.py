"""Starts the service: `python3 -m recurrent_processor`."""

import os
import signal
import sys

# As process 1 it would not be stopped by a SIGTERM that nobody handles; loading the rest takes seconds.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def main() -> None:
    import torch

    from .app import make_app
    from .checkpoints import Checkpoints
    from .config import BadConfig, read_config
    from .database import Database
    from .progress import Progress
    from .serving import serve
    from .worker import Worker

    try:
        config = read_config(os.environ)
    except BadConfig as error:
        sys.exit(f"Cannot start the recurrent-processor: {error}")
    # The models are tiny, and other services need the other cores more.
    torch.set_num_threads(1)
    os.nice(10)
    database, progress = Database(config), Progress()
    worker = Worker(database, Checkpoints(config.checkpoints), progress, config.slice_seconds)
    worker.start()
    print(f"recurrent-processor answers on port {config.port}.", flush=True)
    serve(make_app(database, worker, progress, config.token), config.port, worker.stop, worker.join)


main()
