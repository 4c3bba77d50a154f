"""Small talk, questions and answers in English, out of the `chatterbot-corpus` package.

A conversation: its turns, each opened by "A: " or "B: " in alternation, and a blank line. The further lines of a turn
(programs, mostly) open with a tab. `read_conversations` takes the text apart again.
"""

import hashlib
import re
import zipfile

from ..errors import DataError

# Files whose lists are a remark and all the answers that fit, not turns one after the other.
ALTERNATIVES = ("computers", "emotion")
SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "–": "-", "\xa0": " ", "├": "|", "└": "|",
                       "─": "-"})
TELLING = 30   # characters: two conversations that share a turn as long as this are about the same thing


def build_dialogue(package):
    """(train, val): a tenth of the topics is held out, a topic being all conversations that share words."""
    conversations = read_package(package)
    parts = {False: [], True: []}
    for topic in _topics(conversations):
        opening = _plain(topic[0][0])
        held_out = hashlib.sha256(opening.encode()).digest()[0] % 10 == 0   # told by its text alone, not by its place
        parts[held_out] += topic
    return tuple("".join(map(as_text, parts[held_out])) for held_out in (False, True))


def read_package(package):
    """The wheel's English conversations, each a list of turns; a conversation that comes again is left out."""
    import yaml

    conversations = {}
    with zipfile.ZipFile(package) as archive:
        for name in sorted(name for name in archive.namelist() if re.search(r"/data/english/\w+\.yml$", name)):
            lists = yaml.safe_load(archive.read(name))["conversations"]
            for turns in lists:
                turns = [_clean(turn) for turn in turns]
                if name.rpartition("/")[2].removesuffix(".yml") in ALTERNATIVES:
                    conversations |= {(turns[0], answer): True for answer in turns[1:]}
                else:
                    conversations[tuple(turns)] = True
    if not conversations:
        raise DataError(f"{package} holds no English conversations; delete it and get the corpus again")
    return [list(turns) for turns in conversations]


def read_conversations(text):
    """The text of the corpus -> a list of conversations, each a list of turns."""
    blocks = [block for block in text.split("\n\n") if block.strip("\n")]
    return [[turn.replace("\n\t", "\n") for turn in re.split(r"(?m)\n?^[AB]: ", block)[1:]] for block in blocks]


def as_text(turns):
    """The turns of one conversation as they stand in the corpus, blank line included."""
    lines = (f"{'AB'[i % 2]}: " + turn.replace("\n", "\n\t") for i, turn in enumerate(turns))
    return "\n".join(lines) + "\n\n"


def _clean(turn):
    lines = [line.rstrip() for line in turn.translate(SIGNS).strip().split("\n")]
    return "\n".join(" ".join(line.split()) if len(lines) == 1 else line for line in lines)


def _plain(turn):
    return re.sub(r"\W+", " ", turn.lower()).strip()


def _topics(conversations):
    """Conversations in groups, none of which shares an opening or a telling turn with another group."""
    topics, topic_of = {}, {}   # number -> conversations; words -> number
    for number, turns in enumerate(conversations):
        words = [_plain(turns[0]), *(plain for plain in map(_plain, turns[1:]) if len(plain) >= TELLING)]
        joined = {topic_of[w] for w in words if w in topic_of}
        topics[number] = [turns]
        for other in sorted(joined):   # this conversation ties them together
            topics[number] = topics.pop(other) + topics[number]
        topic_of = {w: number if n in joined else n for w, n in topic_of.items()} | dict.fromkeys(words, number)
    return list(topics.values())
