"""Tables that are computed once on the host and used wherever the weights are."""

from .backend import array_module


class Constant:
    """A NumPy table that is no weight: not trained, not saved. `like(x)` gives it in x's dtype and on x's device."""

    def __init__(self, table):
        self.table = table
        self._copies = {}

    def like(self, x):
        """The table as an array that combines with x; converted at the first request, then kept."""
        xp = array_module(x)
        key = xp.__name__, x.dtype.str
        if key not in self._copies:
            self._copies[key] = xp.asarray(self.table, dtype=x.dtype)
        return self._copies[key]
