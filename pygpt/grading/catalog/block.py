"""The exercises of 08_transformer_block: the way back through a block, dropout masks, initial sizes, checkpointing.

B batch  T positions  C width
"""

import numpy as np

from .. import reference
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal
from ..runner import unpack
from . import mistakes_block

NOTEBOOK = "08_transformer_block"
ORDER = "the order of your calls"


# 08.1 ---------------------------------------------------------------------------------------------------------------

class Part:
    """One part of a block: tanh(x weight). Called with the gradient of its output it gives that of its input."""

    def __init__(self, name, weight, notes):
        self.name, self.weight, self.notes = name, weight, notes

    def forward(self, x):
        self.y = np.tanh(x @ self.weight)
        return self.y

    def __call__(self, dy):
        self.notes.append(self.name)
        return (dy * (1 - self.y**2)) @ self.weight.T


def block_parts(seed, width, silent=()):
    """norm_1, attn, norm_2, mlp with weights of their own; those in `silent` add nothing."""
    notes, names = [], ("norm_1", "attn", "norm_2", "mlp")
    weights = [normal(seed + place, width, width) * (name not in silent) for place, name in enumerate(names)]
    return tuple(Part(name, weight, notes) for name, weight in zip(names, weights, strict=True))


def block(x, norm_1, attn, norm_2, mlp):
    x = x + attn.forward(norm_1.forward(x))
    return x + mlp.forward(norm_2.forward(x))


def block_backward_reference(dy, norm_1, attn, norm_2, mlp):
    after_attn = dy + norm_2(mlp(dy))
    return after_attn + norm_1(attn(after_attn))


def dx_and_order(f, dy, norm_1, attn, norm_2, mlp):
    named = unpack("dx", f(dy, norm_1, attn, norm_2, mlp), BLOCK_BACKWARD.signature)
    return named | {ORDER: ", ".join(mlp.notes)}


def block_case(seed, *shape, silent=(), scale=1.0, look=("dx",), differences=False):
    x, dy = normal(seed, *shape), normal(seed + 1, *shape, scale=scale)

    def make():
        parts = block_parts(seed + 2, shape[-1], silent)
        block(x, *parts)
        return dy.copy(), *parts

    def by_differences(dy, *parts):
        return {"dx": reference.central_differences(lambda x: block(x, *parts), x, dy)}
    words = label(dy=dy) + (f", {' and '.join(silent)} silent" if silent else "")
    return Case(words, make, look=look, observe=dx_and_order, expect=by_differences if differences else None)


BLOCK_BACKWARD = Exercise(
    id="08.1", title="Block backward", function="block_backward",
    signature="block_backward(dy, norm_1, attn, norm_2, mlp) -> dx",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="The block, backward",
    hints=("A plus sends its gradient to both sides, whole. So dy stays on the stream, and what comes back from the "
           "branch is added to it.",
           "Read the forward pass from bottom to top: first the half with the MLP, then the half with attention, and "
           "inside each branch first mlp or attn, then its norm. The second half starts from the sum of the first.",
           "dy = dy + norm_2(mlp(dy)); return dy + norm_1(attn(dy))"),
    example="If every part multiplies its gradient by 2 and dy = [[1]]: the MLP's branch gives 4, the stream carries "
            "1 + 4 = 5. Attention's branch gives 20, so dx = [[25]].",
    outputs="dx", reference=block_backward_reference, mistakes=tuple(mistakes_block.BLOCK_BACKWARD),
    stages=(
        Stage("silent branches", "Where both branches add nothing, y is x and dx is dy.",
              (block_case(10, 3, 5, silent=("attn", "mlp")),)),
        Stage("the half with the MLP", "y = x + mlp(norm_2(x)), while attention adds nothing.",
              (block_case(20, 3, 5, silent=("attn",)),)),
        Stage("the half with attention", "y = x + attn(norm_1(x)), while the MLP adds nothing.",
              (block_case(30, 3, 5, silent=("mlp",)),)),
        Stage("both halves", "The second half's gradient is what the first half gets.",
              (block_case(40, 3, 5), block_case(50, 2, 3, 7), block_case(60, 1, 1))),
        Stage("order", "Each part is visited once, in the opposite order of the forward pass: the tape insists on it.",
              (block_case(70, 3, 5, look=(ORDER,)),)),
        Stage("small upstream", "The gradient grows and shrinks with dy.", (block_case(80, 5, 3, scale=1e-12),)),
        Stage("differences", "Nudge each number of x: the change of the forward pass must be the gradient.",
              (block_case(90, 3, 5, differences=True),)),
    ))


# 08.2 ---------------------------------------------------------------------------------------------------------------

def dropout_mask_reference(x, p, rng):
    return np.array([0.0 if rng.random() < p else 1 / (1 - p) for _ in range(x.size)]).reshape(x.shape)


def mask_of(f, x, p, rng):
    return unpack("mask", f(x, p, rng), DROPOUT_MASK.signature)["mask"]


def mask_case(seed, p, observe, expected, *shape):
    x = normal(seed, *shape)
    return Case(f"x {shape}, p = {p:g}", lambda: (x.copy(), p, np.random.default_rng(seed)), observe=observe,
                expect=lambda *_: expected)


def shape_and_kind(f, *arguments):
    mask = mask_of(f, *arguments)
    return {"mask": np.zeros_like(mask) if isinstance(mask, np.ndarray) else mask}


def two_values(f, *arguments):
    mask = np.asarray(mask_of(f, *arguments), dtype=float)
    return {"smallest value of the mask": mask.min(), "largest value of the mask": mask.max()}


def shares(f, *arguments):
    mask = np.asarray(mask_of(f, *arguments), dtype=float)
    return {"share of zeros, to one digit": round(float((mask == 0).mean()), 1),
            "mean of the mask, to one digit": round(float(mask.mean()), 1)}


def share_case(seed, p):
    expected = {"share of zeros, to one digit": p, "mean of the mask, to one digit": 1.0}
    return mask_case(seed, p, shares, expected, 30, 100, 7)


def independence(f, *arguments):
    mask = np.asarray(mask_of(f, *arguments))
    return {"rows drop different places": bool((mask != mask[:1]).any()),
            "columns drop different places": bool((mask != mask[:, :1]).any())}


def repeats(f, x, p, rng):
    """Two masks from one generator, and one from another with the same seed as the first."""
    twin = np.random.default_rng()
    twin.bit_generator.state = rng.bit_generator.state
    first, second, again = mask_of(f, x, p, rng), mask_of(f, x, p, rng), mask_of(f, x, p, twin)
    return {"a second mask from the same rng is another": not np.array_equal(first, second),
            "an rng in the same state gives the same mask": np.array_equal(first, again)}


DROPOUT_MASK = Exercise(
    id="08.2", title="Dropout mask", function="dropout_mask", signature="dropout_mask(x, p, rng) -> mask",
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="Dropout",
    hints=("Each value of x is dropped with probability p, on its own. What is kept has to be made larger, so that the "
           "mean over many masks is what it was.",
           "rng.random(x.shape) draws one number between 0 and 1 for each value of x. A share p of them lies below p: "
           "these are dropped. The others become 1 / (1 - p).",
           "return (rng.random(x.shape) >= p) / (1 - p)"),
    example="p = 0.2: about one value in five is 0, and the others are 1 / 0.8 = 1.25. On average 0.8 * 1.25 = 1.",
    part="pygpt.in_numpy.functional.dropout_mask",
    outputs="mask", reference=dropout_mask_reference, mistakes=tuple(mistakes_block.DROPOUT_MASK),
    stages=(
        Stage("shape", "The mask has a float for each value of x.",
              (mask_case(1, 0.5, shape_and_kind, {"mask": np.zeros((3, 5, 7))}, 3, 5, 7),
               mask_case(2, 0.5, shape_and_kind, {"mask": np.zeros((1, 1))}, 1, 1))),
        Stage("two values", "A value is 0, or 1 / (1 - p).",
              tuple(mask_case(3, p, two_values, {"smallest value of the mask": 0.0,
                                                 "largest value of the mask": 1 / (1 - p)}, 5, 30, 7)
                    for p in (0.2, 0.5, 0.75))),
        Stage("each on its own", "Every value has a draw of its own: no two rows or columns are dropped together.",
              (mask_case(6, 0.5, independence, {"rows drop different places": True,
                                                "columns drop different places": True}, 30, 70),)),
        Stage("shares", "A share p is dropped, and the mean stays 1.", (share_case(4, 0.2), share_case(5, 0.5))),
        Stage("the generator", "All chance comes from rng: it moves on, and its state decides the mask.",
              (mask_case(7, 0.5, repeats, {"a second mask from the same rng is another": True,
                                           "an rng in the same state gives the same mask": True}, 30, 70),)),
        Stage("nothing dropped", "With p = 0 the mask is all ones.",
              (mask_case(8, 0.0, lambda f, *arguments: {"mask": mask_of(f, *arguments)}, {"mask": np.ones((3, 5))},
                         3, 5),)),
    ))


# 08.3 ---------------------------------------------------------------------------------------------------------------

def std_case(*arguments):
    return Case(f"residual_std({', '.join(f'{value:g}' for value in arguments)})", lambda: arguments)


RESIDUAL_STD = Exercise(
    id="08.3", title="Initial size of a branch", function="residual_std",
    signature="residual_std(n_layer, std=0.02) -> scaled", difficulty="easy", minutes=5, notebook=NOTEBOOK,
    section="Scaled residual projections",
    hints=("The branches add up in the stream. Variances of independent things add up, and the standard deviation is "
           "the root of the variance.",
           "A block has two branches, so a model has 2 n_layer. For all of them together to add the variance std², "
           "each may add one part in 2 n_layer of it. Take the root of that share.",
           "return std / math.sqrt(2 * n_layer)"),
    example="n_layer = 2 has four branches, so each starts at half the size: residual_std(2) is 0.02 / 2 = 0.01.",
    outputs="scaled", reference=lambda n_layer, std=0.02: float(std * (n_layer + n_layer) ** -0.5),
    mistakes=tuple(mistakes_block.RESIDUAL_STD),
    stages=(
        Stage("one block", "One block has two branches.", (std_case(1),)),
        Stage("deeper", "The deeper, the smaller, with the root of the number of branches.",
              (std_case(2), std_case(7), std_case(12), std_case(50))),
        Stage("another start", "The size without scaling can be given.", (std_case(3, 0.5), std_case(5, 1.0))),
    ))


# 08.4 ---------------------------------------------------------------------------------------------------------------

class SmallBlock:
    """x + tanh(x weight) as a pair; its cache is the slope of the tanh."""

    def __init__(self, place, weight, notes):
        self.place, self.weight, self.notes = place, weight, notes

    def forward(self, x):
        self.notes.append(f"forward {self.place}")
        branch = np.tanh(x @ self.weight)
        return x + branch, 1 - branch**2

    def backward(self, dy, slope):
        self.notes.append(f"backward {self.place}")
        return dy + (dy * slope) @ self.weight.T


def small_blocks(seed, depth, width):
    notes = []
    return [SmallBlock(place, normal(seed + place, width, width), notes) for place in range(depth)]


def through(blocks, x):
    """The input of each block, and the output of the last."""
    inputs = [x]
    for one in blocks:
        inputs.append(one.forward(inputs[-1])[0])
    return inputs[:-1], inputs[-1]


def checkpointed_reference(dy, inputs, blocks):
    for place in range(len(blocks) - 1, -1, -1):
        forward, backward = blocks[place]
        _, cache = forward(inputs[place])
        dy = backward(dy, cache)
    return dy


def dx_and_calls(f, dy, inputs, blocks):
    named = unpack("dx", f(dy, inputs, blocks), CHECKPOINTED_BACKWARD.signature)
    return named | {ORDER: ", ".join(blocks[0][0].__self__.notes)}


def stack_case(seed, depth, *shape, look=("dx",), scale=1.0, differences=False):
    dy = normal(seed + 1, *shape, scale=scale)

    def make():
        blocks = small_blocks(seed + 2, depth, shape[-1])
        inputs, _ = through(blocks, normal(seed, *shape))
        blocks[0].notes.clear()
        return dy.copy(), tuple(inputs), tuple((one.forward, one.backward) for one in blocks)

    def by_differences(dy, inputs, blocks):
        stack = [forward.__self__ for forward, _ in blocks]
        return {"dx": reference.central_differences(lambda x: through(stack, x)[1], inputs[0], dy)}
    words = f"{label(dy=dy)}, {depth} block{'s' * (depth > 1)}"
    return Case(words, make, look=look, observe=dx_and_calls, expect=by_differences if differences else None)


CHECKPOINTED_BACKWARD = Exercise(
    id="08.4", title="Checkpointed backward", function="checkpointed_backward",
    signature="checkpointed_backward(dy, inputs, blocks) -> dx",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="Activation checkpointing",
    hints=("Nothing but the input of each block was kept. What a block's backward needs can be computed again, when it "
           "is needed.",
           "Go through the blocks from the last to the first. Run a block forward on its own input to get its cache, "
           "use the cache at once, and pass the gradient on to the block before.",
           "for x, (forward, backward) in zip(reversed(inputs), reversed(blocks)): dy = backward(dy, forward(x)[1])"),
    example="Two blocks whose slopes at their inputs are 2 and 3, dy = [[1]]: the last block makes it 3, the first 6. "
            "The calls are forward 1, backward 1, forward 0, backward 0.",
    outputs="dx", reference=checkpointed_reference, mistakes=tuple(mistakes_block.CHECKPOINTED_BACKWARD),
    stages=(
        Stage("one block", "Run it forward on its input, then backward with the cache that comes out.",
              (stack_case(10, 1, 3, 5),)),
        Stage("two blocks", "The gradient of the last block's input is the first one's dy.",
              (stack_case(20, 2, 3, 5), stack_case(30, 2, 1, 1))),
        Stage("more blocks", "Each block runs again on its own input.",
              (stack_case(40, 3, 3, 5), stack_case(50, 5, 2, 3, 7))),
        Stage("memory", "One cache at a time: a block goes forward right before it goes backward, and only once.",
              (stack_case(60, 3, 3, 5, look=(ORDER,)),)),
        Stage("small upstream", "The gradient grows and shrinks with dy.", (stack_case(70, 3, 5, 3, scale=1e-12),)),
        Stage("differences", "Nudge each number of the first input: the change of the output must be the gradient.",
              (stack_case(80, 3, 3, 5, differences=True),)),
    ))

EXERCISES = (BLOCK_BACKWARD, DROPOUT_MASK, RESIDUAL_STD, CHECKPOINTED_BACKWARD)
