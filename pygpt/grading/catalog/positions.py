"""The exercises of 03_positions: the sinusoid table, RoPE forward and backward, ALiBi's bias.

T queries  S keys  D width of a head  H heads

The references take one number at a time: sines from `math`, rotations as products of complex numbers.
"""

import math

import numpy as np

from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal
from ..reference import central_differences
from . import mistakes_positions, mistakes_rope

NOTEBOOK = "03_positions"


# 03.1 ---------------------------------------------------------------------------------------------------------------

def sinusoid_reference(n_position, width):
    table = np.zeros((n_position, width))
    for t in range(n_position):
        for column in range(width):
            angle = t / math.pow(10000.0, (column - column % 2) / width)
            table[t, column] = math.cos(angle) if column % 2 else math.sin(angle)
    return table


def sinusoid_case(n_position, width):
    return Case(f"sinusoid_table({n_position}, {width})", lambda: (n_position, width))


SINUSOID_TABLE = Exercise(
    id="03.1", title="The sinusoid table", function="sinusoid_table",
    signature="sinusoid_table(n_position, width) -> table",
    difficulty="easy", minutes=12, notebook=NOTEBOOK, section="Sinusoidal positions",
    hints=("Each pair of columns is a clock hand: the even column is its sine, the odd one its cosine. The hand of the "
           "first pair turns by 1 radian a position, and each further pair turns more slowly.",
           "First the angles, one column for each pair: positions as a column, over 10000 ** (2i / width). Then fill "
           "the even columns of an empty table with sines, the odd ones with cosines: table[:, 0::2] and table[:, "
           "1::2].",
           "angles = np.arange(n_position)[:, None] / 10000 ** (np.arange(0, width, 2) / width); table[:, 0::2] = "
           "np.sin(angles); table[:, 1::2] = np.cos(angles[:, :width // 2])"),
    example="sinusoid_table(2, 4): the pairs turn by 1 and 1/100 radian. Row 0 is [0, 1, 0, 1], row 1 is "
            "[sin 1, cos 1, sin 0.01, cos 0.01] = [0.841, 0.540, 0.010, 1.000].",
    part="pygpt.tables.sinusoid_table",
    outputs="table", reference=sinusoid_reference, mistakes=tuple(mistakes_positions.SINUSOID_TABLE),
    stages=(
        Stage("position 0", "All angles are 0: sines 0, cosines 1, in turn.", (sinusoid_case(1, 6),)),
        Stage("one pair", "With width 2 there is one pair, and it turns by 1 radian a position.",
              (sinusoid_case(3, 2), sinusoid_case(7, 2))),
        Stage("more pairs", "Each further pair turns more slowly.", (sinusoid_case(2, 4), sinusoid_case(5, 8))),
        Stage("more sizes", "Rows are positions, columns are the width.", (sinusoid_case(7, 10), sinusoid_case(12, 6))),
        Stage("odd width", "An odd width ends with a sine that has no cosine.",
              (sinusoid_case(5, 3), sinusoid_case(3, 7), sinusoid_case(1, 1))),
        Stage("far away", "Position 5000 is as easy as position 5.", (sinusoid_case(5000, 6),)),
    ))


# 03.2 ---------------------------------------------------------------------------------------------------------------

def angle_tables(n_position, n_pair, seed=None):
    """cos and sin (T, D/2) of RoPE's angles; with a seed, of any angles, as a table for other positions would hold."""
    if seed is None:
        angles = [[t / math.pow(10000.0, i / n_pair) for i in range(n_pair)] for t in range(n_position)]
    else:
        angles = normal(seed, n_position, n_pair, scale=2.0)
    angles = np.array(angles, dtype=float)
    return np.cos(angles), np.sin(angles)


def pair_places(width, pairs):
    """[(place of the first coordinate, of the second), ...] of every pair."""
    if pairs == "half":
        return [(i, i + width // 2) for i in range(width // 2)]
    return [(2 * i, 2 * i + 1) for i in range(width // 2)]


def turn(x, cos, sin, pairs):
    """Each pair as a complex number, times cos + i sin."""
    y = np.zeros(x.shape)
    for at in np.ndindex(x.shape[:-1]):
        for i, (a, b) in enumerate(pair_places(x.shape[-1], pairs)):
            turned = complex(x[at][a], x[at][b]) * complex(cos[at[-1], i], sin[at[-1], i])
            y[at][a], y[at][b] = turned.real, turned.imag
    return y


def rope_reference(x, cos, sin, pairs="half"):
    return turn(x, cos, sin, pairs), (cos, sin, pairs)


def rope_case(seed, *shape, pairs=None, angles=None, look=("y",)):
    x, (cos, sin) = normal(seed, *shape), angle_tables(shape[-2], shape[-1] // 2, angles)
    more = () if pairs is None else (pairs,)
    words = label(x=x, cos=cos, sin=sin) + (f", pairs={pairs!r}" if pairs else "")
    return Case(words, lambda: (x.copy(), cos.copy(), sin.copy(), *more), look=look)


def quarter_turns():
    """Positions 0 to 4 of one pair that turns by 90 degrees a position."""
    return np.array([[1.0], [0], [-1], [0], [1]]), np.array([[0.0], [1], [0], [-1], [0]])


def two(result):
    return result if isinstance(result, tuple) and len(result) == 2 else (result, None)


SHIFTED = "scores at positions 2 .. 6 minus scores at positions 0 .. 4"


def moves_with_the_text(f, q, k, cos, sin, pairs):
    """Rotate the same queries and keys at positions 0 .. 4, then at 2 .. 6. Only distances count, so scores stay."""
    scores = []
    for start in (0, 2):
        rows = slice(start, start + len(q))
        turned_q, turned_k = (np.asarray(two(f(x, cos[rows], sin[rows], pairs))[0]) for x in (q, k))
        scores.append(turned_q @ turned_k.T)
    return {SHIFTED: np.where(np.abs(scores[1] - scores[0]) < 1e-4, 0.0, scores[1] - scores[0])}


def shift_case(pairs):
    q, k, (cos, sin) = normal(90, 5, 6), normal(91, 5, 6), angle_tables(7, 3)
    return Case(f"{label(q=q, k=k)}, pairs={pairs!r}", lambda: (q.copy(), k.copy(), cos.copy(), sin.copy(), pairs),
                observe=moves_with_the_text, expect=lambda *_: {SHIFTED: np.zeros((5, 5))})


def quarter_case(pairs):
    return Case(f"x (5, 2), quarter turns, pairs={pairs!r}",
                lambda: (np.array([[1.0, 0.0]] * 4 + [[3.0, 2.0]]), *quarter_turns(), pairs), look=("y",))


ROPE_FORWARD = Exercise(
    id="03.2", title="RoPE", function="rope_forward",
    signature='rope_forward(x, cos, sin, pairs="half") -> (y, (cos, sin, pairs))',
    difficulty="medium", minutes=20, notebook=NOTEBOOK, section="RoPE",
    hints=("Two coordinates are a point in the plane. Turn the point of pair i at position t by the angle whose cosine "
           "and sine stand in row t, column i of the tables.",
           'Take the first and the second coordinates of all pairs as two arrays (..., T, D/2): for "half" the left '
           'and the right half of the last axis, for "interleaved" every second coordinate from 0 and from 1. Turn, '
           "and put the results back into the same places of a new array.",
           "first, second = (slice(D // 2), slice(D // 2, None)) or (slice(0, None, 2), slice(1, None, 2)); y[..., "
           "first] = x[..., first] * cos - x[..., second] * sin; y[..., second] = x[..., first] * sin + x[..., second] "
           "* cos"),
    example="One pair (1, 0) at positions 0, 1, 2, turned by 90 degrees a position: cos = [[1], [0], [-1]], sin = "
            "[[0], [1], [0]], so y = [[1, 0], [0, 1], [-1, 0]].",
    part="pygpt.in_numpy.functional.rope_forward",
    outputs=("y", ("cos", "sin", "pairs")), reference=rope_reference, mistakes=tuple(mistakes_rope.ROPE_FORWARD),
    stages=(
        Stage("quarter turns", "One pair, turned by 90 degrees a position.",
              (quarter_case("half"), quarter_case("interleaved"))),
        Stage("one pair", "With D = 2 both pairings are the same.", (rope_case(71, 3, 2), rope_case(72, 1, 2))),
        Stage("half", "Coordinate i turns with coordinate i + D/2.",
              (rope_case(73, 5, 6), rope_case(74, 3, 10, pairs="half"))),
        Stage("interleaved", "Coordinate 2i turns with coordinate 2i + 1.",
              (rope_case(75, 5, 6, pairs="interleaved"), rope_case(76, 3, 10, pairs="interleaved"))),
        Stage("other tables", "The angles are those of the tables, row by row: a text may start at any position.",
              (rope_case(77, 5, 6, angles=78), rope_case(79, 7, 4, pairs="interleaved", angles=80))),
        Stage("batches", "Any axes in front, such as batch and heads, are carried along.",
              (rope_case(81, 2, 3, 5, 4), rope_case(82, 3, 2, 7, 6, pairs="interleaved"))),
        Stage("distance", "Scores of queries and keys must not change when both move by the same number of positions.",
              (shift_case("half"), shift_case("interleaved"))),
        Stage("cache", "The backward pass needs cos, sin and the pairing.",
              (rope_case(83, 5, 6, look=()), rope_case(84, 3, 4, pairs="interleaved", look=()))),
    ))


# 03.3 ---------------------------------------------------------------------------------------------------------------

def rope_backward_reference(dy, cache):
    cos, sin, pairs = cache
    return turn(dy, cos, -sin, pairs)


def rope_backward_case(seed, *shape, pairs="half", angles=None, scale=1.0, **more):
    dy, (cos, sin) = normal(seed, *shape, scale=scale), angle_tables(shape[-2], shape[-1] // 2, angles)
    return Case(f"{label(dy=dy, cos=cos, sin=sin)}, pairs={pairs!r}",
                lambda: (dy.copy(), (cos.copy(), sin.copy(), pairs)), **more)


def by_differences(dy, cache):
    """RoPE is linear, so its slope is the same at every x."""
    return {"dx": central_differences(lambda x: turn(x, *cache), normal(99, *dy.shape), dy)}


ROPE_BACKWARD = Exercise(
    id="03.3", title="RoPE backward", function="rope_backward", signature="rope_backward(dy, cache) -> dx",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="RoPE backward",
    hints=("A rotation is undone by rotating back, and its gradient goes the same way: back by the same angle.",
           "Write the two forward lines as a 2 x 2 matrix and transpose it. The cosines stay where they are; the two "
           "sines change places, so their signs do too. Cosine is even and sine is odd: -angle means cos and -sin.",
           "cos, sin, pairs = cache; return rope_forward(dy, cos, -sin, pairs)[0]"),
    example="One pair turned by 90 degrees: cos = [[0]], sin = [[1]]. y = (-x1, x0), so dy = [[5, 3]] comes back as "
            "dx = [[3, -5]].",
    part="pygpt.in_numpy.functional.rope_backward",
    outputs="dx", reference=rope_backward_reference, mistakes=tuple(mistakes_rope.ROPE_BACKWARD),
    stages=(
        Stage("a quarter turn", "One pair, turned by 90 degrees.",
              (Case("dy (1, 2), pairs='half'", lambda: (np.array([[5.0, 3.0]]), (np.array([[0.0]]), np.array([[1.0]]),
                                                                                "half"))),)),
        Stage("one pair", "With D = 2 both pairings are the same.",
              (rope_backward_case(101, 3, 2), rope_backward_case(102, 1, 2, angles=103))),
        Stage("half", "Coordinate i turns with coordinate i + D/2.",
              (rope_backward_case(104, 5, 6), rope_backward_case(105, 3, 10, angles=106))),
        Stage("interleaved", "Coordinate 2i turns with coordinate 2i + 1.",
              (rope_backward_case(107, 5, 6, pairs="interleaved"),
               rope_backward_case(108, 3, 10, pairs="interleaved", angles=109))),
        Stage("batches", "Any axes in front, such as batch and heads, are carried along.",
              (rope_backward_case(110, 2, 3, 5, 4), rope_backward_case(111, 3, 2, 7, 6, pairs="interleaved"))),
        Stage("small upstream", "The gradient grows and shrinks with dy.",
              (rope_backward_case(112, 5, 6, scale=1e-12),)),
        Stage("differences", "Nudge each number of x: the change of the forward pass must be the gradient.",
              (rope_backward_case(113, 3, 6, expect=by_differences),
               rope_backward_case(114, 5, 4, pairs="interleaved", expect=by_differences))),
    ))


# 03.4 ---------------------------------------------------------------------------------------------------------------

def alibi_reference(n_head, n_query, n_key=None):
    n_key = n_query if n_key is None else n_key
    bias = np.zeros((n_head, n_query, n_key))
    for head in range(n_head):
        slope = math.pow(0.5, 8 * (head + 1) / n_head)
        for t in range(n_query):
            for s in range(n_key - n_query + t):
                bias[head, t, s] = -slope * (n_key - n_query + t - s)
    return bias


def alibi_case(*sizes):
    return Case(f"alibi_bias({', '.join(map(str, sizes))})", lambda: sizes)


ALIBI_BIAS = Exercise(
    id="03.4", title="ALiBi's bias", function="alibi_bias", signature="alibi_bias(n_head, n_query, n_key=None) -> bias",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="ALiBi",
    hints=("The farther away a key, the more is taken off its score: minus a slope times the distance. Each head has a "
           "slope of its own.",
           "Two factors. The slopes (H, 1, 1): 2 to the power of -8 (h + 1) / n_head for h = 0, 1, ... The distances "
           "(T, S): query position minus key position, not below 0. With extra keys, the queries are the last ones.",
           "query = np.arange(n_key - n_query, n_key)[:, None]; distance = np.maximum(query - np.arange(n_key), 0); "
           "slopes = 2.0 ** (-8 * np.arange(1, n_head + 1) / n_head); return -slopes[:, None, None] * distance"),
    example="alibi_bias(2, 3): the slopes are 2^-4 = 1/16 and 2^-8 = 1/256. Head 0 is [[0, 0, 0], [-1/16, 0, 0], "
            "[-2/16, -1/16, 0]]; head 1 is the same with 256 for 16.",
    part="pygpt.tables.alibi_bias",
    outputs="bias", reference=alibi_reference, mistakes=tuple(mistakes_positions.ALIBI_BIAS),
    stages=(
        Stage("one head", "Minus slope times distance; with one head the slope is 2^-8.",
              (alibi_case(1, 1), alibi_case(1, 3))),
        Stage("slopes", "With H heads the slopes are 2^(-8/H), 2^(-16/H), ..., down to 2^-8.",
              (alibi_case(2, 3), alibi_case(4, 5), alibi_case(8, 3), alibi_case(16, 2))),
        Stage("more keys", "With n_key given, the queries are the last n_query of the positions.",
              (alibi_case(2, 3, 5), alibi_case(4, 1, 7), alibi_case(8, 5, 7))),
        Stage("n_key equal", "n_key = n_query is the square bias again.", (alibi_case(4, 5, 5),)),
        Stage("long", "A thousand positions away is a thousand slopes.", (alibi_case(2, 1, 1001),)),
    ))

EXERCISES = (SINUSOID_TABLE, ROPE_FORWARD, ROPE_BACKWARD, ALIBI_BIAS)
