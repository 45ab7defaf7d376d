"""The recurrent network: reads the last steps and says how much the plain forecast will be off."""

import torch
from torch import Tensor, nn

# Deviation, whether it was measured, and where in the season it was.
FEATURES = 4
HIDDEN = 24


class Correction(nn.Module):
    def __init__(self, horizon: int) -> None:
        super().__init__()
        self.memory = nn.GRU(FEATURES, HIDDEN, batch_first=True)
        self.says = nn.Linear(HIDDEN, horizon)
        self.be_silent()

    def be_silent(self) -> None:
        """It begins without any opinion, so it is never worse than what it corrects until training made it better."""
        nn.init.zeros_(self.says.weight)
        nn.init.zeros_(self.says.bias)

    def forward(self, context: Tensor) -> Tensor:
        _, last = self.memory(context)
        return self.says(last[0])


def masked_loss(said: Tensor, wanted: Tensor) -> Tensor:
    """Absolute error, round at the bottom; steps that were not measured teach nothing."""
    known = torch.isfinite(wanted)
    return nn.functional.huber_loss(said[known], wanted[known], delta=0.3)
