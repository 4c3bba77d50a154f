"""Wrong answers to 01.1 count_pairs and 01.2 most_frequent, each as people really write it."""

from collections import Counter

from ..exercise import mistake, variant

COUNT_PAIRS, MOST_FREQUENT = [], []


# 01.1 ---------------------------------------------------------------------------------------------------------------

@mistake(COUNT_PAIRS, "forgot how often the piece occurs",
         "Each of your pairs counts once for a piece, whatever its n. The list holds every different piece a single "
         "time, so its pairs must count n times: counts[pair] += n.")
def one_for_each_piece(texts):
    return Counter(pair for ids, _ in texts for pair in zip(ids, ids[1:], strict=False))


@mistake(COUNT_PAIRS, "counted across the border of two pieces",
         "You put the pieces together before counting, so the last id of one piece and the first of the next became "
         "neighbours. Pairs live inside a piece: count each piece by itself.")
def across_borders(texts):
    ids = [i for piece, n in texts for i in piece * n]
    return Counter(zip(ids, ids[1:], strict=False))


@variant(COUNT_PAIRS)
def across_copies(texts):
    counts = Counter()
    for piece, n in texts:
        ids = piece * n
        counts.update(zip(ids, ids[1:], strict=False))
    return counts


@variant(COUNT_PAIRS)
def across_borders_once(texts):
    ids = [i for piece, _ in texts for i in piece]
    return Counter(zip(ids, ids[1:], strict=False))


@mistake(COUNT_PAIRS, "counted each different pair once a piece",
         "A pair that stands twice in a piece must count twice. A set, or a test whether it was seen already, throws "
         "the second one away.")
def once_a_piece(texts):
    counts = Counter()
    for ids, n in texts:
        for pair in set(zip(ids, ids[1:], strict=False)):
            counts[pair] += n
    return counts


@mistake(COUNT_PAIRS, "a run of equal ids counted without overlap",
         "In 4, 4, 4 you found (4, 4) once. It stands there twice, at the first place and at the second; that only one "
         "of them can be merged is the business of merge. Count every place.")
def without_overlap(texts):
    counts = Counter()
    for ids, n in texts:
        place, end = 0, len(ids) - 1
        while place < end:
            pair = ids[place], ids[place + 1]
            counts[pair] += n
            overlaps = pair[0] == pair[1] and place + 2 < len(ids) and ids[place + 2] == pair[0]
            place += 2 if overlaps else 1
    return counts


@mistake(COUNT_PAIRS, "took (a, b) and (b, a) for the same pair",
         "You sorted the two ids of a pair. Text has a direction: 'th' and 'ht' are different pairs.")
def without_order(texts):
    counts = Counter()
    for ids, n in texts:
        for pair in zip(ids, ids[1:], strict=False):
            counts[tuple(sorted(pair))] += n
    return counts


@mistake(COUNT_PAIRS, "lost the last pair of each piece",
         "Your loop stops one pair early. A piece of T ids has T - 1 pairs: range(len(ids) - 1), or zip(ids, ids[1:]).")
def loses_the_last(texts):
    counts = Counter()
    for ids, n in texts:
        for place in range(len(ids) - 2):
            counts[ids[place], ids[place + 1]] += n
    return counts


@mistake(COUNT_PAIRS, "overwrote the count",
         "counts[pair] = n forgets what was counted before. A pair that stands at several places, or in several "
         "pieces, needs +=.")
def overwrites(texts):
    return {pair: n for ids, n in texts for pair in zip(ids, ids[1:], strict=False)}


@mistake(COUNT_PAIRS, "paired the last id with the first",
         "Your loop starts at place 0 and looks one to the left: ids[-1] is the last id in Python. Start at 1, or use "
         "zip(ids, ids[1:]).")
def round_the_corner(texts):
    counts = Counter()
    for ids, n in texts:
        for place, here in enumerate(ids):
            counts[ids[place - 1], here] += n
    return counts


@mistake(COUNT_PAIRS, "counted ids at even places only",
         "You cut the piece into twos: first and second, third and fourth. The second and the third are neighbours as "
         "well: step by one.")
def in_twos(texts):
    counts = Counter()
    for ids, n in texts:
        for pair in zip(ids[::2], ids[1::2], strict=False):
            counts[pair] += n
    return counts


@mistake(COUNT_PAIRS, "counted single ids",
         "You counted how often each id occurs. Two neighbours together are one key: (ids[i], ids[i + 1]).")
def single_ids(texts):
    counts = Counter()
    for ids, n in texts:
        for i in ids:
            counts[i] += n
    return counts


# 01.2 ---------------------------------------------------------------------------------------------------------------

@mistake(MOST_FREQUENT, "of equal counts the largest pair",
         "max with (count, pair) breaks ties towards the larger ids. Ours go to the smaller ones: use min, and let "
         "high counts come first by a minus sign.")
def largest_of_the_tied(counts):
    return max(counts, key=lambda pair: (counts[pair], pair))


@mistake(MOST_FREQUENT, "of equal counts the one that was counted first",
         "max(counts, key=counts.get) keeps the first of equals, in the order in which the dictionary was filled. The "
         "same pieces in another order give another vocabulary. Let the ids decide: a key (-counts[pair], pair).")
def first_in_the_dictionary(counts):
    return max(counts, key=counts.get)


@mistake(MOST_FREQUENT, "of equal counts the one that was counted last",
         "Your comparison lets an equal count replace the leader, so the order of the dictionary decides. Among equals "
         "the smaller pair wins, wherever it stands.")
def last_in_the_dictionary(counts):
    best, most = None, 0
    for pair, n in counts.items():
        if n >= most:
            best, most = pair, n
    return best


@mistake(MOST_FREQUENT, "looked at the pairs and not at their counts",
         "max(counts) or min(counts) compares the keys, which are ids. The counts are the values: give a key.")
def largest_pair(counts):
    return max(counts)


@variant(MOST_FREQUENT)
def smallest_pair(counts):
    return min(counts)


@mistake(MOST_FREQUENT, "took the rarest pair",
         "You found the lowest count. With min the count needs a minus sign, so that the highest comes first.")
def rarest(counts):
    return min(counts, key=lambda pair: (counts[pair], pair))


@variant(MOST_FREQUENT)
def rarest_in_order(counts):
    return min(counts, key=counts.get)


@mistake(MOST_FREQUENT, "returned the count",
         "max(counts.values()) tells how often. Who it is stands in the key: return the pair.")
def how_often(counts):
    return max(counts.values())


@mistake(MOST_FREQUENT, "returned the pair with its count",
         "most_common(1)[0] is (pair, count). Only the pair is wanted; and of equal counts most_common keeps the one "
         "that was counted first, so it will not do.")
def with_its_count(counts):
    return Counter(counts).most_common(1)[0]


@mistake(MOST_FREQUENT, "compared the second id first",
         "Of equal counts you took the pair with the smaller second id. Tuples compare from the left: the first id "
         "decides, the second only where the first ones are equal.")
def second_id_first(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair[::-1]))


@mistake(MOST_FREQUENT, "compared only the first id",
         "Where counts and first ids are equal, you leave it to the order of the dictionary. Compare the whole pair.")
def first_id_only(counts):
    return min(counts, key=lambda pair: (-counts[pair], pair[0]))


@mistake(MOST_FREQUENT, "compared ids as texts",
         "As texts '100' comes before '9'. Compare the pair itself: its ids are numbers.")
def as_text(counts):
    return min(counts, key=lambda pair: (-counts[pair], str(pair)))


@variant(MOST_FREQUENT)
def as_texts(counts):
    return min(counts, key=lambda pair: (-counts[pair], tuple(map(str, pair))))
