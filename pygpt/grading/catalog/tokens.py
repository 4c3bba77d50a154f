"""The exercises of 01_text_to_tokens: pairs counted, chosen and merged; then text to ids and back."""

import codecs

import numpy as np

from ..exercise import Case, Exercise, Stage
from . import mistakes_encoding, mistakes_merge, mistakes_tokens, token_questions

NOTEBOOK = "01_text_to_tokens"


def draw(seed, n, n_vocab):
    """n random ids, 0 to n_vocab - 1; few different ones, so that pairs repeat and overlap."""
    return np.random.default_rng(seed).integers(0, n_vocab, n).tolist()


# 01.1 ---------------------------------------------------------------------------------------------------------------

def count_reference(texts):
    """Place by place: the id here and the one before it."""
    counts = {}
    for ids, n in texts:
        for place in range(1, len(ids)):
            pair = ids[place - 1], ids[place]
            counts[pair] = counts.get(pair, 0) + n
    return counts


def count_case(texts, words=None):
    return Case(words or f"texts {texts}", lambda: ([(list(ids), n) for ids, n in texts],),
                observe=token_questions.pair_table)


def random_texts(seed, n_pieces, n_vocab):
    rng = np.random.default_rng(seed)
    return [(draw(seed + i, int(rng.integers(0, 8)), n_vocab), int(rng.integers(1, 50))) for i in range(n_pieces)]


COUNT_PAIRS = Exercise(
    id="01.1", title="Count the pairs", function="count_pairs", signature="count_pairs(texts) -> counts",
    difficulty="easy", minutes=8, notebook=NOTEBOOK, section="Second rung: each piece once",
    hints=("A pair is two ids side by side in the same piece. A piece that occurs n times in the text brings each of "
           "its pairs n times.",
           "Two loops: one over the pieces, (ids, n), and inside it one over the neighbours of this piece. Add n, "
           "not 1. Start afresh with each piece, so that no pair crosses a border.",
           "counts = Counter(); for ids, n in texts: for pair in zip(ids, ids[1:]): counts[pair] += n"),
    example="texts = [([1, 2, 1, 2], 3), ([2, 5], 10)]: the pair (1, 2) twice in a piece that occurs 3 times, so "
            "{(1, 2): 6, (2, 1): 3, (2, 5): 10}.",
    outputs="counts", reference=count_reference, mistakes=tuple(mistakes_tokens.COUNT_PAIRS),
    stages=(
        Stage("neighbours", "Each id with the one after it, from the first pair to the last.",
              (count_case([([1, 2, 3, 4], 1)]), count_case([([3, 1], 1)]))),
        Stage("order", "(1, 2) and (2, 1) are two pairs.", (count_case([([2, 1, 3, 1, 2], 1)]),)),
        Stage("a pair that repeats", "Every place where it stands counts.", (count_case([([1, 2, 5, 1, 2, 1], 1)]),)),
        Stage("a run", "Three equal ids are two pairs: first and second, second and third.",
              (count_case([([4, 4, 4], 1)]), count_case([([1, 4, 4, 4, 4, 2], 1)]))),
        Stage("how often", "A piece that occurs n times brings its pairs n times.",
              (count_case([([1, 2, 3], 7)]), count_case([([5, 5, 2], 1000)]))),
        Stage("several pieces", "Counts of all pieces add up, and no pair crosses a border.",
              (count_case([([1, 2], 3), ([3, 1, 2], 5)]), count_case([([1, 2, 1, 2], 3), ([2, 5], 10)]))),
        Stage("short pieces", "One id alone has no neighbour, and an empty piece has nothing.",
              (count_case([([3], 5)]), count_case([([], 1), ([1], 3), ([1, 1], 7)]), count_case([]))),
        Stage("many pieces", "Random ones, of 0 to 7 ids.",
              (count_case(random_texts(11, 35, 5), "35 pieces, 5 ids"),
               count_case(random_texts(12, 21, 3), "21 pieces, 3 ids"))),
    ))


# 01.2 ---------------------------------------------------------------------------------------------------------------

def leader_reference(counts):
    """All pairs with the highest count, sorted; the first."""
    highest = max(counts.values())
    return sorted(pair for pair, n in counts.items() if n == highest)[0]


def leader_case(counts, words=None):
    return Case(words or f"counts {counts}", lambda: (dict(counts),), observe=token_questions.chosen)


def random_counts(seed, n_pairs, highest):
    rng = np.random.default_rng(seed)
    return {(int(a), int(b)): int(n) for a, b, n in zip(*rng.integers(0, 300, (2, n_pairs)),
                                                        rng.integers(1, highest, n_pairs), strict=True)}


MOST_FREQUENT = Exercise(
    id="01.2", title="The most frequent pair", function="most_frequent", signature="most_frequent(counts) -> pair",
    difficulty="easy", minutes=8, notebook=NOTEBOOK, section="Merging, by hand",
    hints=("Two rules, one after the other: the highest count wins; among equal counts the pair with the smaller ids.",
           "max and min take a key, and a key may be a tuple: its first entry decides, the second only between equals. "
           "High counts should come first, and small pairs should come first. One of the two needs a minus sign.",
           "return min(counts, key=lambda pair: (-counts[pair], pair))"),
    example="counts = {(9, 1): 4, (2, 7): 6, (2, 3): 6}: the highest count is 6, shared by (2, 7) and (2, 3), and "
            "(2, 3) is the smaller pair.",
    part="pygpt.tokenizers.merging.most_frequent",
    outputs="pair", reference=leader_reference, mistakes=tuple(mistakes_tokens.MOST_FREQUENT),
    stages=(
        Stage("one leader", "The highest count wins, wherever it stands.",
              (leader_case({(5, 6): 2, (1, 2): 9, (7, 1): 3}), leader_case({(1, 1): 1}),
               leader_case({(3, 3): 8, (1, 7): 5, (9, 2): 7}))),
        Stage("two leaders", "Equal counts: the pair whose first id is smaller.",
              (leader_case({(7, 1): 4, (3, 5): 4, (1, 1): 2}), leader_case({(3, 5): 4, (7, 1): 4, (8, 8): 2}))),
        Stage("the same first id", "Equal counts and first ids: the second id decides.",
              (leader_case({(2, 7): 6, (2, 3): 6, (9, 1): 4}),)),
        Stage("ids of several digits", "9 is smaller than 10: ids are numbers, not texts.",
              (leader_case({(100, 2): 5, (9, 300): 5, (30, 1): 5}), leader_case({(5, 12): 3, (5, 7): 3}))),
        Stage("all equal", "Every pair occurs once.",
              (leader_case({(8, 2): 1, (5, 9): 1, (2, 8): 1, (4, 4): 1, (2, 9): 1}),)),
        Stage("many pairs", "Random ones.",
              (leader_case(random_counts(21, 101, 1000), "101 pairs, counts up to 999"),
               leader_case(random_counts(22, 301, 5), "301 pairs, counts up to 4"))),
    ))


# 01.3 ---------------------------------------------------------------------------------------------------------------

def merge_reference(ids, pair, new):
    """Take from the front: two ids where they are the pair, else one."""
    rest, done = list(ids), []
    while rest:
        fits = rest[:2] == list(pair)
        done.append(new if fits else rest[0])
        rest = rest[2 if fits else 1:]
    return done


def merge_case(ids, pair, new, words=None, observe=token_questions.merged):
    return Case(words or f"ids {ids}, pair {pair}, new {new}", lambda: (list(ids), pair, new), observe=observe)


MERGE = Exercise(
    id="01.3", title="Merge a pair", function="merge", signature="merge(ids, pair, new) -> merged",
    difficulty="easy", minutes=12, notebook=NOTEBOOK, section="Merging, by hand",
    hints=("Walk along the list with an index. Where the pair begins, write the new id and step over both; everywhere "
           "else copy one id and step over it.",
           "Use a while loop, since the step is 1 or 2. Stop one before the end, because a pair needs a right "
           "neighbour, and then see whether the last id is still to be copied. Build a new list.",
           "while i < len(ids): if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair: merged.append(new); i += 2 "
           "... else: merged.append(ids[i]); i += 1"),
    example="merge([1, 2, 3, 1, 2], (1, 2), 9) gives [9, 3, 9]. merge([1, 1, 1], (1, 1), 9) gives [9, 1]: from left "
            "to right, and the middle 1 is used once.",
    part="pygpt.tokenizers.merging.merge",
    outputs="merged", reference=merge_reference, mistakes=tuple(mistakes_merge.MERGE),
    stages=(
        Stage("one pair", "Two ids become one, the others stay.",
              (merge_case([3, 1, 2, 4], (1, 2), 9), merge_case([1, 2], (1, 2), 9))),
        Stage("none", "Where the pair does not stand, nothing changes.",
              (merge_case([3, 1, 4, 2, 5], (1, 2), 9), merge_case([2, 1, 5], (1, 2), 9))),
        Stage("several", "Every place, not the first one alone.",
              (merge_case([1, 2, 3, 1, 2, 5, 1, 2, 7], (1, 2), 9), merge_case([1, 2, 1, 2, 1, 2], (1, 2), 9))),
        Stage("an odd place", "A pair may begin at any place.", (merge_case([5, 1, 2, 1, 2, 3], (1, 2), 9),)),
        Stage("both ends", "The first id and the last are not lost.",
              (merge_case([1, 2, 3], (1, 2), 9), merge_case([3, 1, 2], (1, 2), 9), merge_case([7, 2, 1], (1, 2), 9))),
        Stage("a run", "Each id is used once, from left to right.",
              (merge_case([1, 1, 1], (1, 1), 9), merge_case([1, 1, 1, 1], (1, 1), 9),
               merge_case([5, 1, 1, 1, 1, 1, 7], (1, 1), 9))),
        Stage("ids of several digits", "12 is not a 1 followed by a 2.",
              (merge_case([11, 2, 1, 2, 21, 22], (1, 2), 256), merge_case([1, 22, 300, 256], (300, 256), 301))),
        Stage("short lists", "One id, or none.", (merge_case([1], (1, 2), 9), merge_case([], (1, 2), 9))),
        Stage("a long list", "Random ids, 0 to 2.",
              tuple(merge_case(draw(31 + i, 101, 3), pair, 256, f"101 ids from 0 to 2, pair {pair}",
                               token_questions.long_merged) for i, pair in enumerate(((0, 1), (2, 2))))),
    ))


# 01.4 ---------------------------------------------------------------------------------------------------------------

def apply_reference(ids, ranks, results):
    """All merges in the order in which they were learnt, each everywhere: slow, and the same."""
    for pair in sorted(ranks, key=ranks.get):
        ids = merge_reference(ids, pair, results[ranks[pair]])
    return ids


def learn(ids, n_merges):
    """(ranks, results) from a list of ids. The new ids are in no order, so that nobody can guess them."""
    results, ranks = np.random.default_rng(n_merges).permutation(np.arange(300, 300 + n_merges)).tolist(), {}
    for rank, new in enumerate(results):
        pair = leader_reference(count_reference([(ids, 1)]))
        ranks[pair] = rank
        ids = merge_reference(ids, pair, new)
    return ranks, results


def apply_case(ids, merges, words=None, observe=token_questions.encoded):
    """merges: {pair: the id it makes}, in the order in which they were learnt."""
    ranks, results = {pair: rank for rank, pair in enumerate(merges)}, list(merges.values())
    return Case(words or f"ids {ids}, ranks {ranks}, results {results}",
                lambda: (list(ids), dict(ranks), list(results)), observe=observe)


def learnt_case(seed, n_vocab, n_merges, n):
    ranks, results = learn(draw(seed, 301, n_vocab), n_merges)
    merges = {pair: results[rank] for pair, rank in ranks.items()}
    return apply_case(draw(seed + 1, n, n_vocab), merges, f"{n} ids, {n_merges} merges learnt from 301 ids",
                      token_questions.long_encoded)


APPLY_MERGES = Exercise(
    id="01.4", title="Apply the merges", function="apply_merges",
    signature="apply_merges(ids, ranks, results) -> ids",
    difficulty="hard", minutes=20, notebook=NOTEBOOK, section="Encode",
    hints=("A text must be merged as it was in training: of all pairs that stand in the ids now, the one that was "
           "learnt first goes first. Then look again, because the new id has new neighbours.",
           "Loop: collect the pairs of neighbours that are in ranks; if there are none, you are done. Take the one "
           "with the smallest rank, merge it, and begin again. The new id is results[rank]. Work on a copy of ids.",
           "while known := [pair for pair in zip(ids, ids[1:]) if pair in ranks]: pair = min(known, key=ranks.get); "
           "ids = merge(ids, pair, results[ranks[pair]])"),
    example="ids = [1, 2, 3], ranks = {(2, 3): 0, (1, 2): 1, (1, 50): 2}, results = [50, 70, 90]: (2, 3) was learnt "
            "before (1, 2), so [1, 50]; then (1, 50) fits: [90].",
    part="pygpt.tokenizers.merging.apply_merges",
    outputs="ids", reference=apply_reference, mistakes=tuple(mistakes_encoding.APPLY_MERGES),
    stages=(
        Stage("one merge", "A pair that was learnt becomes the id in results.",
              (apply_case([3, 1, 2, 4], {(1, 2): 50}), apply_case([1, 2], {(1, 2): 50}))),
        Stage("nothing to merge", "No pair fits, or there is no pair at all.",
              (apply_case([3, 4, 2, 1], {(1, 2): 50}), apply_case([1], {(1, 2): 50}), apply_case([], {(1, 2): 50}),
               apply_case([1, 2, 3], {}))),
        Stage("everywhere", "A pair may stand at several places.",
              (apply_case([1, 2, 3, 1, 2, 1, 2], {(1, 2): 50}),
               apply_case([3, 4, 1, 2, 3, 4], {(1, 2): 60, (3, 4): 50}))),
        Stage("learnt first goes first", "Two pairs want the same id: the smaller rank gets it.",
              (apply_case([1, 2, 3], {(2, 3): 50, (1, 2): 70}), apply_case([1, 2, 3], {(1, 2): 50, (2, 3): 70}))),
        Stage("merges of merges", "A new id has new neighbours, and may be merged again.",
              (apply_case([1, 2, 3], {(1, 2): 50, (50, 3): 70}),
               apply_case([1, 2, 3], {(2, 3): 50, (1, 2): 70, (1, 50): 90}),
               apply_case([1, 2, 1, 2, 3], {(1, 2): 70, (70, 70): 50, (50, 3): 60}))),
        Stage("not the longest", "The order of learning counts, not the length of the token.",
              (apply_case([1, 2, 3, 4], {(3, 4): 50, (1, 2): 60, (60, 3): 70}),
               apply_case([5, 1, 2, 3, 4], {(3, 4): 60, (1, 2): 50, (50, 3): 90, (5, 50): 70}))),
        Stage("a run", "From left to right.",
              (apply_case([4, 4, 4], {(4, 4): 60}), apply_case([4, 4, 4, 4, 4], {(4, 4): 60, (60, 60): 50}))),
        Stage("a learnt vocabulary", "Random ids, and merges learnt from others like them.",
              (learnt_case(41, 3, 17, 101), learnt_case(43, 5, 31, 75), learnt_case(45, 2, 13, 53))),
    ))


# 01.5 ---------------------------------------------------------------------------------------------------------------

VOCAB = {0: b"to", 1: b" be", 2: b"\n", 3: b" ", 5: b"caf", 7: b"\xc3", 11: b"\xa9", 13: b"\xe7\x8c", 17: b"\xab!",
         256: b"\xf0\x9f", 300: b"\x90", 301: b"\xb1", 1000: b"\xff", 50256: b"<|end|>"}


def decode_reference(ids, vocab):
    """Byte after byte through Python's decoder for streams."""
    reader = codecs.getincrementaldecoder("utf-8")("replace")
    return "".join(reader.decode(bytes([byte])) for i in ids for byte in vocab[i]) + reader.decode(b"", final=True)


def decode_case(*ids):
    shown = ", ".join(f"{i}: {VOCAB[i]}" for i in dict.fromkeys(ids))
    return Case(f"ids {list(ids)}, vocab {{{shown}}}", lambda: (list(ids), dict(VOCAB)),
                observe=token_questions.read_back)


DECODE = Exercise(
    id="01.5", title="Ids back to text", function="decode", signature="decode(ids, vocab) -> text",
    difficulty="easy", minutes=8, notebook=NOTEBOOK, section="Decode",
    hints=("A token is bytes, and a character may be spread over several tokens. So whether bytes are a character can "
           "only be said when all of them are together.",
           "First join the bytes of all tokens, then decode once, as UTF-8. What is no UTF-8 must become the sign "
           "U+FFFD and raise nothing: bytes.decode has an argument for that.",
           'return b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace")'),
    example="vocab = {5: b'caf', 7: b'\\xc3', 11: b'\\xa9'}: ids [5, 7, 11] are 'café', since c3 a9 is é. ids [5, 7] "
            "end with half a character: 'caf\N{REPLACEMENT CHARACTER}'.",
    outputs="text", reference=decode_reference, mistakes=tuple(mistakes_encoding.DECODE),
    stages=(
        Stage("plain text", "The tokens one after the other.",
              (decode_case(0, 1), decode_case(5), decode_case(0, 1, 50256, 0, 0))),
        Stage("blanks", "Spaces and line ends are text, at the ends too.",
              (decode_case(3, 0, 1, 2), decode_case(2, 3))),
        Stage("a character in several tokens", "Its bytes belong together.",
              (decode_case(5, 7, 11), decode_case(13, 17, 0), decode_case(256, 300, 301))),
        Stage("half a character at the end", "The sign U+FFFD stands for what is missing.",
              (decode_case(5, 7), decode_case(0, 13))),
        Stage("bytes that are no text", "Each gets the sign U+FFFD, and what follows is kept.",
              (decode_case(0, 1000, 1), decode_case(256, 0, 1), decode_case(11, 11, 5))),
        Stage("nothing", "No ids, no text.", (decode_case(),)),
        Stage("all together", "Text, a character in parts, a broken one, and text again.",
              (decode_case(3, 5, 7, 11, 2, 256, 300, 301, 13, 0, 1, 1000, 13, 17, 7),)),
    ))

EXERCISES = (COUNT_PAIRS, MOST_FREQUENT, MERGE, APPLY_MERGES, DECODE)
