"""A byte-level BPE tokenizer, as GPT-2's: any text has ids, and the ids of frequent words are few."""

import json
from collections import Counter
from itertools import chain
from pathlib import Path

from ..errors import DataError
from ..files import write_atomically
from .merging import N_BYTES, apply_merges, merge, train_merges
from .patterns import last_safe_cut, splitter
from .printable import from_printable, to_printable
from .special import SpecialTokens

KNOWN_PIECES = 2**15   # pieces whose ids are remembered, a few megabytes


class BPETokenizer:
    """Bytes, then merges, then special tokens.

    vocab: {id: bytes}, special tokens included; merges: [(bytes, bytes)] in the order in which they apply;
    special_tokens: {text: id}.
    """

    def __init__(self, vocab, merges, special_tokens=None, pattern="gpt2"):
        """vocab: {id: bytes} without the special tokens.

        Raises DataError where the parts do not make a tokenizer: a byte without an id, a merge of unknown tokens.
        """
        self.special, self.pattern = SpecialTokens(special_tokens or {}), pattern
        self.merges = [tuple(pair) for pair in merges]
        id_of = self._id_of = {token: i for i, token in vocab.items()}
        self.vocab = {**vocab, **{i: token.encode() for token, i in self.special.ids.items()}}
        if len(self.vocab) < len(vocab) + len(self.special.ids):
            raise DataError("a special token has the id of another token; give each token an id of its own")
        try:
            self._byte_ids = [id_of[bytes([byte])] for byte in range(N_BYTES)]
            self._ranks = {(id_of[a], id_of[b]): rank for rank, (a, b) in enumerate(self.merges)}
            self._results = [id_of[a + b] for a, b in self.merges]
        except KeyError as error:
            raise DataError(f"the vocabulary lacks the token {error.args[0]!r}; it needs all 256 bytes, and both parts "
                            "and the result of every merge") from None
        self._split = splitter(pattern)
        self._known = _Known(self._encode_piece)

    @classmethod
    def train(cls, text_or_iterable, vocab_size, special_tokens=(), pattern="gpt2", on_merge=None):
        """Learn merges from a text or from an iterable of texts (a file, lines, documents), counted as they come.

        vocab_size counts the 256 bytes, the merges and the special tokens, which get the last ids; where the text has
        fewer different pairs the vocabulary is smaller. Of equally frequent pairs the one with the smaller ids is
        merged first, so the same text gives the same tokenizer everywhere. on_merge(pair, count) hears of every merge.
        """
        special_tokens = list(dict.fromkeys(special_tokens))
        n_merges = vocab_size - N_BYTES - len(special_tokens)
        if n_merges < 0:
            raise DataError(f"vocab_size={vocab_size} is too small; allowed: {N_BYTES + len(special_tokens)} or more, "
                            f"for 256 bytes and {len(special_tokens)} special tokens")
        split, counts = splitter(pattern), Counter()
        for text in [text_or_iterable] if isinstance(text_or_iterable, str) else text_or_iterable:
            counts.update(split(text))
        pairs = train_merges({piece.encode(): n for piece, n in counts.items()}, n_merges, on_merge)
        tokens = [bytes([byte]) for byte in range(N_BYTES)]
        for first, second in pairs:
            tokens.append(tokens[first] + tokens[second])
        merges = [(tokens[first], tokens[second]) for first, second in pairs]
        special = {token: len(tokens) + i for i, token in enumerate(special_tokens)}
        return cls(dict(enumerate(tokens)), merges, special, pattern)

    @property
    def vocab_size(self):
        return len(self.vocab)

    @property
    def special_tokens(self):
        """{text: id}."""
        return dict(self.special.ids)

    def encode(self, text, special="refuse"):
        """text -> list of ids.

        special says what a special token's text means: "refuse" raises DataError, so that text from outside cannot
        forge one; "allow" gives its id; "text" treats it as any other text.
        """
        if special == "text" or not self.special.ids:
            return self._encode_ordinary(text)
        pieces = self.special.split(text, allowed=special == "allow")
        return list(chain.from_iterable([found] if isinstance(found, int) else self._encode_ordinary(found)
                                        for found in pieces))

    def encode_batch(self, texts, special="refuse"):
        """texts -> a list of ids for each."""
        return [self.encode(text, special) for text in texts]

    def encode_iterable(self, texts, special="refuse"):
        """An iterable of pieces of one text (an open file, for instance) -> its ids, one at a time.

        The same ids as for the whole text, wherever it was cut. Memory holds the longest stretch without a space.
        """
        waiting = ""
        for text in texts:
            waiting += text
            cut = last_safe_cut(waiting)
            yield from self.encode(waiting[:cut], special)
            waiting = waiting[cut:]
        yield from self.encode(waiting, special)

    def merge_steps(self, text):
        """[(tokens as bytes, the pair just merged or None)]: `text` as single bytes, then after each of its merges.

        Every piece is merged to its end by the same rule as in encode; here all pieces go together, merge by merge.
        """
        pieces = [[self._byte_ids[byte] for byte in piece.encode()] for piece in self._split(text)]
        steps, merged = [], None
        while True:
            steps.append(([self.vocab[i] for piece in pieces for i in piece], merged))
            pairs = {pair for piece in pieces for pair in zip(piece, piece[1:], strict=False) if pair in self._ranks}
            if not pairs:
                return steps
            pair = min(pairs, key=self._ranks.get)
            merged, new = self.merges[self._ranks[pair]], self._results[self._ranks[pair]]
            pieces = [merge(piece, pair, new) for piece in pieces]

    def decode_bytes(self, ids):
        """ids (any iterable of ints) -> bytes. DataError names an id that is no token."""
        ids = [int(i) for i in ids]
        try:
            return b"".join([self.vocab[i] for i in ids])
        except KeyError as error:
            raise DataError(f"id {error.args[0]} at position {ids.index(error.args[0])} is no token; "
                            f"allowed: 0 to {self.vocab_size - 1}") from None

    def decode(self, ids):
        """ids -> text. Bytes that are no UTF-8, as half a character is, become the sign U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def _ordinary(self):
        """{id: bytes} without the special tokens."""
        return {i: token for i, token in self.vocab.items() if i not in self.special.texts}

    def _encode_ordinary(self, text):
        try:
            return list(chain.from_iterable(map(self._known.__getitem__, self._split(text))))
        except UnicodeEncodeError:   # half a surrogate pair is no character: read it as the sign U+FFFD
            return self._encode_ordinary(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

    def _encode_piece(self, piece):
        data = piece.encode()
        whole = self._id_of.get(data)
        if whole is not None:   # merges inside a piece do not depend on what is around it: they end where they once did
            return [whole]
        return apply_merges([self._byte_ids[byte] for byte in data], self._ranks, self._results)

    def save(self, path):
        """Write everything as JSON; `load` or `load_tokenizer` reads it back."""
        saved = {"type": "bpe", "pattern": self.pattern, "special_tokens": self.special.ids,
                 "vocab": {to_printable(token): i for i, token in self._ordinary().items()},
                 "merges": [f"{to_printable(a)} {to_printable(b)}" for a, b in self.merges]}
        write_atomically(path, json.dumps(saved, ensure_ascii=False))

    @classmethod
    def load(cls, path):
        """The BPETokenizer saved at `path`; DataError where the file holds something else."""
        from . import load_as

        return load_as(cls, path)

    @classmethod
    def from_saved(cls, saved, path):
        """Build from the JSON object read from `path`."""
        try:
            vocab = {i: from_printable(token) for token, i in saved["vocab"].items()}
            merges = [tuple(map(from_printable, line.split(" "))) for line in saved["merges"]]
            return cls(vocab, merges, saved["special_tokens"], saved["pattern"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DataError(f"{path} is a damaged BPE tokenizer; make it again with save()") from None

    @classmethod
    def from_gpt2(cls, encoder_json, vocab_bpe):
        """GPT-2's own tokenizer from its two files, encoder.json and vocab.bpe (Radford et al. 2019).

        Raises DataError for a file that cannot be read or is something else.
        """
        try:
            vocab = json.loads(Path(encoder_json).read_text(encoding="utf-8"))
            lines = Path(vocab_bpe).read_text(encoding="utf-8").splitlines()
            special = {token: vocab.pop(token) for token in ["<|endoftext|>"] if token in vocab}
            merges = [tuple(map(from_printable, line.split())) for line in lines if line and not line.startswith("#v")]
            return cls({i: from_printable(token) for token, i in vocab.items()}, merges, special)
        except OSError as error:
            raise DataError(f"cannot read GPT-2's vocabulary at {error.filename}: {error.strerror}") from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DataError(f"{encoder_json} and {vocab_bpe} are not GPT-2's encoder.json and vocab.bpe") from None

    def to_tokenizers(self):
        """The same tokenizer as an object of Hugging Face's `tokenizers` library, which saves and shares its files."""
        from .export import to_tokenizers

        return to_tokenizers(self)

    def __repr__(self):
        return f"BPETokenizer({self.vocab_size} tokens, {len(self.merges)} merges, pattern {self.pattern!r})"


class _Known(dict):
    """{piece: ids}: computes what it does not know, and starts afresh when it is full, so that memory stays bounded."""

    def __init__(self, encode):
        self.encode = encode

    def __missing__(self, piece):
        if len(self) >= KNOWN_PIECES:
            self.clear()
        ids = self[piece] = self.encode(piece)
        return ids
