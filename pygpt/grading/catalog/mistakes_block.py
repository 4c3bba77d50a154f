"""Wrong answers to the exercises of 08_transformer_block, each as people really write it."""

import math

import numpy as np

from ..exercise import mistake, variant

BLOCK_BACKWARD, DROPOUT_MASK, RESIDUAL_STD, CHECKPOINTED_BACKWARD = [], [], [], []


# 08.1 ---------------------------------------------------------------------------------------------------------------

@mistake(BLOCK_BACKWARD, "forgot the skip path",
         "Your gradient goes through the branch only. x reaches y along the stream as well, unchanged, so dy itself is "
         "part of the answer: dy + what the branch sends back.")
def no_skip(dy, norm_1, attn, norm_2, mlp):
    return norm_1(attn(norm_2(mlp(dy))))


@variant(BLOCK_BACKWARD)
def no_skip_past_attention(dy, norm_1, attn, norm_2, mlp):
    return norm_1(attn(dy + norm_2(mlp(dy))))


@variant(BLOCK_BACKWARD)
def no_skip_past_the_mlp(dy, norm_1, attn, norm_2, mlp):
    dy = norm_2(mlp(dy))
    return dy + norm_1(attn(dy))


@mistake(BLOCK_BACKWARD, "only the skip path",
         "dy alone is right only for branches that add nothing. What the branches send back belongs to it.")
def only_skip(dy, norm_1, attn, norm_2, mlp):
    return dy


@mistake(BLOCK_BACKWARD, "halves in the order of the forward pass",
         "You went through attention first. The backward reads the forward from bottom to top: the MLP came last, so "
         "its half comes first.")
def forward_order(dy, norm_1, attn, norm_2, mlp):
    dy = dy + norm_1(attn(dy))
    return dy + norm_2(mlp(dy))


@mistake(BLOCK_BACKWARD, "norm before branch",
         "Forward, the norm comes first and the branch after it, so backward the branch comes first: "
         "norm_2(mlp(dy)).")
def norm_first(dy, norm_1, attn, norm_2, mlp):
    dy = dy + mlp(norm_2(dy))
    return dy + attn(norm_1(dy))


@mistake(BLOCK_BACKWARD, "skip path through the norm",
         "You sent dy itself through the norm. That is a post-norm block. Here the norm sits on the branch: the "
         "stream goes past it untouched.")
def skip_through_norm(dy, norm_1, attn, norm_2, mlp):
    dy = norm_2(dy + mlp(dy))
    return norm_1(dy + attn(dy))


@mistake(BLOCK_BACKWARD, "attention got the gradient of y",
         "Attention's half must start from the sum that the MLP's half left, because all that attention adds also "
         "passes through the MLP. Update dy first, then use it.")
def parallel_halves(dy, norm_1, attn, norm_2, mlp):
    return dy + norm_2(mlp(dy)) + norm_1(attn(dy))


@mistake(BLOCK_BACKWARD, "lost the MLP's branch on the way",
         "Attention's half got the right sum, but the stream went on with the old dy. Keep the sum in dy and use it "
         "in both places.")
def old_dy_on_the_stream(dy, norm_1, attn, norm_2, mlp):
    return dy + norm_1(attn(dy + norm_2(mlp(dy))))


@mistake(BLOCK_BACKWARD, "skip path counted twice",
         "A plus hands dy to each side once. You have added it twice.")
def skip_twice(dy, norm_1, attn, norm_2, mlp):
    dy = dy + dy + norm_2(mlp(dy))
    return dy + dy + norm_1(attn(dy))


@mistake(BLOCK_BACKWARD, "dy shared out between the two sides",
         "A plus does not split its gradient: raise either side by one, and the sum rises by one. Both sides get all "
         "of dy.")
def half_each(dy, norm_1, attn, norm_2, mlp):
    dy = dy / 2 + norm_2(mlp(dy / 2))
    return dy / 2 + norm_1(attn(dy / 2))


@mistake(BLOCK_BACKWARD, "a part visited twice",
         "The numbers are right, but a part was called more than once. Its backward takes its cache off the tape and "
         "adds to its weights' gradients, so call it once and keep the result.")
def mlp_visited_twice(dy, norm_1, attn, norm_2, mlp):
    return dy + norm_2(mlp(dy)) + norm_1(attn(dy + norm_2(mlp(dy))))


# 08.2 ---------------------------------------------------------------------------------------------------------------

@mistake(DROPOUT_MASK, "not scaled",
         "Your mask holds 0 and 1, so the mean of what passes falls by p, and evaluation, where nothing is dropped, "
         "would see larger values than training did. Divide what is kept by 1 - p.")
def not_scaled(x, p, rng):
    return (rng.random(x.shape) >= p).astype(float)


@mistake(DROPOUT_MASK, "kept and dropped swapped",
         "You keep a share p and drop the rest. p is the probability of being dropped: keep where the draw is p or "
         "more.")
def swapped(x, p, rng):
    return (rng.random(x.shape) < p) / (1 - p)


@variant(DROPOUT_MASK)
def swapped_and_scaled_to_fit(x, p, rng):
    return (rng.random(x.shape) < p) / p if p else np.zeros(x.shape)


@mistake(DROPOUT_MASK, "divided by p",
         "A share 1 - p is kept, so that is what to make up for: divide by 1 - p, not by p.")
def divided_by_p(x, p, rng):
    return (rng.random(x.shape) >= p) / np.float64(p)


@mistake(DROPOUT_MASK, "multiplied by 1 - p",
         "That makes what is kept smaller still. What was lost has to be made up for: divide by 1 - p.")
def multiplied(x, p, rng):
    return (rng.random(x.shape) >= p) * (1 - p)


@mistake(DROPOUT_MASK, "True and False",
         "Your mask is of truth values. It is to be multiplied with: kept values are the number 1 / (1 - p).")
def truth_values(x, p, rng):
    return rng.random(x.shape) >= p


@mistake(DROPOUT_MASK, "one draw for a whole row",
         "You drew one number for each row, so a position is lost whole or kept whole. Every value needs a draw of "
         "its own: rng.random(x.shape).")
def one_draw_a_row(x, p, rng):
    keep = rng.random((*x.shape[:-1], 1)) >= p
    return np.broadcast_to(keep / (1 - p), x.shape).copy()


@mistake(DROPOUT_MASK, "the same draw for every row",
         "You drew one row and used it for all, so every position loses the same features. Every value needs a draw "
         "of its own: rng.random(x.shape).")
def one_draw_a_column(x, p, rng):
    keep = rng.random(x.shape[-1]) >= p
    return np.broadcast_to(keep / (1 - p), x.shape).copy()


@mistake(DROPOUT_MASK, "returned x with holes instead of the mask",
         "You multiplied the mask with x. Return the mask itself: the forward pass multiplies, and the backward needs "
         "the mask alone.")
def already_dropped(x, p, rng):
    return x * (rng.random(x.shape) >= p) / (1 - p)


@mistake(DROPOUT_MASK, "a generator of its own",
         "You start a new generator at each call, so every mask is the same one. Draw from the rng that you are "
         "given.")
def own_generator(x, p, rng):
    return (np.random.default_rng(0).random(x.shape) >= p) / (1 - p)


@mistake(DROPOUT_MASK, "NumPy's global generator",
         "np.random.rand draws from a state that everybody shares, so a run cannot be repeated. Draw from the rng "
         "that you are given.")
def global_generator(x, p, rng):
    return (np.random.rand(*x.shape) >= p) / (1 - p)


# 08.3 ---------------------------------------------------------------------------------------------------------------

@mistake(RESIDUAL_STD, "one branch a block",
         "A block adds to the stream twice, once from attention and once from the MLP: there are 2 n_layer branches.")
def one_branch(n_layer, std=0.02):
    return std / math.sqrt(n_layer)


@mistake(RESIDUAL_STD, "no root",
         "Variances add up, not standard deviations. Dividing by 2 n_layer makes the branches far too quiet: divide by "
         "its square root.")
def no_root(n_layer, std=0.02):
    return std / (2 * n_layer)


@mistake(RESIDUAL_STD, "the 2 outside the root",
         "Both the 2 and n_layer count branches, so both stand under the root: math.sqrt(2 * n_layer).")
def two_outside(n_layer, std=0.02):
    return std / (2 * math.sqrt(n_layer))


@mistake(RESIDUAL_STD, "multiplied instead of divided",
         "Your branches grow with depth. More branches have to be quieter ones: divide by the root.")
def multiplied_by_root(n_layer, std=0.02):
    return std * math.sqrt(2 * n_layer)


@mistake(RESIDUAL_STD, "the variance instead of the standard deviation",
         "std² / (2 n_layer) is the variance that one branch may add. Asked for is its root.")
def the_variance(n_layer, std=0.02):
    return std**2 / (2 * n_layer)


@mistake(RESIDUAL_STD, "std under the root",
         "Only the number of branches stands under the root, std does not: std / math.sqrt(2 * n_layer).")
def std_under_root(n_layer, std=0.02):
    return math.sqrt(std / (2 * n_layer))


@mistake(RESIDUAL_STD, "std fixed at 0.02",
         "You use 0.02 whatever is asked for. Use the argument std; 0.02 is only what it is when nobody says.")
def fixed_std(n_layer, std=0.02):
    return 0.02 / math.sqrt(2 * n_layer)


# 08.4 ---------------------------------------------------------------------------------------------------------------

@mistake(CHECKPOINTED_BACKWARD, "blocks visited from first to last",
         "The gradient comes from the end of the stack. Begin with the last block and its input: reversed(...).")
def first_to_last(dy, inputs, blocks):
    for x, (forward, backward) in zip(inputs, blocks, strict=True):
        dy = backward(dy, forward(x)[1])
    return dy


@mistake(CHECKPOINTED_BACKWARD, "inputs and blocks do not belong together",
         "You reversed the blocks but not the inputs. Block i ran on inputs[i]: walk both lists from the end.")
def only_blocks_reversed(dy, inputs, blocks):
    for x, (forward, backward) in zip(inputs, reversed(blocks), strict=True):
        dy = backward(dy, forward(x)[1])
    return dy


@mistake(CHECKPOINTED_BACKWARD, "every block ran on the first input",
         "The caches come from inputs[0]. Each block has to run again on what it saw itself: block i on inputs[i].")
def always_first_input(dy, inputs, blocks):
    for forward, backward in reversed(blocks):
        dy = backward(dy, forward(inputs[0])[1])
    return dy


@mistake(CHECKPOINTED_BACKWARD, "gradient not passed on",
         "Every block got the dy of the whole stack. What one block's backward returns is the dy of the block before: "
         "dy = backward(dy, cache).")
def dy_not_passed_on(dy, inputs, blocks):
    for x, (forward, backward) in zip(reversed(inputs), reversed(blocks), strict=True):
        dx = backward(dy, forward(x)[1])
    return dx


@mistake(CHECKPOINTED_BACKWARD, "gradients added up",
         "Blocks stand one behind the other, so their slopes multiply: hand each result to the block before it "
         "instead of adding them.")
def gradients_added(dy, inputs, blocks):
    return sum(backward(dy, forward(x)[1]) for x, (forward, backward) in
               zip(reversed(inputs), reversed(blocks), strict=True))


@mistake(CHECKPOINTED_BACKWARD, "the output instead of the cache",
         "forward returns two things, (y, cache). The backward needs the second one.")
def output_for_cache(dy, inputs, blocks):
    for x, (forward, backward) in zip(reversed(inputs), reversed(blocks), strict=True):
        dy = backward(dy, forward(x)[0])
    return dy


@mistake(CHECKPOINTED_BACKWARD, "each block ran on its own output",
         "You ran the block on what comes out of it, which is the next block's input. Its cache belongs to what went "
         "in: inputs[i].")
def off_by_one(dy, inputs, blocks):
    for x, (forward, backward) in zip(reversed(inputs), reversed(blocks), strict=True):
        y, _ = forward(x)
        dy = backward(dy, forward(y)[1])
    return dy


@mistake(CHECKPOINTED_BACKWARD, "all caches at once",
         "The numbers are right, but you ran every block forward before the first backward, so all caches are held at "
         "the same time. That is the memory we wanted to save: run one block, use its cache, let it go.")
def all_caches_at_once(dy, inputs, blocks):
    caches = [forward(x)[1] for x, (forward, _) in zip(inputs, blocks, strict=True)]
    for (_, backward), cache in zip(reversed(blocks), reversed(caches), strict=True):
        dy = backward(dy, cache)
    return dy


@variant(CHECKPOINTED_BACKWARD)
def all_caches_from_the_start(dy, inputs, blocks):
    x, caches = inputs[0], []
    for forward, _ in blocks:
        x, cache = forward(x)
        caches.append(cache)
    for (_, backward), cache in zip(reversed(blocks), reversed(caches), strict=True):
        dy = backward(dy, cache)
    return dy
