"""The exercise of 01_text_to_tokens on special tokens: cut them out whole, before anything else is done to a text."""

import random

from ..exercise import Case, Exercise, Stage
from . import mistakes_special, token_questions

MARKS = {"<BOS>": 1, "<EOS>": 2}
SIGNS = {"[CLS]": 101, "***": 103, "<|end|>": 50256, "(c).": 107}   # full of what means something in a pattern
NESTED = {"<end>": 7, "<end><end>": 11, "end": 13}


def split_reference(text, special, allowed):
    """Place by place: of the tokens that begin here the longest, else one more character of ordinary text."""
    parts, plain, place = [], "", 0
    while place < len(text):
        here = max((token for token in special if text.startswith(token, place)), key=len, default="")
        if here and not allowed:
            raise ValueError(f"{here!r} at position {place}")
        if here:
            parts += [plain, special[here]] if plain else [special[here]]
            plain, place = "", place + len(here)
        else:
            plain, place = plain + text[place], place + 1
    return parts + [plain] if plain else parts


def case(text, special=MARKS, allowed=True, words=None):
    return Case(words or f"text {text!r}, special {special}, allowed {allowed}", lambda: (text, dict(special), allowed),
                observe=token_questions.cut_out)


def refused(text, special=MARKS):
    return case(text, special, allowed=False)


def long_case(seed, special, n, allowed=True):
    """n words and special tokens in random order, some with nothing between them."""
    draw = random.Random(seed)
    text = "".join(draw.choice([*special, "king", " ", "\n", "Thou art. ", "bos"]) for _ in range(n))
    return case(text, special, allowed, f"{n} words and special tokens in a row, special {special}, allowed {allowed}")


SPLIT_SPECIAL = Exercise(
    id="01.6", title="Cut out the special tokens", function="split_special",
    signature="split_special(text, special, allowed) -> parts",
    difficulty="medium", minutes=15, notebook="01_text_to_tokens", section="Special tokens",
    hints=("A special token is one unit, whatever pre-tokenisation would do to its characters. So it is looked for in "
           "the whole text, before anything else, and what lies between two of them is ordinary text.",
           "One pattern with an alternative for each token will do. The first alternative that fits wins, so the "
           "longest must come first, and signs such as [ and | must be escaped. Remember where the last one ended: "
           "the text from there to the next one is a part, and so is the rest at the end, unless they are empty.",
           'pattern = "|".join(map(re.escape, sorted(special, key=len, reverse=True))); for found in '
           "re.finditer(pattern, text): parts += [text[start:found.start()], special[found[0]]]; start = found.end()"),
    example="text = 'Amen.<EOS> Now', special = {'<BOS>': 1, '<EOS>': 2}, allowed: ['Amen.', 2, ' Now']. Not allowed: "
            "a ValueError. '<EOS>' alone is [2], with no empty text around it.",
    outputs="parts", reference=split_reference, mistakes=tuple(mistakes_special.SPLIT_SPECIAL),
    stages=(
        Stage("ordinary text", "Without a special token the text is one part, unchanged, whether they are allowed "
              "or not.", (case("To be, or not to be"), refused(" two  spaces\n"), refused("Amen"))),
        Stage("one", "Text, id, text: nothing is lost, no space either.",
              (case("Amen. <EOS> Now"), case("Amen.<EOS>Now"), case("one <BOS>\n two"))),
        Stage("several", "Every one of them, in the order of the text.",
              (case("a<EOS>b<BOS>c"), case("so<BOS> a<EOS> b <EOS> c"))),
        Stage("nothing between", "An empty part is left out.",
              (case("<EOS>"), case("<BOS>Amen<EOS>"), case("a<EOS><EOS><BOS>b"), case(""))),
        Stage("white space between", "A blank is text.", (case("a<BOS> <EOS>\n<EOS>b"), case(" <EOS>\n"))),
        Stage("one inside another", "Of tokens that overlap, the longest counts, whatever the order of the dictionary.",
              (case("a<end><end>b<end>c end", NESTED), case("a<end><end>b<end>c end", dict(reversed(NESTED.items()))),
               case("@@@@@", {"@": 3, "@@": 5}), case("@@@@@", {"@@": 5, "@": 3}))),
        Stage("nearly one", "Capitals and every sign must be the same.",
              (case("<bos> is <Eos>, and <EOS> is not"), case("<BOS and EOS> and <<BOS>>"))),
        Stage("signs of patterns", "The text of a token is a text, even where it looks like a pattern.",
              (case("CLS [CLS] C*", {"[CLS]": 101}), case("a*** b* **", {"***": 103}),
               case("end |<|end|> <end>", {"<|end|>": 50256}), case("(c). c. (c)a", {"(c).": 107}))),
        Stage("not allowed", "Where the text holds one, a ValueError is raised.",
              (refused("<EOS>"), refused("Good night. <EOS> The king"), refused("no end<BOS>"))),
        Stage("no special tokens", "A tokenizer may have none at all.",
              (case("Amen", {}), case("<BOS>", {}, allowed=False), case("", {}))),
        Stage("a long text", "Random ones.", (long_case(61, MARKS, 75), long_case(62, SIGNS, 101),
                                              long_case(63, NESTED, 53), long_case(64, MARKS, 31, allowed=False))),
    ))

EXERCISES = (SPLIT_SPECIAL,)
