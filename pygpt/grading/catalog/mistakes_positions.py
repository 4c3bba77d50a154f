"""Wrong answers to 03.1 sinusoid_table and 03.4 alibi_bias, each as people really write it.  T queries  S keys"""

import numpy as np

from ..exercise import mistake, variant

SINUSOID_TABLE, ALIBI_BIAS = [], []


# 03.1 ---------------------------------------------------------------------------------------------------------------

def angles_of(n_position, width):
    return np.arange(n_position)[:, None] / 10000 ** (np.arange(0, width, 2) / width)


def woven(sines, cosines, n_position, width):
    """The first array in the even columns, the second in the odd."""
    table = np.zeros((n_position, width))
    table[:, 0::2], table[:, 1::2] = sines, cosines[:, :width // 2]
    return table


def filled(angles, n_position, width):
    return woven(np.sin(angles), np.cos(angles), n_position, width)


@mistake(SINUSOID_TABLE, "sines in one half, cosines in the other",
         "You put all sines first and all cosines after them. Here they take turns: sines in columns 0, 2, 4, ..., "
         "cosines in 1, 3, 5, ... Fill table[:, 0::2] and table[:, 1::2].")
def concatenated(n_position, width):
    angles = angles_of(n_position, width)
    return np.concatenate([np.sin(angles), np.cos(angles[:, :width // 2])], axis=1)


@mistake(SINUSOID_TABLE, "sine and cosine swapped",
         "Position 0 has all angles 0, and its row should start 0, 1: the sine comes first, in the even columns.")
def swapped(n_position, width):
    angles = angles_of(n_position, width)
    return woven(np.cos(angles), np.sin(angles), n_position, width)


@mistake(SINUSOID_TABLE, "exponent i instead of 2i",
         "Pair i turns by 10000 ** (-2i / width): the exponents are 0, 2, 4, ... over the width. Yours go up half as "
         "fast, so the slow pairs are too fast. np.arange(0, width, 2) counts in twos.")
def exponent_too_small(n_position, width):
    angles = np.arange(n_position)[:, None] / 10000 ** (np.arange((width + 1) // 2) / width)
    return filled(angles, n_position, width)


@mistake(SINUSOID_TABLE, "every column a speed of its own",
         "A sine and its cosine must turn together, or they are no clock hand: columns 2i and 2i + 1 share one angle. "
         "Take the exponent from the even columns only: np.arange(0, width, 2).")
def no_shared_angle(n_position, width):
    angles = np.arange(n_position)[:, None] / 10000 ** (np.arange(width) / width)
    return woven(np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2]), n_position, width)


@mistake(SINUSOID_TABLE, "multiplied instead of divided",
         "Your later pairs turn faster and faster. They should turn more slowly: divide the position by 10000 ** (2i / "
         "width).")
def faster_and_faster(n_position, width):
    angles = np.arange(n_position)[:, None] * 10000 ** (np.arange(0, width, 2) / width)
    return filled(angles, n_position, width)


@mistake(SINUSOID_TABLE, "10000 times instead of 10000 to the power",
         "The speeds fall by the same factor from pair to pair: 10000 ** (2i / width), with two stars.")
def times_not_power(n_position, width):
    angles = np.arange(n_position)[:, None] / np.maximum(10000 * np.arange(0, width, 2) / width, 1)
    return filled(angles, n_position, width)


@mistake(SINUSOID_TABLE, "positions counted from 1",
         "The first position is 0, so the first row is 0, 1, 0, 1, ... Use np.arange(n_position).")
def from_one(n_position, width):
    return filled(angles_of(n_position + 1, width)[1:], n_position, width)


@mistake(SINUSOID_TABLE, "positions and width swapped",
         "Each position is a row and each coordinate a column: the shape is (n_position, width). Make the positions a "
         "column, [:, None], and the speeds a row.")
def transposed(n_position, width):
    return filled(angles_of(n_position, width), n_position, width).T


@mistake(SINUSOID_TABLE, "degrees instead of radians",
         "np.sin takes radians already. Give it the angle as it is.")
def in_degrees(n_position, width):
    return filled(np.deg2rad(angles_of(n_position, width)), n_position, width)


@mistake(SINUSOID_TABLE, "sines only",
         "A sine alone cannot tell 10 degrees from 170. Its cosine can: put np.cos of the same angles into the odd "
         "columns.")
def sines_only(n_position, width):
    angles = angles_of(n_position, width)
    return woven(np.sin(angles), np.sin(angles), n_position, width)


@variant(SINUSOID_TABLE)
def odd_columns_empty(n_position, width):
    angles = angles_of(n_position, width)
    return woven(np.sin(angles), 0 * angles, n_position, width)


# 03.4 ---------------------------------------------------------------------------------------------------------------

def distance(n_query, n_key, first=None):
    """(T, S) query position minus key position; the first query stands at `first`."""
    first = n_key - n_query if first is None else first
    return np.arange(first, first + n_query)[:, None] - np.arange(n_key)[None, :]


def slopes(n_head):
    return 2.0 ** (-8 * np.arange(1, n_head + 1) / n_head)[:, None, None]


@mistake(ALIBI_BIAS, "distance rewarded instead of punished",
         "Your bias grows with the distance, so far keys would get the most attention. Put a minus in front.")
def positive(n_head, n_query, n_key=None):
    return slopes(n_head) * np.maximum(distance(n_query, n_key or n_query), 0)


@mistake(ALIBI_BIAS, "slopes on a straight line",
         "Slopes fall by the same factor from head to head, not by the same amount: 2 ** (-8 * (h + 1) / n_head).")
def linear_slopes(n_head, n_query, n_key=None):
    line = (np.arange(1, n_head + 1) / n_head)[:, None, None]
    return -line * np.maximum(distance(n_query, n_key or n_query), 0)


@variant(ALIBI_BIAS)
def linear_slopes_from_one_down(n_head, n_query, n_key=None):
    line = np.linspace(2 ** (-8 / n_head), 2 ** -8, n_head)[:, None, None]
    return -line * np.maximum(distance(n_query, n_key or n_query), 0)


@variant(ALIBI_BIAS)
def linear_slopes_down(n_head, n_query, n_key=None):
    line = (1 - np.arange(n_head) / n_head)[:, None, None]
    return -line * np.maximum(distance(n_query, n_key or n_query), 0)


@mistake(ALIBI_BIAS, "slopes start one head too early",
         "Your first slope is 2^0 = 1. Count the heads from 1 in the exponent: the first slope is 2^(-8/H), the last "
         "2^-8.")
def slopes_from_zero(n_head, n_query, n_key=None):
    early = 2.0 ** (-8 * np.arange(n_head) / n_head)[:, None, None]
    return -early * np.maximum(distance(n_query, n_key or n_query), 0)


@mistake(ALIBI_BIAS, "slopes that do not know how many heads there are",
         "1/2, 1/4, 1/8, ... are the slopes of eight heads. With H heads the same range is cut into H steps: the "
         "exponent is -8 * (h + 1) / n_head.")
def slopes_of_eight_heads(n_head, n_query, n_key=None):
    halves = 2.0 ** -np.arange(1, n_head + 1)[:, None, None]
    return -halves * np.maximum(distance(n_query, n_key or n_query), 0)


@variant(ALIBI_BIAS)
def slopes_of_eight_and_more(n_head, n_query, n_key=None):
    powers = 2.0 ** (-8.0 * np.arange(1, n_head + 1))[:, None, None]
    return -powers * np.maximum(distance(n_query, n_key or n_query), 0)


@mistake(ALIBI_BIAS, "one slope for all heads",
         "All your heads look equally far. Each needs a slope of its own: (H, 1, 1) times (T, S) gives (H, T, S).")
def one_slope(n_head, n_query, n_key=None):
    same = np.full((n_head, 1, 1), 2.0 ** (-8 / n_head))
    return -same * np.maximum(distance(n_query, n_key or n_query), 0)


@mistake(ALIBI_BIAS, "distance counted into the future",
         "Your past is 0 and your future is not. The distance is the query's position minus the key's: rows are "
         "queries, so query[:, None] - key[None, :].")
def reversed_distance(n_head, n_query, n_key=None):
    return -slopes(n_head) * np.maximum(-distance(n_query, n_key or n_query), 0)


@mistake(ALIBI_BIAS, "a reward for the future",
         "Keys after the query have a negative distance, and minus a negative is a bonus. The mask hides them, so here "
         "they get 0: np.maximum(distance, 0).")
def future_rewarded(n_head, n_query, n_key=None):
    return -slopes(n_head) * distance(n_query, n_key or n_query)


@mistake(ALIBI_BIAS, "the future is punished too",
         "Keys after the query should get 0: the mask takes care of them. Cut the distance off at 0 with np.maximum, "
         "rather than taking np.abs.")
def both_directions(n_head, n_query, n_key=None):
    return -slopes(n_head) * np.abs(distance(n_query, n_key or n_query))


@mistake(ALIBI_BIAS, "the mask mixed in",
         "Your future is -inf. That is the causal mask's work, and it is added beside the bias. Here the future is 0.")
def with_mask(n_head, n_query, n_key=None):
    far = distance(n_query, n_key or n_query)
    return np.where(far < 0, -np.inf, -slopes(n_head) * far)


@mistake(ALIBI_BIAS, "queries placed at the start instead of the end",
         "With more keys than queries, the extra keys are the past: the queries are the last of the positions. Query "
         "t stands at position n_key - n_query + t.")
def queries_first(n_head, n_query, n_key=None):
    return -slopes(n_head) * np.maximum(distance(n_query, n_key or n_query, first=0), 0)


@mistake(ALIBI_BIAS, "n_key ignored",
         "The bias has one column for each key. When n_key is given, the shape is (n_head, n_query, n_key).")
def always_square(n_head, n_query, n_key=None):
    return -slopes(n_head) * np.maximum(distance(n_query, n_query), 0)


@mistake(ALIBI_BIAS, "heads in the last axis",
         "Heads come first: (H, T, S). Give the slopes the shape (H, 1, 1): slopes[:, None, None].")
def heads_last(n_head, n_query, n_key=None):
    return np.moveaxis(-slopes(n_head) * np.maximum(distance(n_query, n_key or n_query), 0), 0, -1)
