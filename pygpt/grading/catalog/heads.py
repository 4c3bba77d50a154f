"""The exercises of 06_multi_head_attention: splitting heads, keys and values that heads share, and two masks.

B batch  T queries  S keys  C width  H query heads  D head width  G groups  R query heads in a group
"""

import numpy as np

from .. import reference
from ..exercise import Case, Exercise, Stage
from ..inputs import label, normal, token_ids
from . import mistakes_heads, mistakes_masks

NOTEBOOK = "06_multi_head_attention"


# 06.1 ---------------------------------------------------------------------------------------------------------------

def split_reference(x, n_head):
    """One number at a time: column c belongs to head c // D, where it is column c % D."""
    B, T, C = x.shape
    D = C // n_head
    heads = np.zeros((B, n_head, T, D))
    for b, t, c in np.ndindex(x.shape):
        heads[b, c // D, t, c % D] = x[b, t, c]
    return heads


def split_case(seed, B, T, n_head, D, **more):
    x = normal(seed, B, T, n_head * D)
    return Case(f"{label(x=x)}, n_head {n_head}", lambda: (x.copy(), n_head), **more)


MOVED = "positions that change, head by head"


def one_token_moves(f, x, n_head):
    """Change token 2; only position 2 of each head may change."""
    spoilt = x.copy()
    spoilt[:, 2] += 1.0
    before, after = np.asarray(f(x, n_head)), np.asarray(f(spoilt, n_head))
    return {MOVED: (before != after).any(-1)}


def only_position_2(x, n_head):
    B, T, _ = x.shape
    return {MOVED: np.broadcast_to(np.arange(T) == 2, (B, n_head, T))}


SPLIT_HEADS = Exercise(
    id="06.1", title="Split into heads", function="split_heads", signature="split_heads(x, n_head) -> heads",
    difficulty="easy", minutes=8, notebook=NOTEBOOK, section="From one head to many",
    hints=("A head is a slice of the columns: head h owns columns h D to (h + 1) D of every token. Nothing is "
           "computed, the numbers only get two axes for their column: which head, and which column of that head.",
           "Two steps. A reshape cuts the last axis in place: (B, T, C) -> (B, T, H, D), head first, as a head's "
           "columns lie side by side. Then a transpose swaps the axes of tokens and heads.",
           "return x.reshape(B, T, n_head, C // n_head).transpose(0, 2, 1, 3)"),
    example="x = [[[1, 2, 3, 4], [5, 6, 7, 8]]], n_head = 2: head 0 is [[1, 2], [5, 6]], head 1 is [[3, 4], [7, 8]].",
    outputs="heads", reference=split_reference, mistakes=tuple(mistakes_heads.SPLIT_HEADS),
    stages=(
        Stage("one token", "Head h owns columns h D to (h + 1) D.", (split_case(1, 1, 1, 3, 5),)),
        Stage("several tokens", "Each head holds its slice of every token.", (split_case(2, 1, 5, 3, 7),)),
        Stage("one head", "With one head only an axis is added.", (split_case(3, 1, 5, 1, 3),)),
        Stage("narrow heads", "As many heads as columns: every head has width 1.", (split_case(4, 1, 3, 7, 1),)),
        Stage("batches", "Every text of the batch is split alike.",
              (split_case(5, 3, 5, 7, 2), split_case(6, 3, 3, 3, 3), split_case(7, 1, 1, 1, 1))),
        Stage("one token changes", "Changing token 2 changes position 2 of every head, and nothing else.",
              (split_case(8, 2, 5, 3, 7, observe=one_token_moves, expect=only_position_2),)),
    ))


# 06.2 ---------------------------------------------------------------------------------------------------------------

def grouped_gradients(dy, cache):
    """Head by head with plain attention's reference; what head h sends to its keys is added to group h // R."""
    q, k, v, weights = cache
    R = q.shape[1] // k.shape[1]
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for b, h in np.ndindex(q.shape[:2]):
        g = h // R
        parts = reference.attention_gradients(dy[b, h], q[b, h], k[b, g], v[b, g], weights[b, h])
        dq[b, h] = parts[0]
        dk[b, g] += parts[1]
        dv[b, g] += parts[2]
    return dq, dk, dv


def grouped_forward(q, k, v, mask=None):
    """y and weights, head by head."""
    R = q.shape[1] // k.shape[1]
    y, weights = np.zeros(q.shape[:-1] + v.shape[-1:]), np.zeros(q.shape[:-1] + k.shape[-2:-1])
    for b, h in np.ndindex(q.shape[:2]):
        y[b, h], weights[b, h] = reference.attention(q[b, h], k[b, h // R], v[b, h // R], mask)
    return y, weights


def grouped_case(seed, shape, mask=None, look=(), scale=1.0, **more):
    """shape: B, G, R, T, S, D."""
    B, G, R, T, S, D = shape
    q, dy = normal(seed, B, G * R, T, D), normal(seed + 1, B, G * R, T, D, scale=scale)
    k, v = normal(seed + 2, B, G, S, D), normal(seed + 3, B, G, S, D)
    weights = grouped_forward(q, k, v, mask)[1]
    words = f"{label(dy=dy, q=q, k=k, v=v)}{'' if mask is None else ', causal mask'}"
    return Case(words, lambda: (dy.copy(), (q.copy(), k.copy(), v.copy(), weights.copy())), look=look, **more)


def by_differences(dy, cache):
    q, k, v, weights = cache
    mask, slope = np.where(weights[0, 0] == 0, -np.inf, 0.0), reference.central_differences
    return {"dq": slope(lambda x: grouped_forward(x, k, v, mask)[0], q, dy),
            "dk": slope(lambda x: grouped_forward(q, x, v, mask)[0], k, dy),
            "dv": slope(lambda x: grouped_forward(q, k, x, mask)[0], v, dy)}


GROUPED_BACKWARD = Exercise(
    id="06.2", title="Grouped attention backward", function="grouped_attention_backward",
    signature="grouped_attention_backward(dy, cache) -> (dq, dk, dv)",
    difficulty="hard", minutes=25, notebook=NOTEBOOK, section="The way back through a group",
    hints=("One key serves the R query heads of its group, so R gradients come back to it. What is used several times "
           "gets the sum of what comes back. A query head belongs to one head only: nothing to sum.",
           "Heads of a group stand side by side, so q.reshape(B, G, R, T, D) puts them on an axis of their own; do the "
           "same with dy and weights. Give k and v an axis of length 1 in R's place: k[:, :, None]. Now "
           "attention_backward fits. Then sum dk and dv over axis 2, and put dq back into the shape of q.",
           "dq, dk, dv = attention_backward(dy.reshape(B, G, R, T, D), (grouped q, k[:, :, None], v[:, :, None], "
           "grouped weights)); return dq.reshape(q.shape), dk.sum(2), dv.sum(2)"),
    example="H = 2, G = 1, one query, one key, D = 1: the only weight is 1 in both heads. With dy = 3 in head 0 and "
            "dy = -1 in head 1, dv = 3 - 1 = 2; dq and dk are 0, as a lone weight cannot change.",
    outputs=("dq", "dk", "dv"), reference=grouped_gradients, mistakes=tuple(mistakes_heads.GROUPED_BACKWARD),
    stages=(
        Stage("one head each", "With as many key heads as query heads it is the backward of 05.5, head by head.",
              (grouped_case(20, (1, 3, 1, 5, 5, 7)),)),
        Stage("dv of one group", "The values serve all heads: their gradients add up.",
              (grouped_case(24, (1, 1, 3, 5, 5, 1), look=("dv",)),)),
        Stage("dk of one group", "So do the keys.", (grouped_case(28, (1, 1, 3, 5, 5, 1), look=("dk",)),)),
        Stage("dq of one group", "Every query head keeps a gradient of its own.",
              (grouped_case(32, (1, 1, 3, 5, 5, 7), look=("dq",)),)),
        Stage("several groups", "Heads 0 .. R - 1 share key head 0, the next R share key head 1, and so on.",
              (grouped_case(36, (1, 3, 2, 5, 5, 7), look=("dq",)), grouped_case(36, (1, 3, 2, 5, 5, 7)),
               grouped_case(40, (1, 3, 3, 5, 5, 7)))),
        Stage("more keys", "T = 3 queries, S = 5 keys.", (grouped_case(44, (1, 3, 2, 3, 5, 7)),)),
        Stage("masked batches", "Texts of a batch stay apart; hidden keys get nothing.",
              (grouped_case(48, (2, 3, 5, 5, 5, 7), reference.causal_mask(5)), grouped_case(52, (1, 1, 1, 1, 1, 1)))),
        Stage("small upstream", "The gradients grow and shrink with dy.",
              (grouped_case(56, (1, 3, 2, 5, 5, 3), scale=1e-12),)),
        Stage("differences", "Nudge each number of q, k and v: the change of the forward pass must be the gradient.",
              (grouped_case(60, (1, 2, 3, 3, 3, 2), reference.causal_mask(3), expect=by_differences),)),
    ))


# 06.3 ---------------------------------------------------------------------------------------------------------------

def window_reference(n_query, n_key, window):
    mask = np.full((n_query, n_key), -np.inf)
    for t in range(n_query):
        here = n_key - n_query + t
        for s in range(max(0, here - window + 1), here + 1):
            mask[t, s] = 0.0
    return mask


def window_case(*sizes):
    return Case(f"window_mask{sizes}", lambda: sizes)


WINDOW_MASK = Exercise(
    id="06.3", title="Window mask", function="window_mask", signature="window_mask(n_query, n_key, window) -> mask",
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="Masks as data",
    hints=("A window is a causal mask that also forgets: a token sees itself and the window - 1 tokens before it.",
           "Make a column of query positions and a row of key positions, as for the causal mask; with extra keys the "
           "queries are the last ones. A key is visible when it is not after the query, and less than `window` back.",
           "query = np.arange(n_key - n_query, n_key)[:, None]; key = np.arange(n_key); "
           "np.where((key <= query) & (key > query - window), 0.0, -np.inf)"),
    example="window_mask(3, 3, 2) is [[0, -inf, -inf], [0, 0, -inf], [-inf, 0, 0]]: the last token has lost sight of "
            "the first.",
    part="pygpt.tables.window_mask",
    outputs="mask", reference=window_reference, mistakes=tuple(mistakes_masks.WINDOW_MASK),
    stages=(
        Stage("wide window", "A window as long as the text hides nothing but the future.",
              (window_case(3, 3, 3), window_case(5, 5, 9))),
        Stage("window of 1", "A token that sees itself and nothing else.",
              (window_case(1, 1, 1), window_case(3, 3, 1))),
        Stage("square", "Row t holds 0 in column t and in the window - 1 columns before it.",
              (window_case(5, 5, 2), window_case(7, 7, 3))),
        Stage("more keys", "With more keys than queries, the queries are the last n_query positions.",
              (window_case(3, 7, 2), window_case(1, 5, 3), window_case(2, 5, 9))),
    ))


# 06.4 ---------------------------------------------------------------------------------------------------------------

def document_reference(documents):
    T = documents.shape[-1]
    mask = np.full((*documents.shape, T), -np.inf)
    for at in np.ndindex(documents.shape[:-1]):
        for t in range(T):
            for s in range(t + 1):
                if documents[at][s] == documents[at][t]:
                    mask[at][t, s] = 0.0
    return mask


def document_case(documents):
    documents = np.asarray(documents)
    words = f"documents {documents.tolist()}" if documents.ndim == 1 else label(documents=documents)
    return Case(words, lambda: (documents.copy(),))


DOCUMENT_MASK = Exercise(
    id="06.4", title="Document mask", function="document_mask", signature="document_mask(documents) -> mask",
    difficulty="medium", minutes=12, notebook=NOTEBOOK, section="Masks as data",
    hints=("Short texts are packed into one row. A token may look at a key if two things hold: the key is not in the "
           "future, and it comes from the same text.",
           "Compare documents with themselves along two axes, one for queries, one for keys: documents[..., :, None] "
           "== documents[..., None, :]. The dots carry a batch along. Then & with key <= query.",
           "same = documents[..., :, None] == documents[..., None, :]; place = np.arange(documents.shape[-1]); "
           "np.where(same & (place <= place[:, None]), 0.0, -np.inf)"),
    example="document_mask([0, 0, 1]) is [[0, -inf, -inf], [0, 0, -inf], [-inf, -inf, 0]]: the third token is from "
            "another text, and sees only itself.",
    part="pygpt.tables.document_mask",
    outputs="mask", reference=document_reference, mistakes=tuple(mistakes_masks.DOCUMENT_MASK),
    stages=(
        Stage("one text", "With one text it is the causal mask.", (document_case([0]), document_case([4, 4, 4]))),
        Stage("every token its own", "Tokens of different texts see only themselves.", (document_case([0, 1, 2]),)),
        Stage("packed texts", "Each text is a causal block of its own.",
              (document_case([0, 0, 1, 1, 1]), document_case([2, 2, 2, 7, 0, 0, 0]))),
        Stage("batches", "Every row of (B, T) has its own packing: (B, T, T).",
              (document_case(np.sort(token_ids(70, 3, 3, 7))), document_case(np.sort(token_ids(71, 2, 5, 5))))),
        Stage("more axes", "Any axes in front are carried along.",
              (document_case(np.sort(token_ids(72, 3, 2, 3, 5))),)),
    ))

EXERCISES = [SPLIT_HEADS, GROUPED_BACKWARD, WINDOW_MASK, DOCUMENT_MASK]
