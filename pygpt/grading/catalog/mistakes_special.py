"""Wrong answers to 01.6 split_special, each as people really write it."""

import re

from ..exercise import mistake, variant

SPLIT_SPECIAL = []


def longest_first(special):
    return sorted(special, key=len, reverse=True)


def refuse(found, allowed):
    if not allowed:
        raise ValueError(f"the text holds the special token {found!r}")


def cut_out(text, special, allowed, tokens, flags=0):
    """A right answer where tokens are longest_first(special) and flags are 0."""
    parts, start, ids = [], 0, {token.lower() if flags else token: i for token, i in special.items()}
    for found in re.finditer("|".join(map(re.escape, tokens)), text, flags) if tokens else ():
        refuse(found[0], allowed)
        parts += [text[start:found.start()], ids[found[0].lower() if flags else found[0]]]
        start = found.end()
    return [part for part in [*parts, text[start:]] if part != ""]


def right(text, special, allowed):
    return cut_out(text, special, allowed, longest_first(special))


@mistake(SPLIT_SPECIAL, "read the special token as ordinary text",
         "Your text comes back whole, with the special token in it. The next step would cut it into pieces like any "
         "other text. Look for the tokens first, and put the id where one stood.")
def never_looked(text, special, allowed):
    return [text] if text else []


@mistake(SPLIT_SPECIAL, "cut the text into pieces first",
         "Pre-tokenisation knows no special tokens: of <EOS> it makes '<', 'EOS' and '>', and then none of them is "
         "found. Cut the special tokens out of the whole text first; only what lies between is cut further, later.")
def pieces_first(text, special, allowed):
    pieces = re.findall(r" ?\w+| ?[^\s\w]+|\s+", text)
    for piece in pieces:
        if piece in special:
            refuse(piece, allowed)
    return [special.get(piece, piece) for piece in pieces]


@mistake(SPLIT_SPECIAL, "cut the text at its spaces",
         "split() makes words, loses the spaces, and finds a special token only where spaces stand around it. People "
         "write 'Amen.<EOS>' as well. Search inside the text.")
def words(text, special, allowed):
    for word in text.split():
        if word in special:
            refuse(word, allowed)
    return [special.get(word, word) for word in text.split()]


@mistake(SPLIT_SPECIAL, "the shortest first",
         "Where one token begins like another, you took the shorter one, and the rest of the longer became text. Sort "
         "the tokens by length, the longest first: key=len, reverse=True.")
def shortest_first(text, special, allowed):
    return cut_out(text, special, allowed, sorted(special, key=len))


@mistake(SPLIT_SPECIAL, "in the order of the dictionary",
         "Of tokens that overlap you took the one that stands first in the dictionary. In a pattern the first "
         "alternative that fits wins, so the order must not be left to whoever filled it: sort, the longest first.")
def as_listed(text, special, allowed):
    return cut_out(text, special, allowed, list(special))


@variant(SPLIT_SPECIAL)
def one_token_after_the_other(text, special, allowed):
    parts = [text]
    for token, i in special.items():
        cut = []
        for part in parts:
            if isinstance(part, int):
                cut.append(part)
                continue
            if token in part:
                refuse(token, allowed)
            for n, piece in enumerate(part.split(token)):
                cut += [i, piece] if n else [piece]
        parts = cut
    return [part for part in parts if part != ""]


@mistake(SPLIT_SPECIAL, "signs of the pattern not escaped",
         "In a pattern | means or, [CLS] is one of three letters, and * repeats. Those tokens mean themselves: put "
         "each through re.escape before you join them.")
def not_escaped(text, special, allowed):
    parts, start = [], 0
    for found in re.finditer("|".join(longest_first(special)), text) if special else ():
        refuse(found[0], allowed)
        parts += [text[start:found.start()], special[found[0]]]
        start = found.end()
    return [part for part in [*parts, text[start:]] if part != ""]


@variant(SPLIT_SPECIAL)
def split_without_escape(text, special, allowed):
    pattern = f"({'|'.join(longest_first(special))})"
    parts = [part for part in re.split(pattern, text) if part] if special else [text]
    for part in parts:
        if part in special:
            refuse(part, allowed)
    return [special.get(part, part) for part in parts if part]


@mistake(SPLIT_SPECIAL, "lost the text after the last one",
         "Your loop adds the text in front of each special token, and after the last one nobody adds the rest. Behind "
         "the loop: text[start:], unless it is empty.")
def no_rest(text, special, allowed):
    parts = right(text, special, allowed)
    return parts[:-1] if parts and isinstance(parts[-1], str) else parts


@variant(SPLIT_SPECIAL)
def no_rest_after_a_token(text, special, allowed):
    parts = right(text, special, allowed)
    return parts[:-1] if len(parts) > 1 and isinstance(parts[-1], str) else parts


@mistake(SPLIT_SPECIAL, "kept empty parts",
         "Where two special tokens touch, or one stands at an end of the text, there is nothing between, and you "
         "return it as ''. Leave empty parts out.")
def with_empty_parts(text, special, allowed):
    parts, start = [], 0
    for found in re.finditer("|".join(map(re.escape, longest_first(special))), text) if special else ():
        refuse(found[0], allowed)
        parts += [text[start:found.start()], special[found[0]]]
        start = found.end()
    return [*parts, text[start:]]


@mistake(SPLIT_SPECIAL, "took white space for nothing",
         "A part of spaces or line ends is text, and decoding must give it back. Leave a part out if it is '', not if "
         "strip() makes it so.")
def without_blank_parts(text, special, allowed):
    return [part for part in right(text, special, allowed) if isinstance(part, int) or part.strip()]


@mistake(SPLIT_SPECIAL, "stripped the text",
         "Spaces around a special token belong to the text: ' The' and 'The' have different ids. Leave strip() out.")
def stripped(text, special, allowed):
    parts = (part if isinstance(part, int) else part.strip() for part in right(text, special, allowed))
    return [part for part in parts if part != ""]


@mistake(SPLIT_SPECIAL, "small letters taken for capitals",
         "<bos> is not <BOS>. A special token is a fixed text, and anything else is ordinary: no IGNORECASE, no "
         "lower().")
def any_case(text, special, allowed):
    return cut_out(text, special, allowed, longest_first(special), re.IGNORECASE)


@mistake(SPLIT_SPECIAL, "only the first one",
         "After the first special token you stop, and further ones stay in the text. Go on from where it ended, until "
         "the text does.")
def first_only(text, special, allowed):
    found = re.search("|".join(map(re.escape, longest_first(special))), text) if special else None
    if not found:
        return [text] if text else []
    refuse(found[0], allowed)
    return [part for part in (text[:found.start()], special[found[0]], text[found.end():]) if part != ""]


@mistake(SPLIT_SPECIAL, "lost the special tokens",
         "You have the text between them, but the ids are gone: re.split drops what it splits at. Put a group, ( and "
         "), around the pattern, or walk through re.finditer.")
def only_text(text, special, allowed):
    return [part for part in right(text, special, allowed) if isinstance(part, str)]


@mistake(SPLIT_SPECIAL, "left its text where the id should be",
         "The tokens are cut out whole, but as texts, so nobody can tell any more that they are special. Put "
         "special[token] there, a number.")
def text_for_id(text, special, allowed):
    names = {i: token for token, i in special.items()}
    return [names.get(part, part) for part in right(text, special, allowed)]


@mistake(SPLIT_SPECIAL, "never refused",
         "Nobody asked for allowed. Where it is False and the text holds a special token, raise ValueError: a "
         "stranger's text must not end a document.")
def always_allowed(text, special, allowed):
    return right(text, special, True)


@mistake(SPLIT_SPECIAL, "read it as text where it should be refused",
         "Not allowed means an error, so that whoever wrote the program learns of it and decides. You passed it on as "
         "ordinary text in silence: raise ValueError.")
def text_where_refused(text, special, allowed):
    if not allowed:
        return [text] if text else []
    return right(text, special, True)


@mistake(SPLIT_SPECIAL, "dropped it where it should be refused",
         "Not allowed means an error. You took the special token out in silence, so the text is another one now, and "
         "nobody knows: raise ValueError.")
def dropped_where_refused(text, special, allowed):
    parts = right(text, special, True)
    return parts if allowed else [part for part in parts if isinstance(part, str)]


@mistake(SPLIT_SPECIAL, "refused a text that holds none",
         "Your ValueError comes whenever allowed is False. It should come only once a special token has been found: "
         "ask inside the loop.")
def refuses_everything(text, special, allowed):
    refuse(text, allowed)
    return right(text, special, allowed)


@mistake(SPLIT_SPECIAL, "an empty pattern, which fits everywhere",
         "Without special tokens your pattern is '', and that is found between any two characters. Where special is "
         "empty, the whole text is one part.")
def empty_pattern(text, special, allowed):
    if special:
        return right(text, special, allowed)
    return [special[found[0]] for found in re.finditer("", text)]


@variant(SPLIT_SPECIAL)
def empty_pattern_in_split(text, special, allowed):
    if special:
        return right(text, special, allowed)
    return [part for part in re.split("()", text) if part]
