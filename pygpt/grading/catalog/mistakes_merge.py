"""Wrong answers to 01.3 merge, each as people really write it."""

from ..exercise import mistake, variant

MERGE = []


@mistake(MERGE, "from right to left",
         "In 1, 1, 1 you merged the two on the right. The rule is from left to right, so that everybody gets the same "
         "ids: the first two merge, the last is left over.")
def from_the_right(ids, pair, new):
    merged, i = [], len(ids) - 1
    while i >= 0:
        if i and (ids[i - 1], ids[i]) == pair:
            merged.insert(0, new)
            i -= 2
        else:
            merged.insert(0, ids[i])
            i -= 1
    return merged


@mistake(MERGE, "used an id twice",
         "In 1, 1, 1 the middle one went into two merges. Once a pair is found, both of its ids are used up: step over "
         "both, i += 2, before you look for the next.")
def overlapping(ids, pair, new):
    starts = {i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) == pair}
    return [new if i in starts else here for i, here in enumerate(ids) if i in starts or i - 1 not in starts]


@mistake(MERGE, "kept the second id of the pair",
         "You write the new id and then go on with the second half of the pair. Both are used up: i += 2.")
def steps_by_one(ids, pair, new):
    return [new if tuple(ids[i:i + 2]) == pair else here for i, here in enumerate(ids)]


@mistake(MERGE, "changed the list it was given",
         "You merged inside ids itself. Whoever called you still needs that list: the text has to be counted again, "
         "and other code holds it too. Build a new list.")
def in_place(ids, pair, new):
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            ids[i:i + 2] = [new]
        i += 1
    return ids


@mistake(MERGE, "dropped the last id",
         "Your loop stops before the last id, since it has no right neighbour, and then nobody copies it. After the "
         "loop, append it if it was not part of a pair.")
def drops_the_last(ids, pair, new):
    merged, i = [], 0
    while i < len(ids) - 1:
        fits = (ids[i], ids[i + 1]) == pair
        merged.append(new if fits else ids[i])
        i += 2 if fits else 1
    return merged


@mistake(MERGE, "doubled the last id",
         "After the loop you append the last id even if it was the second half of a pair. See where the index stands: "
         "only if i is the last place is there an id left.")
def doubles_the_last(ids, pair, new):
    return drops_the_last(ids, pair, new) + ids[-1:]


@mistake(MERGE, "merged the first place only",
         "You stop after the first pair. All places are merged in one call.")
def first_only(ids, pair, new):
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == pair:
            return ids[:i] + [new] + ids[i + 2:]
    return list(ids)


@mistake(MERGE, "took (a, b) and (b, a) for the same pair",
         "You merge the two ids in either order. Text has a direction: 'ht' must not become the token for 'th'.")
def either_order(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        fits = tuple(ids[i:i + 2]) in (pair, pair[::-1])
        merged.append(new if fits else ids[i])
        i += 2 if fits else 1
    return merged


@mistake(MERGE, "looked past the end of the list",
         "At the last id there is no ids[i + 1]. Ask first whether there is a right neighbour: i + 1 < len(ids).")
def past_the_end(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        if ids[i] == pair[0] and ids[i + 1] == pair[1]:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


@variant(MERGE)
def past_the_end_always(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        here = ids[i], ids[i + 1]
        merged.append(new if here == pair else ids[i])
        i += 2 if here == pair else 1
    return merged


@mistake(MERGE, "looked at every second place only",
         "You cut the list into twos, so a pair that begins at an odd place is missed. The step is 2 after a merge and "
         "1 otherwise.")
def in_steps_of_two(ids, pair, new):
    merged = []
    for i in range(0, len(ids), 2):
        merged += [new] if tuple(ids[i:i + 2]) == pair else ids[i:i + 2]
    return merged


@mistake(MERGE, "replaced digits in a text",
         "You wrote the ids as one text and replaced in it, where 11, 2 holds a 1, 2 as well. Compare ids as numbers.")
def by_text(ids, pair, new):
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new))
    return [int(word) for word in text.split()]
