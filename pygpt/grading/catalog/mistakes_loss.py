"""Wrong answers to 09.1 stable_loss and 09.2 cross_entropy_forward.  V vocabulary  N places"""

import math

import numpy as np

from ..exercise import mistake, variant

STABLE_LOSS, CROSS_ENTROPY_FORWARD = [], []


def log_softmax(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def at_targets(rows, targets):
    return rows[np.arange(len(rows)), targets]


# 09.1 ---------------------------------------------------------------------------------------------------------------

@mistake(STABLE_LOSS, "exp of a large logit overflows",
         "e to the 1000 is no number that a float can hold. Take each row's largest logit away first: logits - "
         "logits.max(-1, keepdims=True). The loss stays as it is.")
def overflows(logits, targets):
    return float((np.log(np.exp(logits).sum(-1)) - at_targets(logits, targets)).mean())


@variant(STABLE_LOSS)
def overflows_in_softmax(logits, targets):
    powers = np.exp(logits)
    return float(-np.log(at_targets(powers / powers.sum(-1, keepdims=True), targets)).mean())


@mistake(STABLE_LOSS, "logarithm of a probability that was rounded to 0",
         "Softmax first and the logarithm later is too late: a tiny probability has become 0, and log 0 is -inf. Put "
         "both together: log-sum-exp of the row minus the logit of the truth.")
def rounded_to_zero(logits, targets):
    return float(-np.log(at_targets(np.exp(log_softmax(logits)), targets)).mean())


@mistake(STABLE_LOSS, "a small number inside the logarithm",
         "log(p + 1e-9) hides the infinity and tells a lie: no place can cost more than about 21, and its gradient is "
         "gone. Log-sum-exp needs no such help.")
def epsilon(logits, targets):
    return float(-np.log(at_targets(np.exp(log_softmax(logits)), targets) + 1e-9).mean())


@variant(STABLE_LOSS)
def clipped(logits, targets):
    return float(-np.log(np.maximum(at_targets(np.exp(log_softmax(logits)), targets), 1e-12)).mean())


@mistake(STABLE_LOSS, "one largest logit for all rows",
         "You took away the largest logit of the whole array. A row that lies far below it then has only powers that "
         "are rounded to 0. Each row has its own: max(-1, keepdims=True).")
def one_maximum(logits, targets):
    shifted = logits - logits.max()
    return float((np.log(np.exp(shifted).sum(-1)) - at_targets(shifted, targets)).mean())


@mistake(STABLE_LOSS, "shifted in one of the two terms only",
         "The largest logit was taken away under the exponential, but not from the logit of the truth (or not added "
         "back). Use the shifted logits in both terms.")
def half_shifted(logits, targets):
    shifted = logits - logits.max(-1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(-1)) - at_targets(logits, targets)).mean())


@mistake(STABLE_LOSS, "sum instead of mean",
         "Your loss grows with the number of places. The cross entropy of the course is the mean over them.")
def summed(logits, targets):
    return float(-at_targets(log_softmax(logits), targets).sum())


@mistake(STABLE_LOSS, "mean over all logits",
         "You divided by N times V. There is one loss for each place, so divide by N.")
def over_vocabulary(logits, targets):
    return float(-at_targets(log_softmax(logits), targets).sum() / logits.size)


@mistake(STABLE_LOSS, "softmax over the wrong axis",
         "You normalised over the places. The probabilities of one place, along the last axis, add up to 1.")
def wrong_axis(logits, targets):
    return float(-at_targets(log_softmax(logits.T).T, targets).mean())


@mistake(STABLE_LOSS, "logarithm to the base 2",
         "Your loss is in bits. The course counts in nats: np.log.")
def bits(logits, targets):
    return float(-at_targets(log_softmax(logits), targets).mean() / math.log(2))


@mistake(STABLE_LOSS, "forgot the minus",
         "log p is never above 0, so your loss is negative, and training would raise it towards 0 from below: the "
         "wrong way. The loss is -log p.")
def no_minus(logits, targets):
    return float(at_targets(log_softmax(logits), targets).mean())


@mistake(STABLE_LOSS, "logarithm of the mean",
         "You averaged the probabilities and then took the logarithm. First the logarithm at each place, then the "
         "mean.")
def log_of_mean(logits, targets):
    return float(-np.log(np.exp(at_targets(log_softmax(logits), targets)).mean()))


@mistake(STABLE_LOSS, "forgot the logarithm",
         "You averaged 1 - p or -p. The loss at a place is -log p.")
def no_logarithm(logits, targets):
    return float(1 - np.exp(at_targets(log_softmax(logits), targets)).mean())


@variant(STABLE_LOSS)
def no_logarithm_minus(logits, targets):
    return float(-np.exp(at_targets(log_softmax(logits), targets)).mean())


@mistake(STABLE_LOSS, "every pair of place and target",
         "logits[:, targets] takes, in every row, the targets of all rows. Pair each row with its own target: "
         "logits[np.arange(N), targets].")
def every_pair(logits, targets):
    return float(-log_softmax(logits)[:, targets].mean())


@mistake(STABLE_LOSS, "perplexity instead of the loss",
         "You returned e to the loss, the perplexity. The loss itself is asked for.")
def perplexity(logits, targets):
    return float(np.exp(-at_targets(log_softmax(logits), targets).mean()))


# 09.2 ---------------------------------------------------------------------------------------------------------------

def answer(logits, targets, ignore_index=-100, label_smoothing=0.0, log_probs=log_softmax, truth=None, mean=None,
           keep=None):
    """A right answer with one piece exchanged: the log-softmax, the bracket, the mean, or what is kept."""
    rows, flat = log_probs(logits.reshape(-1, logits.shape[-1])), targets.reshape(-1)
    counts = flat != ignore_index
    flat = np.where(counts, flat, 0)
    at_truth, everywhere = at_targets(rows, flat), rows.mean(-1)
    losses = -(truth or smoothed)(at_truth, everywhere, rows, label_smoothing)
    loss = float((mean or counted_mean)(losses, counts))
    kept = dict(probs=np.exp(rows).reshape(logits.shape), targets=flat, weights=counts / counts.sum(),
                label_smoothing=label_smoothing) | (keep(logits, targets, counts) if keep else {})
    return loss, tuple(kept[name] for name in ("probs", "targets", "weights", "label_smoothing"))


def smoothed(at_truth, everywhere, rows, smoothing):
    return (1 - smoothing) * at_truth + smoothing * everywhere


def counted_mean(losses, counts):
    return losses[counts].mean()


@mistake(CROSS_ENTROPY_FORWARD, "divided by all places",
         "Places that do not count add nothing to the sum, but you still divide by them. Divide by the number of "
         "places that count.")
def over_all(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing, mean=lambda losses, counts: (losses * counts).mean())


@mistake(CROSS_ENTROPY_FORWARD, "ignored places count as token 0",
         "You replaced the ignore index by a token, and then let those places take part in the mean. Leave them out: "
         "losses[counts].mean().")
def counts_as_zero(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing, mean=lambda losses, counts: losses.mean())


@mistake(CROSS_ENTROPY_FORWARD, "looked up the ignore index as a token",
         "-100 is no place in a row of logits. Before indexing, put any token where a place does not count: "
         "np.where(counts, targets, 0).")
def out_of_bounds(logits, targets, ignore_index=-100, label_smoothing=0.0):
    at_targets(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
    return answer(logits, targets, ignore_index, label_smoothing)


@mistake(CROSS_ENTROPY_FORWARD, "compared with -100 instead of ignore_index",
         "The function is told which number means 'does not count'; it need not be -100. Compare the targets with "
         "ignore_index.")
def fixed_index(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, -100, label_smoothing)


@mistake(CROSS_ENTROPY_FORWARD, "sum instead of mean",
         "Your loss grows with the number of places. Take the mean over those that count.")
def sum_of_losses(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing, mean=lambda losses, counts: losses[counts].sum())


@mistake(CROSS_ENTROPY_FORWARD, "exp of a large logit overflows",
         "Take each row's largest logit away before the exponential: nothing changes but that it fits into a float.")
def no_shift(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  log_probs=lambda rows: rows - np.log(np.exp(rows).sum(-1, keepdims=True)))


@mistake(CROSS_ENTROPY_FORWARD, "logarithm of a probability that was rounded to 0",
         "Softmax first and the logarithm later is too late: a tiny probability has become 0, and log 0 is -inf. Use "
         "log-sum-exp minus the logit.")
def two_steps(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  log_probs=lambda rows: np.log(np.exp(log_softmax(rows))))


@mistake(CROSS_ENTROPY_FORWARD, "label_smoothing makes no difference",
         "The last argument is not used. The truth gets 1 - label_smoothing, and label_smoothing is spread over all "
         "tokens.")
def not_smoothed(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  truth=lambda at_truth, everywhere, rows, smoothing: at_truth)


@mistake(CROSS_ENTROPY_FORWARD, "spread over the other tokens only",
         "You gave label_smoothing / (V - 1) to the wrong tokens and nothing of it to the true one. It is spread over "
         "all V tokens, the true one included: a plain mean over the row.")
def others_only(logits, targets, ignore_index=-100, label_smoothing=0.0):
    def bracket(at_truth, everywhere, rows, smoothing):
        others = (rows.sum(-1) - at_truth) / max(rows.shape[-1] - 1, 1)
        return (1 - smoothing) * at_truth + smoothing * others
    return answer(logits, targets, ignore_index, label_smoothing, truth=bracket)


@mistake(CROSS_ENTROPY_FORWARD, "the truth kept all of its share",
         "You added the smoothing without taking it from the truth, so the shares add up to more than 1. The truth "
         "keeps 1 - label_smoothing.")
def more_than_one(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  truth=lambda at_truth, everywhere, rows, smoothing: at_truth + smoothing * everywhere)


@mistake(CROSS_ENTROPY_FORWARD, "summed over the tokens instead of spread",
         "Each token gets label_smoothing / V, so the second part is label_smoothing times the mean of the row, not "
         "its sum.")
def row_sum(logits, targets, ignore_index=-100, label_smoothing=0.0):
    def bracket(at_truth, everywhere, rows, smoothing):
        return (1 - smoothing) * at_truth + smoothing * rows.sum(-1)
    return answer(logits, targets, ignore_index, label_smoothing, truth=bracket)


@mistake(CROSS_ENTROPY_FORWARD, "the two shares changed places",
         "The truth got label_smoothing and the mean of all tokens the rest. It is the other way round: smoothing is "
         "the small part.")
def swapped(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  truth=lambda at_truth, everywhere, rows, share: share * at_truth + (1 - share) * everywhere)


@mistake(CROSS_ENTROPY_FORWARD, "weights without the mean",
         "Your weights are 1 where a place counts. They say how much each place counts in the mean: 1 over the number "
         "of places that count.")
def weights_of_one(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  keep=lambda logits, targets, counts: {"weights": counts.astype(float)})


@mistake(CROSS_ENTROPY_FORWARD, "weights over all places",
         "Each weight is 1 over the number of places that count, not over the number of all places.")
def weights_over_all(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  keep=lambda logits, targets, counts: {"weights": counts / counts.size})


@mistake(CROSS_ENTROPY_FORWARD, "the ignore index is still in the cache",
         "The backward will index with these targets, and the ignore index is no token. Keep the targets with 0 where "
         "a place does not count; its weight of 0 does the rest.")
def raw_targets(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  keep=lambda logits, targets, counts: {"targets": targets.reshape(-1)})


@mistake(CROSS_ENTROPY_FORWARD, "logits in the cache instead of probabilities",
         "The backward needs the probabilities. Keep the softmax of the logits.")
def keeps_logits(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  keep=lambda logits, targets, counts: {"probs": logits.copy()})


@mistake(CROSS_ENTROPY_FORWARD, "logarithms in the cache instead of probabilities",
         "You kept the logarithms of the probabilities. The backward subtracts the truth from the probabilities "
         "themselves: np.exp once more.")
def keeps_logs(logits, targets, ignore_index=-100, label_smoothing=0.0):
    return answer(logits, targets, ignore_index, label_smoothing,
                  keep=lambda logits, targets, counts: {"probs": log_softmax(logits)})


@mistake(CROSS_ENTROPY_FORWARD, "probabilities lost their shape",
         "The cache holds the probabilities as rows (N, V). Give them back the shape of the logits, so that the "
         "gradient will have it too: probs.reshape(logits.shape).")
def flat_probs(logits, targets, ignore_index=-100, label_smoothing=0.0):
    def flatten(logits, targets, counts):
        return {"probs": np.exp(log_softmax(logits)).reshape(-1, logits.shape[-1])}
    return answer(logits, targets, ignore_index, label_smoothing, keep=flatten)
