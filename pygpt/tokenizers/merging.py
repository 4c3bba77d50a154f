"""Learning merges and applying them: byte-pair encoding (Gage 1994; Sennrich et al. 2016) on ids.

Three functions that learn the same merges, each much faster than the one before it:
train_naive counts all pairs of the text again for every merge, train_counted visits each different piece once, and
train_merges keeps the counts of pairs up to date and visits only the pieces that hold the pair it merges.
"""

import heapq
from collections import Counter, defaultdict

N_BYTES = 256   # ids 0 to 255 are the bytes; merge number i makes id 256 + i


def merge(ids, pair, new):
    """[1, 2, 3, 1, 2], (1, 2), 9 -> [9, 3, 9], from left to right: [1, 1, 1], (1, 1), 9 -> [9, 1]."""
    first, second = pair
    merged, i, last = [], 0, len(ids) - 1
    while i < last:
        if ids[i] == first and ids[i + 1] == second:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    if i == last:
        merged.append(ids[last])
    return merged


def most_frequent(counts):
    """The pair with the highest count; of equally frequent ones the one with the smaller ids."""
    return min(counts, key=lambda pair: (-counts[pair], pair))


def train_naive(pieces, n_merges):
    """pieces, a list of bytes -> [(id, id)] of at most n_merges pairs, in the order in which they were learnt.

    The rule, word for word: count every pair of neighbours, merge the most frequent pair everywhere, begin again. Stops
    where no pair is left. Every step reads the whole text.
    """
    texts, merges = [list(piece) for piece in pieces], []
    while len(merges) < n_merges:
        counts = Counter(pair for ids in texts for pair in zip(ids, ids[1:], strict=False))
        if not counts:
            break
        pair = most_frequent(counts)
        texts = [merge(ids, pair, N_BYTES + len(merges)) for ids in texts]
        merges.append(pair)
    return merges


def train_counted(counts, n_merges):
    """counts {bytes: how often} -> the same merges. A piece that occurs a thousand times is looked at once."""
    texts, merges = [(list(piece), n) for piece, n in counts.items()], []
    while len(merges) < n_merges:
        pairs = Counter()
        for ids, n in texts:
            for pair in zip(ids, ids[1:], strict=False):
                pairs[pair] += n
        if not pairs:
            break
        pair = most_frequent(pairs)
        texts = [(merge(ids, pair, N_BYTES + len(merges)), n) for ids, n in texts]
        merges.append(pair)
    return merges


def train_merges(counts, n_merges, on_merge=None):
    """counts {bytes: how often} -> the same merges, in time that depends on what each merge changes.

    Here a piece is a string with one character for each token, chr(id), and a pair is a string of two: finding and
    replacing a pair is then what strings are fast at. `where` says which pieces may hold a pair, so only those are
    visited. A heap offers the most frequent pair; an entry whose count has changed since it was pushed goes back with
    the new one. on_merge(pair, count) is called after each merge.
    """
    pieces, numbers = [piece.decode("latin-1") for piece in counts], list(counts.values())   # byte 65 is chr(65)
    total, where = count_pairs(pieces, numbers)
    heap = [(-count, pair) for pair, count in total.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < n_merges:
        count, pair = heapq.heappop(heap)
        if total[pair] != -count:
            if total[pair]:
                heapq.heappush(heap, (-total[pair], pair))
            continue
        new = chr(N_BYTES + len(merges))
        merges.append((ord(pair[0]), ord(pair[1])))
        for changed, change in merge_everywhere(pair, new, pieces, numbers, where).items():
            total[changed] += change
            if change > 0:
                heapq.heappush(heap, (-total[changed], changed))
        total[pair] = 0
        if on_merge:
            on_merge(merges[-1], -count)
    return merges


def pairs_of(piece):
    """"abc" -> "ab", "bc"."""
    return (piece[i:i + 2] for i in range(len(piece) - 1))


def count_pairs(pieces, numbers):
    """-> {pair: how often in all pieces}, {pair: the set of places in `pieces` that hold it}."""
    total, where = defaultdict(int), defaultdict(set)
    for place, (piece, n) in enumerate(zip(pieces, numbers, strict=True)):
        for pair in pairs_of(piece):
            total[pair] += n
            where[pair].add(place)
    return total, where


def merge_everywhere(pair, new, pieces, numbers, where):
    """Merge `pair` into `new` in every piece that holds it -> {other pair: change of its count}. Keeps `where` true."""
    change = defaultdict(int)
    for place in where.pop(pair):
        piece, n = pieces[place], numbers[place]
        left, found, right = piece.partition(pair)
        if not found:                               # an earlier merge took it away
            continue
        merged = pieces[place] = piece.replace(pair, new)
        if len(merged) == len(piece) - 1 and pair[0] != pair[1]:   # once, so only its two neighbours change
            old, now = pairs_of(left[-1:] + pair + right[:1]), pairs_of(left[-1:] + new + right[:1])
        else:
            old, now = pairs_of(piece), pairs_of(merged)
        for lost in old:
            change[lost] -= n
        for won in now:
            change[won] += n
            if new in won:
                where[won].add(place)
    change.pop(pair, None)
    return change


def apply_merges(ids, ranks, results):
    """ids of one piece -> its ids after all merges: always the earliest learnt one that fits, leftmost first.

    ranks: {pair: when it was learnt}; results: the id that each merge makes, by rank. The ranks of neighbours are kept
    in a row beside the ids, so a merge looks up two of them and not all.
    """
    ids, none = list(ids), len(results)
    row = [ranks.get(pair, none) for pair in zip(ids, ids[1:], strict=False)]
    while row and (rank := min(row)) < none:
        i = row.index(rank)
        ids[i:i + 2] = [results[rank]]
        del row[i]
        if i < len(row):
            row[i] = ranks.get((ids[i], ids[i + 1]), none)
        if i:
            row[i - 1] = ranks.get((ids[i - 1], ids[i]), none)
    return ids
