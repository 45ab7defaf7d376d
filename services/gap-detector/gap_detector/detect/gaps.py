"""Gaps: no verdict although several were due. Either nobody asked, or nobody could."""

import numpy as np
from numpy.typing import NDArray

from .finding import Finding
from .readings import ERROR, Readings
from .silence import Silence


def find_gaps(readings: Readings, verdict_at: NDArray[np.int64], silence: Silence) -> list[Finding]:
    places = np.flatnonzero(silence.after)
    errors = readings.at[readings.outcome == ERROR]
    last = len(verdict_at) - 1
    found = []
    for place in places.tolist():
        period = int(silence.expected[place])
        before = int(verdict_at[place])
        ended = None if place == last else int(verdict_at[place + 1])
        first, beyond = np.searchsorted(errors, [before, np.iinfo(np.int64).max if ended is None else ended])
        unasked = int(beyond - first)
        due = f"one is due every {period / 1000:g} s"
        because = f"no sample, and {due}" if unasked == 0 else f"{unasked} probes could not be run, and {due}"
        # The last answer still counts for one period.
        found.append(Finding("gap", before + period, ended, unasked, because))
    return found
