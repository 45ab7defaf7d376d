"""Which series have samples that no scan has seen, and since when. Written by requests, taken by the watcher."""

import threading
from collections.abc import Mapping


class Unseen:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[int, int] = {}

    def add(self, since: Mapping[int, int]) -> None:
        with self._lock:
            for series, first in since.items():
                self._since[series] = min(first, self._since.get(series, first))

    def take(self) -> dict[int, int]:
        with self._lock:
            taken, self._since = self._since, {}
            return taken
