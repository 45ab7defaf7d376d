"""The parts that every route works with."""

from dataclasses import dataclass

from .config import Config
from .metrics import Metrics
from .scanner import Scanner
from .store.database import Database
from .store.samples import SampleWriter
from .unseen import Unseen
from .watcher import Watcher


@dataclass(frozen=True)
class Service:
    config: Config
    database: Database
    writer: SampleWriter
    scanner: Scanner
    unseen: Unseen
    watcher: Watcher
    metrics: Metrics


def make_service(config: Config) -> Service:
    database, unseen, metrics = Database(config), Unseen(), Metrics()
    scanner = Scanner(database)
    watcher = Watcher(config, database, scanner, unseen, metrics)
    return Service(config, database, SampleWriter(database), scanner, unseen, watcher, metrics)
