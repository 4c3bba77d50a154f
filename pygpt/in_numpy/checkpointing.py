"""Activation checkpointing: keep less on the way forward, compute it again on the way back (Chen et al. 2016).

B batch  T positions  C width
"""

from .layers import Dropout
from .module import Module, Tape


class CheckpointedBlock(Module):
    """A block that leaves only its input on the tape. Put it around blocks with swap(model, "blocks.*", ...).

    Its backward runs the block forward once more, with a tape of its own: one more forward pass buys the memory of
    all but one block. Gradients are equal to the bit, dropout included, and weights keep their names.
    """

    def __init__(self, block):
        self.block = block

    def forward(self, x, position, mask, tape=None, cache=None, layer=0):
        if tape is not None:
            tape.save(self, (x, mask, [rng.bit_generator.state for rng in self._generators()]))
        return self.block(x, position, mask, None, cache, layer)

    def backward(self, dy, position, tape):
        x, mask, states = tape.load(self)
        again, now = Tape(), [rng.bit_generator.state for rng in self._generators()]
        self._rewind(states)                      # dropout must drop the same values again
        self.block.forward(x, position, mask, again)
        self._rewind(now)
        return self.block.backward(dy, position, again)

    def _generators(self):
        """The distinct random generators that dropout inside the block draws from."""
        drops = [part for part in self.block.modules() if isinstance(part, Dropout) and part.p > 0]
        return list({id(part.rng): part.rng for part in drops}.values())

    def _rewind(self, states):
        for rng, state in zip(self._generators(), states, strict=True):
            rng.bit_generator.state = state

    def named_children(self):
        """The block's own parts, under their own names, so that saved weights fit with and without the wrapper."""
        return self.block.named_children()
