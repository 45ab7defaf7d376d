"""One series as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FAILURE, SUCCESS, ERROR = 0, 1, 2


@dataclass(frozen=True)
class Readings:
    """In order of time. `outcome` is FAILURE, SUCCESS or ERROR; a latency that nobody measured is NaN."""

    at: NDArray[np.int64]
    outcome: NDArray[np.int8]
    latency: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.at)

    def verdicts(self) -> "Readings":
        """Without the probes that could not be run: they say nothing about the service."""
        return self._only(self.outcome != ERROR)

    def measured(self) -> "Readings":
        """The successes that have a latency: how long a failure took says how long somebody waited."""
        return self._only((self.outcome == SUCCESS) & np.isfinite(self.latency))

    def _only(self, mask: NDArray[np.bool_]) -> "Readings":
        return Readings(self.at[mask], self.outcome[mask], self.latency[mask])
