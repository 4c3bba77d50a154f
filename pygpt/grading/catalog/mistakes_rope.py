"""Wrong answers to 03.2 rope_forward and 03.3 rope_backward, each as people really write it.  T positions  D width"""

import numpy as np

from ..exercise import mistake, variant

ROPE_FORWARD, ROPE_BACKWARD = [], []
OTHER = {"half": "interleaved", "interleaved": "half"}


def places(width, pairs):
    half = width // 2
    return (slice(half), slice(half, None)) if pairs == "half" else (slice(0, None, 2), slice(1, None, 2))


def turned(x, cos, sin, pairs, back_to=None):
    """The right rotation; with `back_to`, the results are put where that pairing has them."""
    first, second = places(x.shape[-1], pairs)
    put_first, put_second = places(x.shape[-1], back_to or pairs)
    y = np.empty_like(x)
    y[..., put_first] = x[..., first] * cos - x[..., second] * sin
    y[..., put_second] = x[..., first] * sin + x[..., second] * cos
    return y


def overwritten(x, cos, sin, pairs):
    first, second = places(x.shape[-1], pairs)
    y = x.copy()
    y[..., first] = y[..., first] * cos - y[..., second] * sin
    y[..., second] = y[..., first] * sin + y[..., second] * cos
    return y


def combined(x, cos, sin, pairs, signs):
    """first * cos and second * sin with any signs: (first's sin, second's sin)."""
    first, second = places(x.shape[-1], pairs)
    y = np.empty_like(x)
    y[..., first] = x[..., first] * cos + signs[0] * x[..., second] * sin
    y[..., second] = signs[1] * x[..., first] * sin + x[..., second] * cos
    return y


# 03.2 ---------------------------------------------------------------------------------------------------------------

@mistake(ROPE_FORWARD, "turned the wrong way",
         "Your pairs turn clockwise. A quarter turn takes (1, 0) to (0, 1): the minus belongs to the first coordinate, "
         "x0 cos - x1 sin, and the second is x0 sin + x1 cos.")
def clockwise(x, cos, sin, pairs="half"):
    return turned(x, cos, -sin, pairs), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "a wrong sign in one of the two lines",
         "A rotation has one minus. With two or none the pair changes its length, and scores no longer depend on the "
         "distance alone: x0 cos - x1 sin, then x0 sin + x1 cos.")
def no_minus(x, cos, sin, pairs="half"):
    return combined(x, cos, sin, pairs, (1, 1)), (cos, sin, pairs)


@variant(ROPE_FORWARD)
def two_minuses(x, cos, sin, pairs="half"):
    return combined(x, cos, sin, pairs, (-1, -1)), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "the second coordinate made from the new first one",
         "Your first line overwrote the first coordinate, and the second line used the new value. Both lines need the "
         "old ones: read from x, write to another array.")
def from_overwritten(x, cos, sin, pairs="half"):
    return overwritten(x, cos, sin, pairs), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "the two pairings swapped",
         '"half" turns coordinate i with i + D/2, "interleaved" turns 2i with 2i + 1. Yours are the other way round.')
def other_pairing(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, OTHER[pairs]), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "pairs ignored: always half",
         'You turn coordinate i with i + D/2 whatever `pairs` says. For "interleaved" neighbours turn together: take '
         "x[..., 0::2] and x[..., 1::2].")
def always_half(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, "half"), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "pairs ignored: always interleaved",
         'You turn neighbours whatever `pairs` says. For "half" coordinate i turns with i + D/2: take the left and the '
         "right half of the last axis.")
def always_interleaved(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, "interleaved"), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "results put back in the order of the other pairing",
         "You turned the right pairs and wrote them to other places. Each result goes back to where its coordinate "
         "came from: halves are joined with concatenate, neighbours are woven.")
def put_elsewhere(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, pairs, back_to=OTHER[pairs]), (cos, sin, pairs)


@variant(ROPE_FORWARD)
def always_joined(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, pairs, back_to="half"), (cos, sin, pairs)


@variant(ROPE_FORWARD)
def always_woven(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, pairs, back_to="interleaved"), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "the same angle at every position",
         "Every position of yours is turned alike. Row t of cos and sin belongs to position t: multiply the whole "
         "tables (T, D/2), and broadcasting does the rest.")
def last_angle_for_all(x, cos, sin, pairs="half"):
    return turned(x, cos[-1], sin[-1], pairs), (cos, sin, pairs)


@variant(ROPE_FORWARD)
def first_angle_for_all(x, cos, sin, pairs="half"):
    return turned(x, cos[0], sin[0], pairs), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "the same angle for every pair",
         "All your pairs turn equally fast. Column i of cos and sin belongs to pair i: the fast pairs tell neighbours "
         "apart, the slow ones far places.")
def first_pair_for_all(x, cos, sin, pairs="half"):
    return turned(x, cos[:, :1], sin[:, :1], pairs), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "tables widened for the other pairing",
         "You widened cos and sin to D columns in the wrong order, so coordinates of one pair got different angles. "
         'For "half" the table stands twice side by side (tile), for "interleaved" each column is doubled (repeat).')
def widened_wrongly(x, cos, sin, pairs="half"):
    def widen(table):
        return np.repeat(table, 2, -1) if pairs == "half" else np.concatenate([table, table], -1)
    first, second = places(x.shape[-1], pairs)
    other = np.empty_like(x)
    other[..., first], other[..., second] = -x[..., second], x[..., first]
    return x * widen(cos) + other * widen(sin), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "cos and sin swapped",
         "Position 0 has angle 0 and must stay as it is: cosine 1 keeps a coordinate, sine 0 brings nothing of the "
         "other.")
def swapped_tables(x, cos, sin, pairs="half"):
    return turned(x, sin, cos, pairs), (cos, sin, pairs)


@mistake(ROPE_FORWARD, "cached something other than cos, sin and pairs",
         "The backward pass turns back, and for that it needs cos, sin and pairs, in this order. A rotation's gradient "
         "does not depend on x.")
def cached_input(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, pairs), (x, cos, sin)


@variant(ROPE_FORWARD)
def cached_backwards(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, pairs), (sin, cos, pairs)


@variant(ROPE_FORWARD)
def cached_minus_sin(x, cos, sin, pairs="half"):
    return turned(x, cos, sin, pairs), (cos, -sin, pairs)


# 03.3 ---------------------------------------------------------------------------------------------------------------

@mistake(ROPE_BACKWARD, "turned forward once more",
         "Your gradient goes on turning the same way, so it ends at twice the angle. Going back means the angle with a "
         "minus: cos stays, sin becomes -sin.")
def forward_again(dy, cache):
    return turned(dy, *cache)


@mistake(ROPE_BACKWARD, "a minus in front of everything",
         "A minus turns by 180 degrees. Turning back by the angle changes the sign of the sine only: -sin, and cos as "
         "it is.")
def negated(dy, cache):
    return -turned(dy, *cache)


@mistake(ROPE_BACKWARD, "minus on the cosine instead of the sine",
         "cos(-a) = cos(a) and sin(-a) = -sin(a). So the minus belongs to sin.")
def negative_cosine(dy, cache):
    cos, sin, pairs = cache
    return turned(dy, -cos, sin, pairs)


@mistake(ROPE_BACKWARD, "a wrong sign in one of the two lines",
         "A rotation back has one minus, in the second line now: dx0 = dy0 cos + dy1 sin, dx1 = -dy0 sin + dy1 cos.")
def no_minus_back(dy, cache):
    return combined(dy, *cache, (1, 1))


@variant(ROPE_BACKWARD)
def two_minuses_back(dy, cache):
    return combined(dy, *cache, (-1, -1))


@mistake(ROPE_BACKWARD, "the second coordinate made from the new first one",
         "Your first line overwrote the first coordinate, and the second line used the new value. Both lines need the "
         "old ones: read from dy, write to another array.")
def from_overwritten_back(dy, cache):
    cos, sin, pairs = cache
    return overwritten(dy, cos, -sin, pairs)


@mistake(ROPE_BACKWARD, "pairs ignored: always half",
         'The cache says which coordinates turned together. For "interleaved" these are neighbours.')
def always_half_back(dy, cache):
    cos, sin, _ = cache
    return turned(dy, cos, -sin, "half")


@mistake(ROPE_BACKWARD, "pairs ignored: always interleaved",
         'The cache says which coordinates turned together. For "half" these are i and i + D/2.')
def always_interleaved_back(dy, cache):
    cos, sin, _ = cache
    return turned(dy, cos, -sin, "interleaved")


@mistake(ROPE_BACKWARD, "the two pairings swapped",
         '"half" turned coordinate i with i + D/2, "interleaved" 2i with 2i + 1. Go back along the same pairs.')
def other_pairing_back(dy, cache):
    cos, sin, pairs = cache
    return turned(dy, cos, -sin, OTHER[pairs])


@mistake(ROPE_BACKWARD, "gradient passed through unturned",
         "Each coordinate of x went into two coordinates of y, so its gradient comes from both. Turn dy back.")
def unturned(dy, cache):
    return dy.copy()


@mistake(ROPE_BACKWARD, "only each coordinate's own way back",
         "dy * cos is half of it. The first coordinate also went into the second, and the second into the first: the "
         "sine terms are missing.")
def cosines_only(dy, cache):
    cos, sin, pairs = cache
    return turned(dy, cos, 0 * sin, pairs)
