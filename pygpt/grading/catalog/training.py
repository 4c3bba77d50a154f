"""The exercises of 11_training: batches of text, the gradient that starts every backward, and one whole training step.

B batch  T time  V vocabulary  N = B T positions
"""

import numpy as np

from .. import reference
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal, token_ids
from . import mistakes_train_step, mistakes_training, sampling, stepping

NOTEBOOK = "11_training"


# 11.1 ---------------------------------------------------------------------------------------------------------------

def sample_reference(tokens, batch_size, block_size, rng):
    starts = [int(rng.integers(len(tokens) - block_size)) for _ in range(batch_size)]
    ids = np.array([[tokens[start + t] for t in range(block_size)] for start in starts])
    targets = np.array([[tokens[start + t + 1] for t in range(block_size)] for start in starts])
    return ids, targets


def batch_case(n, batch_size, block_size, observe):
    return Case(f"{n} tokens, batch_size {batch_size}, block_size {block_size}",
                lambda: (sampling.text(n), batch_size, block_size, np.random.default_rng(n)), observe=observe)


SAMPLE_BATCH = Exercise(
    id="11.1", title="A batch of text", function="sample_batch", signature=sampling.SIGNATURE,
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="Batches",
    hints=("A row of the batch is a run of text that starts anywhere. Its targets are the same run, one token later: "
           "at every position the model has to say what comes next.",
           "Draw batch_size starts with rng.integers, whose upper end is left out. The last window must still have a "
           "token after it. A column of starts plus a row np.arange(block_size) gives all positions at once.",
           "positions = rng.integers(0, len(tokens) - block_size, batch_size)[:, None] + np.arange(block_size); "
           "return tokens[positions], tokens[positions + 1]"),
    example="tokens = [5, 2, 9, 4], block_size = 2: the two windows are ids [5, 2] with targets [2, 9] (start 0) and "
            "ids [2, 9] with targets [9, 4] (start 1).",
    part="pygpt.data.batches.sample_batch",
    outputs=("ids", "targets"), reference=sample_reference, mistakes=tuple(mistakes_training.SAMPLE_BATCH),
    stages=(
        Stage("shape", "Two arrays of whole numbers, (B, T).",
              (batch_case(29, 3, 5, sampling.shapes), batch_case(13, 1, 1, sampling.shapes))),
        Stage("runs of text", "Every row of ids is a stretch of the text, token after token.",
              (batch_case(31, 3, 5, sampling.runs),)),
        Stage("targets", "Every target is the token after its id.", (batch_case(37, 3, 5, sampling.shift),)),
        Stage("every window", "Each of the N - T windows can be drawn: from the first token to the last.",
              (batch_case(12, 3, 5, sampling.windows),)),
        Stage("shortest text", "T + 1 tokens hold exactly one window.", (batch_case(6, 3, 5, sampling.only_window),)),
        Stage("chance", "Starts are drawn, every row its own, from rng and from nothing else.",
              (batch_case(101, 7, 5, sampling.chance), batch_case(10, 7, 3, sampling.evenly))),
    ))


# 11.2 ---------------------------------------------------------------------------------------------------------------

def cross_entropy_reference(cache):
    return reference.cross_entropy_gradient(*cache)


def loss_case(logits, targets, **more):
    probs = reference.softmax(logits)
    return Case(label(probs=probs, targets=targets), lambda: ((probs.copy(), targets.copy()),), **more)


def by_differences(cache):
    probs, targets = cache
    return {"dlogits": reference.central_differences(lambda x: reference.cross_entropy(x, targets), np.log(probs))}


SURE = np.array([[30.0, 0, 0], [0, 30, 0], [0, 0, -30]])

CROSS_ENTROPY_BACKWARD = Exercise(
    id="11.2", title="Cross-entropy backward", function="cross_entropy_backward",
    signature="cross_entropy_backward(cache) -> dlogits",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="The loss and its gradient",
    hints=("Lowering the loss means moving probability to the target. Each logit's gradient is how much probability it "
           "holds too much: what it has, minus what it should have.",
           "Start from a copy of the probabilities. Subtract 1 at the target of each position, and remember that the "
           "loss is a mean over all positions.",
           "flat = probs.reshape(-1, V).copy(); flat[np.arange(targets.size), targets.ravel()] -= 1; "
           "return (flat / targets.size).reshape(probs.shape)"),
    example="probs = [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], targets = [0, 1]: two positions, so N = 2 and "
            "dlogits = [[-0.15, 0.1, 0.05], [0.05, -0.35, 0.3]].",
    part="pygpt.in_numpy.losses.cross_entropy_backward",
    outputs="dlogits", reference=cross_entropy_reference, mistakes=tuple(mistakes_training.CROSS_ENTROPY_BACKWARD),
    stages=(
        Stage("one position", "Probabilities, minus 1 at the target.",
              (loss_case(normal(101, 1, 5), token_ids(101, 5, 1)),)),
        Stage("several positions", "The loss is their mean, and each has a target of its own.",
              (loss_case(normal(102, 7, 5), token_ids(102, 5, 7)),)),
        Stage("batch and time", "Mean over all positions, B times T of them.",
              (loss_case(normal(103, 3, 5, 7), token_ids(103, 7, 3, 5)),
               loss_case(normal(104, 1, 1), token_ids(104, 1, 1)))),
        Stage("repeated targets", "The same target at several positions.",
              (loss_case(normal(105, 5, 3), np.array([2, 2, 0, 2, 0])),)),
        Stage("sure predictions", "Sure and right: nearly no gradient. Sure and wrong: the full 1/N.",
              (loss_case(SURE, np.array([0, 0, 2])),)),
        Stage("differences", "Nudge each logit: the change of the loss must be the gradient.",
              (loss_case(normal(106, 3, 7), token_ids(106, 7, 3), expect=by_differences),)),
    ))


# 11.3 ---------------------------------------------------------------------------------------------------------------

def step_case(words, look, observe=stepping.one_step, expect=None, **setting):
    return Case(words, lambda: stepping.setting(**setting), look=look, observe=observe, expect=expect)


TRAIN_STEP = Exercise(
    id="11.3", title="One training step", function="train_step",
    signature="train_step(model, optimizer, ids, targets, max_norm) -> loss",
    difficulty="medium", minutes=20, notebook=NOTEBOOK, section="The training loop",
    hints=("A step asks the model, measures how wrong it is, finds out which way every weight should go, makes sure "
           "the step is not too long, and goes.",
           "Forward with a tape, the loss, zero the gradients, backward on the same tape, clip, optimizer.step(). "
           "Clipping comes after backward and before the step, with one norm for all parameters together.",
           "norm = math.sqrt(sum((p.grad**2).sum() for p in model.parameters())); where norm > max_norm, multiply "
           "every p.grad by max_norm / norm; then optimizer.step() and return the loss from before the step"),
    example="Two parameters with gradients [3] and [4]: the norm of both together is 5. With max_norm = 1 they become "
            "[0.6] and [0.8]; with max_norm = 10 they stay.",
    outputs="loss", reference=stepping.train_step, mistakes=tuple(mistakes_train_step.TRAIN_STEP),
    stages=(
        Stage("loss", "A float: the mean loss on the targets, from before the weights change.",
              (step_case("a tiny GPT, max_norm 1000", ("loss",), max_norm=1000.0),)),
        Stage("one step", "optimizer.step() runs once.",
              (step_case("a tiny GPT, max_norm 1000", (stepping.CALLS,), max_norm=1000.0),)),
        Stage("gradients", "What the optimizer sees; below the limit clipping changes nothing.",
              (step_case("a tiny GPT, max_norm 1000", (stepping.NORM, *stepping.GRADIENTS), max_norm=1000.0),)),
        Stage("old gradients", "Gradients of an earlier step are gone.",
              (step_case("gradients left over from before", (stepping.NORM, *stepping.GRADIENTS), max_norm=1000.0,
                         old_gradients=True),)),
        Stage("clipping", "Above the limit all gradients shrink by one factor, before the step.",
              (step_case("a tiny GPT, max_norm 0.25", (stepping.NORM, *stepping.GRADIENTS), max_norm=0.25),)),
        Stage("weights", "The weights after the step.",
              (step_case("a tiny GPT, max_norm 0.25", stepping.WEIGHTS, max_norm=0.25),)),
        Stage("three steps", "Step after step on one batch.",
              (step_case("a tiny GPT, max_norm 0.25", (), observe=stepping.three_steps, max_norm=0.25),)),
        Stage("differences", "Nudge a weight: the change of the loss must be the gradient the optimizer saw.",
              (step_case("a tiny GPT, max_norm 1000", (stepping.GRADIENTS[-1],), expect=stepping.by_differences,
                         max_norm=1000.0),)),
    ))

EXERCISES = [SAMPLE_BATCH, CROSS_ENTROPY_BACKWARD, TRAIN_STEP]
