"""The exercises of 11_training: batches of text, gradients of a limited length, and one whole training step.

B batch  T time
"""

import numpy as np

from ..exercise import Case, Exercise, Stage
from ..inputs import normal
from . import clipping, mistakes_train_step, mistakes_training, sampling, stepping

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

def clip_case(words, max_norm, *gradients, look=(), observe=clipping.clip):
    """gradients: arrays, or None for a parameter that has none."""
    def make():
        return [g if g is None else g.copy() for g in gradients], max_norm
    return Case(f"{words}, max_norm {max_norm:g}", make, look=look, observe=observe)


def three_gradients(seed, scale=1.0):
    shapes = ((3, 5), (7,), (1, 1))
    return [normal(seed + i, *shape, scale=scale) for i, shape in enumerate(shapes)]


CLIP_GRAD_NORM = Exercise(
    id="11.2", title="Clip the gradients", function="clip_grad_norm",
    signature="clip_grad_norm(parameters, max_norm) -> norm",
    difficulty="easy", minutes=12, notebook=NOTEBOOK, section="Clipping",
    hints=("All gradients together are one long arrow. If it is longer than the limit, make it shorter, and leave its "
           "direction as it is.",
           "One pass over the parameters for the norm: the root of the sum of all squares. Then, only where the norm "
           "exceeds max_norm and max_norm is not 0, a second pass that multiplies each p.grad by the same factor.",
           "parameters = [p for p in parameters if p.grad is not None]; norm = math.sqrt(sum(float((p.grad * "
           "p.grad).sum()) for p in parameters)); if max_norm and norm > max_norm: p.grad *= max_norm / norm for each"),
    example="Two parameters with gradients [3] and [4]: the norm is 5. With max_norm = 1 they become [0.6] and [0.8], "
            "and 5 is returned; with max_norm = 10 they stay.",
    part="pygpt.in_numpy.optim.clip_grad_norm",
    outputs="norm", reference=clipping.reference, mistakes=tuple(mistakes_training.CLIP_GRAD_NORM),
    stages=(
        Stage("one gradient", "The norm is the root of the sum of the squares.",
              (clip_case("a gradient (3, 5)", 1000, normal(101, 3, 5), look=("norm",)),
               clip_case("a gradient (1, 1)", 1000, normal(102, 1, 1), look=("norm",)))),
        Stage("all together", "One norm over all gradients.",
              (clip_case("three gradients", 1000, *three_gradients(103), look=("norm",)),)),
        Stage("below the limit", "Gradients that are short enough stay as they are.",
              (clip_case("three gradients", 1000, *three_gradients(106)),)),
        Stage("above the limit", "One factor for all, max_norm over norm, and the norm from before is returned.",
              (clip_case("three gradients", 0.5, *three_gradients(109)),
               clip_case("three gradients", 3, *three_gradients(112)))),
        Stage("large and small", "The limit counts, not the size of the numbers.",
              (clip_case("large gradients", 1, *three_gradients(115, 1e6)),
               clip_case("small gradients", 1, *three_gradients(118, 1e-6)))),
        Stage("a generator", "model.parameters() can be walked through once.",
              (clip_case("three gradients from a generator", 0.5, *three_gradients(121),
                         observe=clipping.clip_generator),)),
        Stage("no gradient", "A parameter without a gradient, grad None, is left out.",
              (clip_case("a gradient and a None", 0.5, normal(124, 3, 5), None, normal(125, 7)),)),
        Stage("only measure", "With max_norm 0 nothing changes.",
              (clip_case("three gradients", 0, *three_gradients(126)),)),
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
           "tape = Tape(); loss, cache = cross_entropy_forward(model.forward(ids, tape), targets); model.zero_grad(); "
           "model.backward(cross_entropy_backward(cache), tape); clip_grad_norm(model.parameters(), max_norm); "
           "optimizer.step(); return loss"),
    example="An optimizer that steps by lr times the gradient, lr = 0.5, gradients [3] and [4], max_norm = 1: clipped "
            "to [0.6] and [0.8], they move the weights by -0.3 and -0.4.",
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

EXERCISES = [SAMPLE_BATCH, CLIP_GRAD_NORM, TRAIN_STEP]
