"""What every layer is made of: parameters, a tape for the way back, and a module that finds its own parts.

The names follow torch.nn, so that a reader of one backend can read the other.
"""

import numpy as np

from ..errors import CheckpointError, unknown


class Parameter:
    """An array that is trained, with its gradient (None before the first backward)."""

    def __init__(self, data):
        self.data = data
        self.grad = None

    def accumulate(self, grad):
        """Add to the gradient: a parameter used twice, or over several small batches, collects a sum."""
        if self.grad is None:
            self.grad = grad
        else:
            self.grad = self.grad + grad   # not in place: the first array may be shared with its maker


class Tape:
    """What one forward pass leaves for its backward: a stack of (module, cache).

    The backward visits modules in the opposite order, so it takes from the top. A tape belongs to one forward pass:
    two passes at once, or one layer used twice, cannot mix their caches.
    """

    def __init__(self):
        self._entries = []

    def save(self, module, cache):
        self._entries.append((module, cache))

    def load(self, module):
        """The cache that `module` saved last; RuntimeError if the backward does not mirror the forward."""
        if not self._entries:
            raise RuntimeError(f"{type(module).__name__}.backward: the tape is empty; run forward(..., tape) first, "
                               "and use a tape for one backward only")
        owner, cache = self._entries.pop()
        if owner is not module:
            self._entries.append((owner, cache))
            raise RuntimeError(f"backward must mirror forward: {type(module).__name__} asked for its cache, but "
                               f"{type(owner).__name__} saved last")
        return cache

    def __len__(self):
        return len(self._entries)

    @property
    def nbytes(self):
        """Bytes of all distinct arrays held, to see what training costs in memory."""
        arrays = {}

        def visit(item):
            if isinstance(item, tuple):
                for part in item:
                    visit(part)
            elif hasattr(item, "nbytes"):
                arrays[id(item)] = item.nbytes
        for _, cache in self._entries:
            visit(cache)
        return sum(arrays.values())


class Module:
    """A layer or a model. Parameters and modules set as attributes (or in lists) are found by name."""

    training = True

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)

    def named_children(self):
        """(name, module) of each direct part; the parts of a list are called name.0, name.1, ..."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, list):
                yield from ((f"{name}.{i}", part) for i, part in enumerate(value) if isinstance(part, Module))

    def named_modules(self, prefix=""):
        """(dotted name, module) of this module, called "", and of all inside it."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self):
        """This module and all inside it."""
        return (module for _, module in self.named_modules())

    def _all_parameters(self, prefix=""):
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, child in self.named_children():
            yield from child._all_parameters(f"{prefix}{name}.")

    def named_parameters(self):
        """(name, parameter), each parameter once, as in torch: a tied weight comes under its first name only."""
        seen = set()
        for name, parameter in self._all_parameters():
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def parameters(self):
        return (parameter for _, parameter in self.named_parameters())

    def num_parameters(self):
        """How many numbers are trained; a tied weight counts once."""
        return sum(parameter.data.size for parameter in self.parameters())

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None

    def train(self, mode=True):
        """Switch dropout on (or, with mode=False, off) in every part."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        return self.train(False)

    def state_dict(self):
        """Every name -> array, tied ones under both names, as in torch. The arrays are the live ones, not copies."""
        return {name: parameter.data for name, parameter in self._all_parameters()}

    def load_state_dict(self, state):
        """Copy arrays in, cast to this model's dtype. CheckpointError names what is missing, unknown or misshapen."""
        mine = dict(self._all_parameters())
        for name in state:
            if name not in mine:
                raise CheckpointError(unknown("weight", name, mine))
        for name, parameter in mine.items():
            if name not in state:
                raise CheckpointError(f"the saved weights lack {name!r}; they belong to a model of another shape")
            found = np.shape(state[name])
            if found != parameter.data.shape:
                raise CheckpointError(f"{name} is {found} in the saved weights and {parameter.data.shape} in this "
                                      "model; build the model with the configuration it was saved with")
        for name, parameter in mine.items():
            parameter.data[...] = state[name]
