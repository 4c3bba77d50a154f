"""Wrong answers to 01.4 apply_merges and 01.5 decode, each as people really write it."""

from ..exercise import mistake, variant

APPLY_MERGES, DECODE = [], []


# 01.4 ---------------------------------------------------------------------------------------------------------------

def neighbours(ids):
    return list(zip(ids, ids[1:], strict=False))


def replaced(ids, i, new):
    """ids with the two at place i as one."""
    return ids[:i] + [new] + ids[i + 2:]


def one_by_one(ids, ranks, results, choose):
    """Merge while any pair fits; choose(known, ranks) picks the place, known being {place: pair}."""
    while known := {i: pair for i, pair in enumerate(neighbours(ids)) if pair in ranks}:
        i = choose(known, ranks)
        ids = replaced(ids, i, results[ranks[known[i]]])
    return ids


def earliest(known, ranks):
    return min(known, key=lambda i: (ranks[known[i]], i))


@mistake(APPLY_MERGES, "the longest token first",
         "From the left you took the longest token that fits. The merges must go in the order in which they were "
         "learnt, as in training: of all pairs that stand there, the one with the smallest rank.")
def longest_first(ids, ranks, results):
    spelt = {}
    for (first, second), rank in sorted(ranks.items(), key=lambda item: item[1]):
        spelt[results[rank]] = spelt.get(first, (first,)) + spelt.get(second, (second,))
    names = {spelling: i for i, spelling in spelt.items()}
    done, rest = [], tuple(ids)
    while rest:
        n = next((n for n in range(len(rest), 1, -1) if rest[:n] in names), 1)
        done.append(names[rest[:n]] if n > 1 else rest[0])
        rest = rest[n:]
    return done


@mistake(APPLY_MERGES, "the leftmost pair first, whatever its rank",
         "You merge the first pair that fits. Look at all of them, and take the one with the smallest rank; only among "
         "equal ranks does the left one go first.")
def leftmost_first(ids, ranks, results):
    return one_by_one(ids, ranks, results, lambda known, ranks: min(known))


@mistake(APPLY_MERGES, "the latest learnt first",
         "You take the largest rank. The merge that was learnt first has the smallest one: min, not max.")
def latest_first(ids, ranks, results):
    return one_by_one(ids, ranks, results, lambda known, ranks: max(known, key=lambda i: (ranks[known[i]], -i)))


@mistake(APPLY_MERGES, "from right to left",
         "In a run such as 4, 4, 4 you merged the two on the right. Of equal ranks the leftmost pair goes first.")
def rightmost_first(ids, ranks, results):
    return one_by_one(ids, ranks, results, lambda known, ranks: min(known, key=lambda i: (ranks[known[i]], -i)))


@mistake(APPLY_MERGES, "one merge and no more",
         "You stop after the first merge. The new id has new neighbours, and other pairs are waiting: go on until no "
         "pair is in ranks.")
def single_merge(ids, ranks, results):
    known = {i: pair for i, pair in enumerate(neighbours(ids)) if pair in ranks}
    if not known:
        return list(ids)
    i = earliest(known, ranks)
    return replaced(ids, i, results[ranks[known[i]]])


@mistake(APPLY_MERGES, "one walk from left to right",
         "You walk along the ids once and merge what fits on the way. Choose by rank among all pairs, merge one, and "
         "look at everything again.")
def single_walk(ids, ranks, results):
    done, i = [], 0
    while i < len(ids):
        pair = tuple(ids[i:i + 2])
        done.append(results[ranks[pair]] if pair in ranks else ids[i])
        i += 2 if pair in ranks else 1
    return done


@mistake(APPLY_MERGES, "each merge at one place only",
         "You go through the merges in their order, and use each of them once. A pair may stand at several places: "
         "merge all of them before you go on to the next rank.")
def each_merge_once(ids, ranks, results):
    for pair in sorted(ranks, key=ranks.get):
        if pair in neighbours(ids):
            ids = replaced(ids, neighbours(ids).index(pair), results[ranks[pair]])
    return list(ids)


@mistake(APPLY_MERGES, "the rank in the place of the id",
         "You wrote the rank into the list. The rank says when a merge was learnt; the id it makes is results[rank].")
def rank_as_id(ids, ranks, results):
    return one_by_one(ids, ranks, range(len(results)), earliest)


@mistake(APPLY_MERGES, "made up the new id",
         "You gave merge number i the id 256 + i. That holds where the ids were handed out in this order; in general "
         "the id is results[rank].")
def counted_from_256(ids, ranks, results):
    return one_by_one(ids, ranks, range(256, 256 + len(results)), earliest)


@mistake(APPLY_MERGES, "changed the list it was given",
         "You merged inside ids itself. Take a copy first, ids = list(ids): whoever called you still needs the list.")
def in_place(ids, ranks, results):
    while known := {i: pair for i, pair in enumerate(neighbours(ids)) if pair in ranks}:
        i = earliest(known, ranks)
        ids[i:i + 2] = [results[ranks[known[i]]]]
    return ids


@mistake(APPLY_MERGES, "a pair that was never learnt",
         "Most pairs of a text are in no merge, so ranks[pair] raises a KeyError. Ask first: if pair in ranks; or use "
         "ranks.get(pair, len(results)), a rank later than all.")
def every_pair_is_known(ids, ranks, results):
    while len(ids) > 1:
        pairs = neighbours(ids)
        best = min(pairs, key=lambda pair: ranks[pair])
        ids = replaced(ids, pairs.index(best), results[ranks[best]])
    return list(ids)


@mistake(APPLY_MERGES, "the smallest of nothing",
         "min of an empty list raises an error. That is where the work is done: when no pair is in ranks, or only one "
         "id is left, return the ids.")
def smallest_of_nothing(ids, ranks, results):
    ids = list(ids)
    while True:
        rank, i = min((ranks[pair], i) for i, pair in enumerate(neighbours(ids)) if pair in ranks)
        ids = replaced(ids, i, results[rank])


@variant(APPLY_MERGES)
def smallest_of_no_pair(ids, ranks, results):
    ids = list(ids)
    while True:
        pairs = neighbours(ids)
        best = min(pairs, key=lambda pair: ranks.get(pair, len(results)))
        if best not in ranks:
            return ids
        ids = replaced(ids, pairs.index(best), results[ranks[best]])


# 01.5 ---------------------------------------------------------------------------------------------------------------

def joined(ids, vocab):
    return b"".join(vocab[i] for i in ids)


@mistake(DECODE, "decoded token by token",
         "You decoded each token by itself, and a character that is spread over several tokens fell apart. Join the "
         "bytes of all tokens first, then decode once.")
def token_by_token(ids, vocab):
    return "".join(vocab[i].decode("utf-8", errors="replace") for i in ids)


@variant(DECODE)
def token_by_token_strict(ids, vocab):
    return "".join(vocab[i].decode("utf-8") for i in ids)


@variant(DECODE)
def token_by_token_ignoring(ids, vocab):
    return "".join(vocab[i].decode("utf-8", errors="ignore") for i in ids)


@mistake(DECODE, "raised an error on bytes that are no UTF-8",
         "A model may stop in the middle of a character, and then decode raises UnicodeDecodeError. Pass "
         "errors=\"replace\": such bytes become the sign U+FFFD.")
def strict(ids, vocab):
    return joined(ids, vocab).decode("utf-8")


@mistake(DECODE, "lost the bad bytes",
         "errors=\"ignore\" drops bytes that are no UTF-8, and nobody can see that something is missing. Use "
         "errors=\"replace\", which puts the sign U+FFFD there.")
def ignoring(ids, vocab):
    return joined(ids, vocab).decode("utf-8", errors="ignore")


@mistake(DECODE, "a question mark for the bad bytes",
         "A question mark could be text. The sign for bytes that cannot be read is U+FFFD, and errors=\"replace\" "
         "writes it for you.")
def question_mark(ids, vocab):
    return joined(ids, vocab).decode("utf-8", errors="replace").replace("\N{REPLACEMENT CHARACTER}", "?")


@mistake(DECODE, "wrote bad bytes as numbers",
         "errors=\"backslashreplace\" writes the bytes out as \\xff. Here every such place gets the sign U+FFFD: "
         "errors=\"replace\".")
def backslashes(ids, vocab):
    return joined(ids, vocab).decode("utf-8", errors="backslashreplace")


@mistake(DECODE, "each byte taken for a character",
         "You made one character of each byte (chr, or latin-1), so é became Ã©. The bytes are UTF-8, where a "
         "character has 1 to 4 of them.")
def byte_by_byte(ids, vocab):
    return "".join(map(chr, joined(ids, vocab)))


@mistake(DECODE, "decoded as ASCII",
         "ASCII knows 128 characters and no é. The bytes are UTF-8.")
def as_ascii(ids, vocab):
    return joined(ids, vocab).decode("ascii", errors="replace")


@mistake(DECODE, "a space between the tokens",
         "You joined with a space. Tokens hold their own spaces: join with b\"\".")
def with_spaces(ids, vocab):
    return b" ".join(vocab[i] for i in ids).decode("utf-8", errors="replace")


@mistake(DECODE, "stripped the blanks",
         "Spaces and line ends at the beginning or the end of a text belong to it. Leave strip() out.")
def stripped(ids, vocab):
    return joined(ids, vocab).decode("utf-8", errors="replace").strip()


@mistake(DECODE, "cut the text off at the first bad byte",
         "After bytes that are no UTF-8 the text goes on, and yours ends there. errors=\"replace\" puts the sign "
         "U+FFFD there and keeps the rest.")
def cut_off(ids, vocab):
    data = joined(ids, vocab)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[:error.start].decode("utf-8")


@mistake(DECODE, "took the ids for bytes",
         "bytes(ids) makes a byte of each id. An id is the number of a token: its bytes are vocab[i].")
def ids_as_bytes(ids, vocab):
    return bytes(ids).decode("utf-8", errors="replace")


@mistake(DECODE, "str() of the bytes",
         "str(data) writes b'...' around the text. Bytes become text with data.decode(\"utf-8\", errors=\"replace\").")
def printed_bytes(ids, vocab):
    return str(joined(ids, vocab))


@mistake(DECODE, "returned bytes",
         "You joined the bytes and returned them as they are. A text needs one more step: .decode(\"utf-8\", "
         "errors=\"replace\").")
def still_bytes(ids, vocab):
    return joined(ids, vocab)
