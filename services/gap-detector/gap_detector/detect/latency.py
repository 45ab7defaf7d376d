"""How unusual each latency is for its own series at that time: a robust score, of logarithms, since latencies are skewed."""

import numpy as np
from numpy.typing import NDArray

# Compared with the block it lies in and the one before, so that a slow drift or a new normal is nothing unusual after a while.
BLOCK = 128
LEAST_SAMPLES = 32
# Below, differences are the scheduler's, not the service's.
_LEAST_MS = 0.05
# A series that hardly varies would make an alarm of every tenth of a millisecond.
_LEAST_SCALE = 0.1
_MAD_TO_SIGMA = 1.4826


def robust_scores(latency: NDArray[np.float32]) -> NDArray[np.float32]:
    """In robust standard deviations above the median; zeros while there is too little to compare with."""
    count = len(latency)
    if count < LEAST_SAMPLES:
        return np.zeros(count, dtype=np.float32)
    values = np.log(np.maximum(latency, np.float32(_LEAST_MS)))
    if count <= 2 * BLOCK:
        median, scale = _describe(values[None, :])
        return (values - median[0]) / scale[0]
    whole = count // BLOCK
    blocks = values[: whole * BLOCK].reshape(whole, BLOCK)
    median, scale = _describe(np.concatenate([blocks[:-1], blocks[1:]], axis=1))
    # The first block has none before it, and a rest at the end none of its own: they use their neighbour's.
    owner = np.clip(np.arange(count) // BLOCK - 1, 0, whole - 2)
    return (values - median[owner]) / scale[owner]


def _describe(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    median = np.median(rows, axis=1)
    spread = np.median(np.abs(rows - median[:, None]), axis=1)
    return median, np.maximum(np.float32(_MAD_TO_SIGMA) * spread, np.float32(_LEAST_SCALE))
