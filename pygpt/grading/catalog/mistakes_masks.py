"""Wrong answers to 06.3 window_mask and 06.4 document_mask, each as people really write it.  T queries  S keys"""

import numpy as np

from ..exercise import mistake, variant

WINDOW_MASK, DOCUMENT_MASK = [], []


def places(n_query, n_key):
    """A column of query positions, the last ones, and a row of key positions."""
    return np.arange(n_key - n_query, n_key)[:, None], np.arange(n_key)


def additive(may_look):
    return np.where(may_look, 0.0, -np.inf)


# 06.3 ---------------------------------------------------------------------------------------------------------------

@mistake(WINDOW_MASK, "window counted without the token itself",
         "Your tokens see one key too many. The token itself counts as one of the window: key > query - window, so "
         "that window = 1 leaves only the token.")
def one_too_many(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive((key <= query) & (key >= query - window))


@mistake(WINDOW_MASK, "window one too small",
         "Your tokens see one key too few. A window of 3 holds the token and the two before it: key > query - window.")
def one_too_few(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive((key <= query) & (key > query - window + 1))


@mistake(WINDOW_MASK, "the token does not see itself",
         "You hid the diagonal. A token always sees itself; else the first row is all -inf, and its softmax is nan.")
def blind_to_itself(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive((key < query) & (key > query - window))


@variant(WINDOW_MASK)
def shifted_back(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive((key < query) & (key >= query - window))


@mistake(WINDOW_MASK, "the future is open",
         "Your window limits how far back a token sees, but not how far ahead. Keep the causal rule too: key <= query.")
def not_causal(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive(key > query - window)


@variant(WINDOW_MASK)
def both_sides(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive(abs(query - key) < window)


@mistake(WINDOW_MASK, "queries counted from the first key",
         "With more keys than queries, the extra keys are the past: the queries are the last n_query positions. Start "
         "their positions at n_key - n_query.")
def queries_first(n_query, n_key, window):
    query, key = np.arange(n_query)[:, None], np.arange(n_key)
    return additive((key <= query) & (key > query - window))


@mistake(WINDOW_MASK, "no window",
         "This is the causal mask: nothing is forgotten. Hide also the keys that lie `window` or more back.")
def causal_only(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive(key <= query)


@mistake(WINDOW_MASK, "blocks instead of a window that moves",
         "You cut the text into blocks of `window` tokens, so that a token at the start of a block forgets everything. "
         "The window moves along: it ends at each token itself.")
def blocks(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return additive((key <= query) & (key // window == query // window))


@mistake(WINDOW_MASK, "a table of True and False, or of 1 and 0",
         "The mask is added to the scores. Adding True or 1 hides nothing: put 0 where a query may look, and -inf "
         "where it may not.")
def a_bool(n_query, n_key, window):
    query, key = places(n_query, n_key)
    return (key <= query) & (key > query - window)


@variant(WINDOW_MASK)
def ones_and_zeros(n_query, n_key, window):
    return a_bool(n_query, n_key, window).astype(float)


@mistake(WINDOW_MASK, "hidden and visible swapped",
         "You put -inf where a query may look. 0 leaves a score as it is, -inf hides the key.")
def inverted(n_query, n_key, window):
    return additive(~a_bool(n_query, n_key, window))


# 06.4 ---------------------------------------------------------------------------------------------------------------

def same_text(documents):
    return documents[..., :, None] == documents[..., None, :]


def before(documents):
    place = np.arange(documents.shape[-1])
    return place <= place[:, None]


@mistake(DOCUMENT_MASK, "the future is open",
         "Inside a text your tokens see what comes after them. Both rules hold together: same text, and key <= query.")
def sees_the_future(documents):
    return additive(same_text(documents))


@mistake(DOCUMENT_MASK, "texts see each other",
         "This is the causal mask, whatever the documents are. A key from another text is hidden too.")
def texts_mixed(documents):
    return additive(np.broadcast_to(before(documents), same_text(documents).shape))


@mistake(DOCUMENT_MASK, "either rule is enough",
         "You let a query look when the text is the same OR the key lies in the past. Both must hold: use &, not |.")
def either(documents):
    return additive(same_text(documents) | before(documents))


@mistake(DOCUMENT_MASK, "mask transposed",
         "Your tokens see the future of their text and not its past. Rows are queries, columns are keys: key <= query.")
def looks_ahead(documents):
    return additive(same_text(documents) & before(documents).T)


@mistake(DOCUMENT_MASK, "the token does not see itself",
         "You hid the diagonal. A token always sees itself; else the first row of each text is all -inf, and its "
         "softmax is nan.")
def hides_itself(documents):
    return additive(same_text(documents) & before(documents) & ~np.eye(documents.shape[-1], dtype=bool))


@mistake(DOCUMENT_MASK, "batch axis compared with the token axis",
         "documents[:, None] == documents is right for one row. With a batch it compares rows with each other. Name "
         "the axes from the end: documents[..., :, None] == documents[..., None, :].")
def without_dots(documents):
    return additive((documents[:, None] == documents) & before(documents))


@mistake(DOCUMENT_MASK, "one packing for the whole batch",
         "You used the first row's texts for every row. Each row of the batch is packed in its own way, so each needs "
         "a table of its own: (B, T, T).")
def first_row_for_all(documents):
    first = documents.reshape(-1, documents.shape[-1])[0]
    return additive(np.broadcast_to(same_text(first) & before(first), same_text(documents).shape))


@variant(DOCUMENT_MASK)
def one_table(documents):
    first = documents.reshape(-1, documents.shape[-1])[0]
    return additive(same_text(first) & before(first))


@mistake(DOCUMENT_MASK, "a table of True and False, or of 1 and 0",
         "The mask is added to the scores. Adding True or 1 hides nothing: put 0 where a query may look, and -inf "
         "where it may not.")
def a_bool_of_documents(documents):
    return same_text(documents) & before(documents)


@variant(DOCUMENT_MASK)
def ones_for_documents(documents):
    return a_bool_of_documents(documents).astype(float)


@mistake(DOCUMENT_MASK, "hidden and visible swapped",
         "You put -inf where a query may look. 0 leaves a score as it is, -inf hides the key.")
def inverted_documents(documents):
    return additive(~a_bool_of_documents(documents))
