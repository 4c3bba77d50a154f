"""The twin of in_numpy/constants.py. A buffer would do, but `.float()` rounds a buffer for good."""

import torch


class Constant:
    """A NumPy table that is no weight: not trained, not saved. `like(x)` gives it in x's dtype and on x's device."""

    def __init__(self, table):
        self.table = table
        self._copies = {}

    def like(self, x):
        """The table as a tensor that combines with x; converted at the first request, then kept."""
        key = x.device, x.dtype
        if key not in self._copies:
            self._copies[key] = torch.as_tensor(self.table, dtype=x.dtype, device=x.device)
        return self._copies[key]
