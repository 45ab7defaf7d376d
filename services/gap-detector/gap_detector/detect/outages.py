"""Outages: asked several times in a row, and every answer was a failure."""

import numpy as np

from .finding import Finding
from .readings import FAILURE, Readings
from .silence import Silence

# A single failure is a hiccup: the next question was answered.
LEAST_FAILURES = 2


def find_outages(verdicts: Readings, silence: Silence) -> list[Finding]:
    """From the first failure to the first success after it, or until nobody knows: silence ends a run."""
    count = len(verdicts)
    if count == 0:
        return []
    failed = verdicts.outcome == FAILURE
    joined = failed[1:] & failed[:-1] & ~silence.after[:-1]
    firsts = np.flatnonzero(failed & ~np.concatenate([[False], joined]))
    lasts = np.flatnonzero(failed & ~np.concatenate([joined, [False]]))
    enough = lasts - firsts + 1 >= LEAST_FAILURES
    found = []
    for first, last in zip(firsts[enough].tolist(), lasts[enough].tolist(), strict=True):
        if silence.after[last]:
            ended = int(verdicts.at[last] + silence.expected[last])
        else:
            ended = None if last == count - 1 else int(verdicts.at[last + 1])
        failures = last - first + 1
        found.append(Finding("outage", int(verdicts.at[first]), ended, failures, f"{failures} probes in a row failed"))
    return found
