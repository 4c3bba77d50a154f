"""The exercises of 09_output_and_loss: a loss that cannot overflow, its full version and gradient, a weight used twice.

B batch  T positions  C width  V vocabulary  N = B T places
"""

import numpy as np

from .. import reference
from .. import reference_output as right
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal, token_ids, whole
from . import mistakes_loss, mistakes_output

NOTEBOOK = "09_output_and_loss"


# 09.1 ---------------------------------------------------------------------------------------------------------------

def loss_case(logits, targets, words=None):
    return Case(words or label(logits=logits, targets=targets), lambda: (logits.copy(), targets.copy()))


HEIGHTS = whole(904, 4, 3, 5) + np.array([[2000.0], [0], [-2000]])
FAR_BEHIND = np.array([[0.0, 1000, 3], [40, 0, -40], [-1000, 2, 1]])

STABLE_LOSS = Exercise(
    id="09.1", title="A loss that cannot overflow", function="stable_loss",
    signature="stable_loss(logits, targets) -> loss",
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="The loss, stable",
    hints=("The logarithm undoes the exponential: -log of the softmax at the target is a difference of two numbers, "
           "and neither needs the probability itself.",
           "For each row: the log of the sum of the powers of e, minus the target's logit. Before both, take the "
           "row's largest logit away. Then the mean over the rows.",
           "shifted = logits - logits.max(-1, keepdims=True); return (np.log(np.exp(shifted).sum(-1)) - "
           "shifted[np.arange(len(logits)), targets]).mean()"),
    example="logits = [[0, 0], [log 3, 0]], targets = [0, 1]: the probabilities of the truth are 1/2 and 1/4, so the "
            "loss is (log 2 + log 4) / 2 = 1.04.",
    outputs="loss", reference=right.mean_loss, mistakes=tuple(mistakes_loss.STABLE_LOSS),
    stages=(
        Stage("one place", "-log of the probability of the target, in nats.",
              (loss_case(normal(901, 1, 5), np.array([3])),)),
        Stage("several places", "The mean over all places, each with a target of its own.",
              (loss_case(normal(902, 7, 5), token_ids(902, 5, 7)), loss_case(normal(903, 1, 1), np.array([0])))),
        Stage("rows at different heights", "Logits around 2000, 0 and -2000: only differences within a row count.",
              (loss_case(HEIGHTS, np.array([0, 2, 1]), "rows at 2000, 0 and -2000"),)),
        Stage("sure and wrong", "A truth that lies 1000 behind costs 1000.",
              (loss_case(FAR_BEHIND, np.array([0, 2, 0]), "truths far behind"),)),
    ))


# 09.2 ---------------------------------------------------------------------------------------------------------------

def forward_reference(logits, targets, ignore_index=-100, label_smoothing=0.0):
    kept = np.array([0 if y == ignore_index else y for y in targets.ravel()])
    return (right.mean_loss(logits, targets, ignore_index, label_smoothing),
            (reference.softmax(logits), kept, right.weights(targets, ignore_index), label_smoothing))


def some_ignored(seed, n_vocab, *shape, ignore_index=-100):
    """Targets of which the first, and every fourth from there, do not count."""
    targets = token_ids(seed, n_vocab, *shape)
    targets.reshape(-1)[::4] = ignore_index
    return targets


def forward_case(logits, targets, *options, look=("loss",)):
    words = label(logits=logits, targets=targets) + "".join(
        f", {name} {value:g}" for name, value in zip(("ignore_index", "label_smoothing"), options, strict=False))
    return Case(words, lambda: (logits.copy(), targets.copy(), *options), look=look)


CROSS_ENTROPY_FORWARD = Exercise(
    id="09.2", title="Cross entropy", function="cross_entropy_forward",
    signature="cross_entropy_forward(logits, targets, ignore_index=-100, label_smoothing=0.0) -> "
              "(loss, (probs, targets, weights, label_smoothing))",
    difficulty="medium", minutes=18, notebook=NOTEBOOK, section="A little doubt",
    hints=("The loss of 09.1, with two questions added: does this place count, and what is the truth there?",
           "Flatten to rows first. counts = targets != ignore_index; put 0 where a place does not count, so that you "
           "can index; take the mean over losses[counts]. With smoothing the true logit becomes a mixture of the true "
           "logit and the mean of the row.",
           "wanted = (1 - label_smoothing) * shifted[np.arange(N), targets] + label_smoothing * shifted.mean(-1); "
           "loss = (np.log(total) - wanted)[counts].mean(); weights = counts / counts.sum()"),
    example="logits = [[0, 0], [log 3, 0]], targets = [0, -100]: only the first place counts, so the loss is log 2 and "
            "the weights are [1, 0]. With targets [0, 1] it is (log 2 + log 4) / 2, and with label_smoothing 0.5 the "
            "second place costs log 4 - (log 3) / 4.",
    part="pygpt.in_numpy.losses.cross_entropy_forward",
    outputs=("loss", ("probs", "targets", "weights", "label_smoothing")), reference=forward_reference,
    mistakes=tuple(mistakes_loss.CROSS_ENTROPY_FORWARD),
    stages=(
        Stage("plain", "The loss of 09.1, for one axis of places.",
              (forward_case(normal(911, 7, 5), token_ids(911, 5, 7)),)),
        Stage("batch and time", "Logits (B, T, V): the mean over all places.",
              (forward_case(normal(912, 3, 5, 7), token_ids(912, 7, 3, 5)),
               forward_case(normal(913, 1, 1), token_ids(913, 1, 1)))),
        Stage("places that do not count", "Neither in the sum nor in the number you divide by.",
              (forward_case(normal(914, 7, 5), some_ignored(914, 5, 7)),
               forward_case(normal(915, 3, 5, 7), some_ignored(915, 7, 3, 5)))),
        Stage("another ignore index", "The number that marks a place is an argument.",
              (forward_case(normal(916, 3, 5, 7), some_ignored(916, 7, 3, 5, ignore_index=-1), -1),
               forward_case(normal(917, 7, 5), some_ignored(917, 5, 7, ignore_index=2), 2))),
        Stage("smoothing", "A share of the truth is spread over all V tokens.",
              (forward_case(normal(918, 7, 5), token_ids(918, 5, 7), -100, 0.25),
               forward_case(normal(919, 3, 5, 7), some_ignored(919, 7, 3, 5), -100, 0.125))),
        Stage("large logits", "Rows around 2000 and truths 1000 behind.",
              (forward_case(HEIGHTS, np.array([0, -100, 1])), forward_case(FAR_BEHIND, np.array([0, 2, 0])),
               forward_case(FAR_BEHIND, np.array([0, -100, 2]), -100, 0.25))),
        Stage("cache", "Probabilities in the shape of the logits; targets (N,) with 0 where a place does not count; "
                       "weights (N,); the smoothing.",
              (forward_case(normal(920, 3, 5, 7), some_ignored(920, 7, 3, 5), -100, 0.25, look=()),)),
    ))


# 09.3 ---------------------------------------------------------------------------------------------------------------

def backward_reference(cache):
    return right.loss_gradient(*cache)


def backward_case(logits, targets, label_smoothing=0.0, **more):
    probs, (_, (_, kept, weights, _)) = reference.softmax(logits), forward_reference(logits, targets)
    words = label(probs=probs, targets=kept, weights=weights) + f", label_smoothing {label_smoothing:g}"
    return Case(words, lambda: ((probs.copy(), kept.copy(), weights.copy(), label_smoothing),), **more)


def by_differences(cache):
    probs, *rest = cache
    return {"dlogits": reference.central_differences(lambda z: right.weighted_loss(z, *rest), np.log(probs))}


SURE = np.array([[30.0, 0, 0], [0, 30, 0], [0, 0, -30]])

CROSS_ENTROPY_BACKWARD = Exercise(
    id="09.3", title="Cross-entropy backward", function="cross_entropy_backward",
    signature="cross_entropy_backward(cache) -> dlogits",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="Belief minus truth",
    hints=("Lowering the loss means moving probability to the truth. Each logit's gradient is how much probability it "
           "holds too much: what it has, minus what it should have.",
           "Start from a copy of the probabilities as rows. Subtract the truth: 1 - label_smoothing at each row's "
           "target, and label_smoothing / V everywhere. Then multiply each row by its weight, and reshape.",
           "rows = probs.reshape(-1, V).copy(); rows[np.arange(len(rows)), targets] -= 1 - label_smoothing; rows -= "
           "label_smoothing / V; return (rows * weights[:, None]).reshape(probs.shape)"),
    example="probs = [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], targets = [0, 1], weights = [1/2, 1/2], no smoothing: "
            "dlogits = [[-0.15, 0.1, 0.05], [0.05, -0.35, 0.3]].",
    part="pygpt.in_numpy.losses.cross_entropy_backward",
    outputs="dlogits", reference=backward_reference, mistakes=tuple(mistakes_output.CROSS_ENTROPY_BACKWARD),
    stages=(
        Stage("one place", "Probabilities, minus 1 at the target.",
              (backward_case(normal(921, 1, 5), token_ids(921, 5, 1)),)),
        Stage("several places", "The loss is their mean, and each has a target of its own.",
              (backward_case(normal(922, 7, 5), token_ids(922, 5, 7)),)),
        Stage("batch and time", "dlogits has the shape of the logits.",
              (backward_case(normal(923, 3, 5, 7), token_ids(923, 7, 3, 5)),
               backward_case(normal(924, 1, 1), token_ids(924, 1, 1)))),
        Stage("places that do not count", "Their gradient is 0, and the others share the mean among themselves.",
              (backward_case(normal(925, 7, 5), some_ignored(925, 5, 7)),
               backward_case(normal(926, 3, 5, 7), some_ignored(926, 7, 3, 5)))),
        Stage("smoothing", "The truth is 1 - label_smoothing at the target, and label_smoothing / V more everywhere.",
              (backward_case(normal(927, 7, 5), token_ids(927, 5, 7), 0.25),
               backward_case(normal(928, 3, 5, 7), some_ignored(928, 7, 3, 5), 0.125))),
        Stage("repeated targets", "The same target at several places.",
              (backward_case(normal(929, 5, 3), np.array([2, 2, 0, 2, 0])),)),
        Stage("sure predictions", "Sure and right: nearly no gradient. Sure and wrong: the full weight.",
              (backward_case(SURE, np.array([0, 0, 2])),)),
        Stage("differences", "Nudge each logit: the change of the loss must be the gradient.",
              (backward_case(normal(930, 5, 7), some_ignored(930, 7, 5), 0.25, expect=by_differences),)),
    ))


# 09.4 ---------------------------------------------------------------------------------------------------------------

def tied_case(seed, n_vocab, shape, width, head=1.0, table=1.0, ids=None, **more):
    """head and table: factors of the two gradients that arrive; 0 switches one use off."""
    ids = token_ids(seed, n_vocab, *shape) if ids is None else ids
    dlogits, x = normal(seed, *shape, n_vocab, scale=head), normal(seed + 1, *shape, width)
    dembedded = normal(seed + 2, *shape, width, scale=table)
    return Case(label(dlogits=dlogits, x=x, dembedded=dembedded, ids=ids),
                lambda: (dlogits.copy(), x.copy(), dembedded.copy(), ids.copy()), **more)


def by_nudges(dlogits, x, dembedded, ids):
    """Nudge the weight, and follow both of its uses forward."""
    def both_uses(weight):
        return np.sum(dlogits * np.inner(x, weight)) + np.sum(dembedded * weight[ids])
    return {"dweight": reference.central_differences(both_uses, np.zeros((dlogits.shape[-1], x.shape[-1])))}


TIED_GRADIENT = Exercise(
    id="09.4", title="A weight used twice", function="tied_gradient",
    signature="tied_gradient(dlogits, x, dembedded, ids) -> dweight",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="One table, two uses",
    hints=("Nudge the weight, and both uses move the loss. To first order the two effects add up.",
           "As head: each place adds the outer product of its dlogits and its x. As table: each place adds its "
           "dembedded to the row of its token, and a token may occur several times.",
           "dweight = dlogits.reshape(-1, V).T @ x.reshape(-1, C); np.add.at(dweight, ids, dembedded); return dweight"),
    example="V = 2, C = 1, one place: dlogits = [[1, 10]], x = [[2]], dembedded = [[21]], ids = [1]: the head gives "
            "[[2], [20]], the table [[0], [21]], so dweight = [[2], [41]].",
    outputs="dweight", reference=right.tied_gradient, mistakes=tuple(mistakes_output.TIED_GRADIENT),
    stages=(
        Stage("shape", "dweight has a row for each token, (V, C), and holds the sum of both uses.",
              (tied_case(941, 7, (1, 3), 5), tied_case(944, 1, (1, 1), 1))),
        Stage("as head", "With dembedded = 0: the gradient of logits = x @ weight.T.",
              (tied_case(947, 7, (3, 5), 3, table=0.0),)),
        Stage("as table", "With dlogits = 0: each place adds to the row of its token.",
              (tied_case(950, 31, (1, 5), 3, head=0.0, ids=np.array([[4, 0, 30, 7, 11]])),)),
        Stage("repeated tokens", "A token that occurs three times gets three gradients.",
              (tied_case(953, 5, (1, 7), 3, ids=np.array([[2, 2, 0, 4, 2, 0, 1]])),)),
        Stage("batches", "All places of all sequences.", (tied_case(956, 7, (3, 5), 2),)),
        Stage("differences", "Nudge each number of the weight, and follow both uses forward.",
              (tied_case(959, 5, (2, 3), 4, expect=by_nudges),)),
    ))

EXERCISES = [STABLE_LOSS, CROSS_ENTROPY_FORWARD, CROSS_ENTROPY_BACKWARD, TIED_GRADIENT]
