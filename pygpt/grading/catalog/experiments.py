"""The exercises of 19_experiments: decoupled decay, gradient accumulation, a state that resumes, a verdict."""

import math

import numpy as np

from ..compare import describe
from ..exercise import Case, Exercise, Stage
from ..inputs import normal, token_ids
from ..runner import Trouble
from . import mistakes_experiments, mistakes_experiments_runs
from .experiments_run import KEYS, Run

NOTEBOOK = "19_experiments"
NO_TARGET = -100


# 19.1 ---------------------------------------------------------------------------------------------------------------

def adamw_reference(data, grad, mean, square, step, lr, beta1, beta2, eps, decay):
    mean = mean + (1 - beta1) * (grad - mean)
    square = square + (1 - beta2) * (grad ** 2 - square)
    first, second = mean / (1 - math.exp(step * math.log(beta1))), square / (1 - math.exp(step * math.log(beta2)))
    pull = lr * decay * data if np.ndim(data) > 1 else 0 * data
    return data - pull - lr * first / (second ** 0.5 + eps), mean, square


def adamw_case(seed, *shape, step=1, scale=1.0, lr=0.1, eps=1e-8, decay=0.5, look=()):
    def make():
        started = step > 1
        mean = normal(seed + 2, *shape, scale=0.3 * scale) * started
        square = normal(seed + 3, *shape, scale=scale) ** 2 * started
        grad = normal(seed + 1, *shape, scale=scale)
        return normal(seed, *shape), grad, mean, square, step, lr, 0.8, 0.95, eps, decay
    return Case(f"data {shape}, step {step}, lr {lr:g}, decay {decay:g}", make, look=look)


def adamw_steps(f, data, grads):
    mean, square = np.zeros_like(data), np.zeros_like(data)
    for step, grad in enumerate(grads, start=1):
        data, mean, square = f(data, grad, mean, square, step, 0.1, 0.9, 0.99, 1e-8, 0.3)
    return {"data": data, "mean": mean, "square": square}


ADAMW_UPDATE = Exercise(
    id="19.1", title="A step of AdamW", function="adamw_update",
    signature="adamw_update(data, grad, mean, square, step, lr, beta1, beta2, eps, decay) -> (data, mean, square)",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="Weight decay",
    hints=("Two things happen to a weight, and neither knows of the other: a pull towards zero, and Adam's step.",
           "Shrink the old weights by 1 - lr * decay, if data.ndim >= 2. The averages see the gradient alone. Then "
           "take Adam's step off, as in 10.2.",
           "mean = beta1 * mean + (1 - beta1) * grad; square = beta2 * square + (1 - beta2) * grad * grad; kept = data "
           "* (1 - lr * decay) if data.ndim >= 2 else data; return kept - lr * mean / (1 - beta1 ** step) / "
           "(np.sqrt(square / (1 - beta2 ** step)) + eps), mean, square"),
    example="One weight of 2 in a matrix, grad = 4, both averages 0, step = 1, lr = 0.1, decay = 0.5. The pull leaves "
            "2 x 0.95 = 1.9. Adam's first step is lr, so 1.8.",
    outputs=("data", "mean", "square"), reference=adamw_reference,
    mistakes=tuple(mistakes_experiments.ADAMW_UPDATE),
    stages=(
        Stage("the averages", "They see the gradient, and nothing of the decay.",
              (adamw_case(1, 3, 5, step=3, look=("mean", "square")), adamw_case(5, 1, 1, look=("mean", "square")))),
        Stage("no decay", "With decay 0 it is Adam.",
              (adamw_case(9, 3, 5, decay=0.0), adamw_case(13, 5, 7, step=30, decay=0.0, eps=0.1))),
        Stage("the pull", "Matrices shrink by 1 - lr * decay, then step.",
              (adamw_case(17, 3, 5, step=2), adamw_case(21, 1, 1), adamw_case(25, 5, 3, step=7, lr=0.02))),
        Stage("vectors", "Biases and gains are left alone.", (adamw_case(29, 7, step=2), adamw_case(33, 1))),
        Stage("large and small gradients", "The pull does not ask how large the gradient is.",
              (adamw_case(37, 3, 5, step=4, scale=1e4), adamw_case(41, 3, 5, step=4, scale=1e-4))),
        Stage("seven steps", "Each step goes on with what the last one returned.",
              (Case("data (3, 5)", lambda: (normal(45, 3, 5), normal(46, 7, 3, 5)), observe=adamw_steps),)),
    ))


# 19.2 ---------------------------------------------------------------------------------------------------------------

def classifier(seed):
    """loss_and_grad of a linear classifier with a weight (7, 5). Like an engine it fills one array again and again."""
    weight, grad = normal(seed, 7, 5), np.empty((7, 5))

    def loss_and_grad(x, targets):
        counted = targets != NO_TARGET
        rows, wanted = x[counted], targets[counted]
        scores = rows @ weight.T
        scores = scores - scores.max(-1, keepdims=True, initial=-np.inf)
        logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
        n = np.float64(len(rows))
        grad[...] = (np.exp(logs) - np.eye(7)[wanted]).T @ rows / n   # nothing over nothing is nan
        return float(-logs[np.arange(len(rows)), wanted].sum() / n), grad
    return loss_and_grad


def accumulate_reference(loss_and_grad, parts):
    """All places as one large batch."""
    loss, grad = loss_and_grad(np.concatenate([x.reshape(-1, 5) for x, _ in parts]),
                               np.concatenate([targets.ravel() for _, targets in parts]))
    return loss, grad.copy()


def part(seed, rows, width, counted=None):
    """x (rows, width, 5) and targets (rows, width), of which the first `counted` count."""
    targets = token_ids(seed + 1, 7, rows * width)
    targets[rows * width if counted is None else counted:] = NO_TARGET
    return normal(seed, rows, width, 5), targets.reshape(rows, width)


def accumulate_case(seed, *sizes):
    words = ", ".join(f"({rows}, {width})" + ("" if counted is None else f" of which {counted} count")
                      for rows, width, counted in sizes)
    return Case(f"parts {words}",
                lambda: (classifier(seed), [part(seed + 10 * i, *size) for i, size in enumerate(sizes, start=1)]))


ACCUMULATE = Exercise(
    id="19.2", title="One large batch out of parts", function="accumulate",
    signature="accumulate(loss_and_grad, parts) -> (loss, grad)",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="The same number of tokens",
    hints=("The mean over everything is not the mean of the parts' means, unless the parts are equally large. Each "
           "part speaks for as many places as it has.",
           "First count: how many targets of each part are not -100, and how many in all. Then go through the parts "
           "that have any, and add share * loss and share * grad, with share = count / total.",
           "counts = [int((y != -100).sum()) for _, y in parts]; for (x, y), n in zip(parts, counts): if n: part_loss, "
           "part_grad = loss_and_grad(x, y); loss += n / total * part_loss; grad = grad + n / total * part_grad"),
    example="Two parts: 1 place with a loss of 4, and 3 places with a mean loss of 2. All four places together: "
            "(4 + 3 x 2) / 4 = 2.5. The mean of the means would be 3.",
    outputs=("loss", "grad"), reference=accumulate_reference, mistakes=tuple(mistakes_experiments.ACCUMULATE),
    stages=(
        Stage("one part", "A single part is the whole batch.",
              (accumulate_case(1, (3, 5, None)), accumulate_case(2, (1, 1, None)))),
        Stage("equal parts", "The mean of several parts: added up, each by its share.",
              (accumulate_case(3, (2, 5, None), (2, 5, None), (2, 5, None)),)),
        Stage("unequal parts", "A large part weighs more.",
              (accumulate_case(4, (5, 3, None), (1, 3, None)), accumulate_case(5, (1, 1, None), (7, 3, None)))),
        Stage("places that do not count", "Only targets other than -100 are counted.",
              (accumulate_case(6, (3, 5, 2), (3, 5, None)), accumulate_case(7, (5, 7, 30), (5, 7, 1), (1, 7, 3)))),
        Stage("nothing to ask", "A part of nothing but padding is left out.",
              (accumulate_case(8, (3, 5, None), (3, 5, 0), (1, 5, 4)), accumulate_case(9, (1, 3, 0), (1, 3, 2)))),
    ))


# 19.3 ---------------------------------------------------------------------------------------------------------------

LOADED = tuple(f"{name} after loading" for name in KEYS[:-1])
NUMBERS, OWN, AGAIN = "next numbers of rng", "losses of the run that was saved", "losses of the resumed run"


def save_reference(run):
    """Everything, out of the run's own numbers one by one."""
    state = {name: np.array(getattr(run, name)) for name in ("weights", "mean", "square", "order")}
    return state | {"steps": int(run.steps), "place": int(run.place), "rng": dict(run.rng.bit_generator.state)}


def resumed(f, seed, before, meanwhile, after=12):
    """Train, save, let the saved run go on, put the state into a fresh run of another seed, train that one."""
    run, fresh = Run(seed), Run(seed + 1)
    for _ in range(before):
        run.step()
    state = f(run)
    check_state(state)
    own = [run.step() for _ in range(meanwhile)]
    try:
        fresh.load(state)
        found = {name: np.array(getattr(fresh, key)) for name, key in zip(LOADED, KEYS, strict=False)}
        twin = np.random.default_rng()
        twin.bit_generator.state = fresh.rng.bit_generator.state
        found |= {NUMBERS: twin.random(5), AGAIN: np.array([fresh.step() for _ in range(after)])}
    except (TypeError, ValueError, AttributeError, KeyError, IndexError) as error:
        raise Trouble("state", f"the state cannot be put into a run: {type(error).__name__}: {error}",
                      "Keep each thing under its own name, with the shape it has.") from None
    return found | {OWN: np.array(own)}


def check_state(state):
    if state is None:
        raise Trouble("none", "your function returned None", "Its last line should be `return` and the dict.")
    if not isinstance(state, dict):
        raise Trouble("structure", f"the state should be a dict, but it is {describe(state)}",
                      f"Its keys are the names of what is kept: {', '.join(KEYS)}.")
    strange = [name for name in state if name not in KEYS]
    if strange:
        raise Trouble("structure", f"a run has nothing called {strange[0]!r}", f"It has {', '.join(KEYS)}.")


def resume_case(seed, before, meanwhile=0, look=()):
    words = f"seed {seed}, saved at step {before}" + (f", which then goes on for {meanwhile}" if meanwhile else "")
    return Case(words, lambda: (seed, before, meanwhile), look=look, observe=resumed)


SAVE_STATE = Exercise(
    id="19.3", title="Save what a run needs to resume", function="save_state",
    signature="save_state(run) -> state",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="Stop, and go on to the bit",
    hints=("Whatever a step reads and a step before it has changed belongs to the state. Read step() and adam() line "
           "by line and ask of each name: did an earlier step change it?",
           "Seven things: the weights, Adam's two averages, the number of steps, the order of the rows, the place in "
           "it, and the state of the generator. Arrays are changed in place, so keep copies.",
           "return {\"weights\": run.weights.copy(), \"mean\": run.mean.copy(), \"square\": run.square.copy(), "
           "\"steps\": run.steps, \"order\": run.order.copy(), \"place\": run.place, \"rng\": "
           "run.rng.bit_generator.state}"),
    example="run = Run(0); run.step(); state = save_state(run); fresh = Run(1); fresh.load(state). Now run.step() "
            "and fresh.step() return the same loss, again and again.",
    outputs="state", reference=save_reference, mistakes=tuple(mistakes_experiments_runs.SAVE_STATE),
    stages=(
        Stage("the weights", "They are in the resumed run.", (resume_case(0, 3, look=LOADED[:1]),)),
        Stage("Adam's memory", "Both averages, and the number of steps for their correction.",
              (resume_case(3, 7, look=LOADED[1:4]), resume_case(5, 1, look=LOADED[1:4]))),
        Stage("the data", "The order of this epoch, and the place in it.", (resume_case(7, 15, look=LOADED[4:]),)),
        Stage("chance", "The resumed run draws the numbers that the saved one would have drawn.",
              (resume_case(9, 3, look=(NUMBERS,)),)),
        Stage("going on", "Twelve steps, over the end of an epoch, have the losses that they would have had.",
              (resume_case(11, 5, look=(AGAIN,)), resume_case(12, 21, look=(AGAIN,)))),
        Stage("both go on", "Saving does not disturb the run, and the run does not disturb what is saved.",
              (resume_case(13, 5, meanwhile=7), resume_case(14, 1, meanwhile=1))),
    ))


# 19.4 ---------------------------------------------------------------------------------------------------------------

def compare_reference(a, b):
    differences = [float(y) - float(x) for x, y in zip(a, b, strict=True)]
    n = len(differences)
    mean = math.fsum(differences) / n
    error = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    return mean, error, "no result" if abs(mean) <= 2 * error else "better" if mean < 0 else "worse"


def seeds_case(words, seed, n, change, noise=0.01, luck=0.1, look=()):
    """n losses around 2; the seed's luck is shared, the noise is not. change, noise, luck in nats."""
    def make():
        shared = 2 + normal(seed, n, scale=luck)
        mine, theirs = normal(seed + 1, 2, n, scale=noise)
        return shared + mine, shared + theirs - (theirs - mine).mean() + change   # the mean difference is `change`
    return Case(f"{words}, {n} seeds", make, look=look)


COMPARE_SEEDS = Exercise(
    id="19.4", title="A verdict on two sets of seeds", function="compare_seeds",
    signature="compare_seeds(a, b) -> (difference, error, verdict)",
    difficulty="easy", minutes=12, notebook=NOTEBOOK, section="Same seeds on both sides",
    hints=("The same seed on both sides shares its luck. Subtract seed by seed first, and that luck is gone.",
           "The mean of the differences b - a, and its standard error: their standard deviation (ddof=1) over the root "
           "of how many there are. Then compare the mean with two errors.",
           "d = b - a; error = d.std(ddof=1) / math.sqrt(len(d)); verdict = \"better\" if d.mean() < -2 * error else "
           "\"worse\" if d.mean() > 2 * error else \"no result\""),
    example="a = [2.0, 2.4, 2.2], b = [1.9, 2.2, 1.9]. The differences are -0.1, -0.2, -0.3: mean -0.2, deviation 0.1, "
            "error 0.1 / 1.73 = 0.058. 0.2 is more than twice that: \"better\".",
    outputs=("difference", "error", "verdict"), reference=compare_reference,
    mistakes=tuple(mistakes_experiments_runs.COMPARE_SEEDS),
    stages=(
        Stage("the difference", "The mean of b - a.",
              (seeds_case("a clear change", 1, 5, -0.3, look=("difference",)),
               seeds_case("a clear change", 3, 7, 0.2, look=("difference",)))),
        Stage("its error", "The standard error of the differences, taken seed by seed.",
              (seeds_case("much shared luck", 5, 5, -0.02, luck=0.5, look=("error",)),
               seeds_case("no shared luck", 7, 3, 0.1, noise=0.1, luck=0.0, look=("error",)))),
        Stage("better", "Lower by more than two errors.", (seeds_case("a gain", 9, 5, -0.1),)),
        Stage("worse", "Higher by more than two errors.", (seeds_case("a loss", 11, 7, 0.1),)),
        Stage("no result", "Not larger than two errors, either way.",
              (seeds_case("hardly a gain", 13, 5, -0.008), seeds_case("hardly a loss", 15, 7, 0.001),
               Case("no change at all, 3 seeds", lambda: (np.array([2.0, 2.5, 3.0]),) * 2))),
        Stage("always the same", "Where every seed gains as much, the error is 0 and the gain is a result.",
              (Case("3 seeds", lambda: (np.array([2.0, 2.5, 3.0]), np.array([1.75, 2.25, 2.75]))),)),
    ))

EXERCISES = [ADAMW_UPDATE, ACCUMULATE, SAVE_STATE, COMPARE_SEEDS]
