"""Wrong answers to 19.3 save_state and 19.4 compare_seeds, each as people really write it."""

import math

import numpy as np

from ..exercise import mistake, variant

SAVE_STATE, COMPARE_SEEDS = [], []


# 19.3 ---------------------------------------------------------------------------------------------------------------

def whole(run):
    return {"weights": run.weights.copy(), "mean": run.mean.copy(), "square": run.square.copy(), "steps": run.steps,
            "order": run.order.copy(), "place": run.place, "rng": run.rng.bit_generator.state}


def less(run, *names):
    return {name: value for name, value in whole(run).items() if name not in names}


@mistake(SAVE_STATE, "only the weights",
         "The weights are enough to use a model, not to go on with its training. Adam's two averages, the number of "
         "steps, the place in the data and the generator belong to the run too.")
def weights_only(run):
    return {"weights": run.weights.copy()}


@mistake(SAVE_STATE, "forgot Adam's averages",
         "mean and square are missing. The resumed run begins with averages of zero and takes other steps.")
def no_averages(run):
    return less(run, "mean", "square")


@variant(SAVE_STATE)
def no_square(run):
    return less(run, "square")


@variant(SAVE_STATE)
def no_mean(run):
    return less(run, "mean")


@mistake(SAVE_STATE, "forgot the number of steps",
         "steps is missing, so the bias correction starts again at step 1, and would divide full averages as if they "
         "were empty. In a real run the learning rate would start again as well.")
def no_steps(run):
    return less(run, "steps")


@mistake(SAVE_STATE, "forgot the place in the data",
         "place is missing: the resumed run reads the rows of this epoch from its start, some of them twice.")
def no_place(run):
    return less(run, "place")


@variant(SAVE_STATE)
def no_data(run):
    return less(run, "place", "order")


@mistake(SAVE_STATE, "forgot the order of the rows",
         "order is missing. The place alone means nothing: in the fresh run the epoch is mixed in another way.")
def no_order(run):
    return less(run, "order")


@mistake(SAVE_STATE, "forgot the generator",
         "rng is missing. Dropout and the next epochs draw other numbers than they would have drawn. Its state is "
         "run.rng.bit_generator.state.")
def no_generator(run):
    return less(run, "rng")


@variant(SAVE_STATE)
def seeded_again(run):
    return whole(run) | {"rng": np.random.default_rng(0).bit_generator.state}


@mistake(SAVE_STATE, "drew a new seed from the generator",
         "Drawing moves the generator on, so that saving changes the very run that is saved, and the resumed one draws "
         "from elsewhere. Read its state, run.rng.bit_generator.state; reading draws nothing.")
def draws_a_seed(run):
    return whole(run) | {"rng": np.random.default_rng(run.rng.integers(2**31)).bit_generator.state}


@mistake(SAVE_STATE, "kept the arrays, not copies",
         "The run changes its arrays in place, so what you keep changes with it. Keep run.weights.copy(), and so for "
         "the averages.")
def references(run):
    return {"weights": run.weights, "mean": run.mean, "square": run.square, "steps": run.steps, "order": run.order,
            "place": run.place, "rng": run.rng.bit_generator.state}


@variant(SAVE_STATE)
def references_to_averages(run):
    return whole(run) | {"mean": run.mean, "square": run.square}


@variant(SAVE_STATE)
def shallow(run):
    return {name: value for name, value in vars(run).items() if name in whole(run)} | {
        "rng": run.rng.bit_generator.state}


@mistake(SAVE_STATE, "kept the generator itself",
         "You keep the object, and it goes on drawing for the first run. Its state is a dict of plain numbers: "
         "run.rng.bit_generator.state.")
def generator_itself(run):
    return whole(run) | {"rng": run.rng}


@mistake(SAVE_STATE, "a shallow copy",
         "dict(vars(run)) and copy.copy copy the names, not what stands behind them: arrays and generator are still "
         "those of the run. Copy each array, and take the generator's state.")
def shallow_all(run):
    return {name: vars(run)[name] for name in whole(run)}


# 19.4 ---------------------------------------------------------------------------------------------------------------

def word(difference, error):
    return "better" if difference < -2 * error else "worse" if difference > 2 * error else "no result"


def standard_error(differences):
    return differences.std(ddof=1) / math.sqrt(len(differences))


@mistake(COMPARE_SEEDS, "not paired",
         "You took the spread of a and the spread of b. Most of that is luck which both sides share: the same seed "
         "draws the same batches. Take the differences seed by seed, then their spread.")
def unpaired(a, b):
    difference = b.mean() - a.mean()
    error = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
    return difference, error, word(difference, error)


@mistake(COMPARE_SEEDS, "divided by n, not by n - 1",
         "np.std divides by n unless told otherwise. The mean was taken from the same few numbers, so they lie too "
         "close to it. ddof=1 makes up for that.")
def ddof_zero(a, b):
    differences = b - a
    error = differences.std() / math.sqrt(len(a))
    return differences.mean(), error, word(differences.mean(), error)


@mistake(COMPARE_SEEDS, "the spread of one run, not the error of the mean",
         "You give the standard deviation: how far one difference lies from the mean. The mean of n is surer than "
         "that, by the root of n: divide by math.sqrt(n).")
def spread_of_one(a, b):
    differences = b - a
    error = differences.std(ddof=1)
    return differences.mean(), error, word(differences.mean(), error)


@mistake(COMPARE_SEEDS, "divided by n instead of its root",
         "Four times the seeds halve the error. Divide the standard deviation by the root of n.")
def over_n(a, b):
    differences = b - a
    error = differences.std(ddof=1) / len(a)
    return differences.mean(), error, word(differences.mean(), error)


@mistake(COMPARE_SEEDS, "a variance, not a deviation",
         "You left out the root: the variance has the unit nats squared. The error is the standard deviation over the "
         "root of n.")
def variance(a, b):
    differences = b - a
    error = differences.var(ddof=1) / len(a)
    return differences.mean(), error, word(differences.mean(), error)


@mistake(COMPARE_SEEDS, "the difference turned round",
         "The difference is b - a: what the change did to the loss. Below zero the change made it better.")
def turned_round(a, b):
    differences = a - b
    error = standard_error(differences)
    return differences.mean(), error, word(-differences.mean(), error)


@variant(COMPARE_SEEDS)
def turned_round_words_too(a, b):
    differences = a - b
    error = standard_error(differences)
    return differences.mean(), error, word(differences.mean(), error)


@mistake(COMPARE_SEEDS, "higher taken for better",
         "These are losses: lower is better. A difference below zero, by more than two errors, is \"better\".")
def higher_is_better(a, b):
    differences = b - a
    error = standard_error(differences)
    return differences.mean(), error, word(-differences.mean(), error)


@mistake(COMPARE_SEEDS, "one error is not enough",
         "About one in three comparisons of equals is off by more than one standard error. Ask for two.")
def one_error(a, b):
    differences = b - a
    error = standard_error(differences)
    return differences.mean(), error, word(differences.mean(), error / 2)


@mistake(COMPARE_SEEDS, "a verdict without the error",
         "You call every difference a result, however small. One that is not larger than two errors is \"no result\".")
def sign_alone(a, b):
    differences = b - a
    return differences.mean(), standard_error(differences), word(differences.mean(), 0.0)


@mistake(COMPARE_SEEDS, "the best seeds compared",
         "The lowest of several losses is mostly luck, and falls with the number of tries. Compare means.")
def best_of_each(a, b):
    error = standard_error(b - a)
    return b.min() - a.min(), error, word(b.min() - a.min(), error)
