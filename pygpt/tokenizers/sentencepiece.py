"""Google's sentencepiece library behind the same face: BPE or unigram pieces of characters, not bytes."""

import base64
import io
import json
import re
from itertools import chain

from ..errors import DataError, PyGPTError
from ..files import write_atomically

SPACE = "▁"                    # how a piece writes a space
BYTE = re.compile(r"<0x([0-9A-F]{2})>")
LONGEST = 16_000               # bytes; the library leaves out longer sentences


class SentencePieceTokenizer:
    """A trained sentencepiece model (Kudo & Richardson 2018), set so that no text is changed on the way.

    vocab: {id: bytes}; unk_id: the id of what it cannot write, which only a model without byte fallback uses.
    """

    def __init__(self, model):
        """model: the bytes of a sentencepiece model. DataError where they are none."""
        self._model = bytes(model)
        processor = library().SentencePieceProcessor()
        try:
            processor.LoadFromSerializedProto(self._model)
        except RuntimeError:
            raise DataError("these bytes are no sentencepiece model; make one with train()") from None
        self._processor, self.unk_id = processor, processor.unk_id()
        self.vocab = {i: self._bytes(i) for i in range(processor.GetPieceSize())}

    @classmethod
    def train(cls, text_or_iterable, vocab_size, model_type="unigram", byte_fallback=True, special_tokens=()):
        """Learn from the lines of a text or of an iterable of texts.

        model_type: "unigram" (Kudo 2018) starts with many pieces and drops those it misses least; "bpe" merges.
        byte_fallback: a character that has no piece is written as its bytes; without it, it becomes <unk> and is lost,
        as every new line and the rarest characters do.
        Raises DataError, in one line, for a size that the text cannot fill or that is too small for its characters.
        """
        if model_type not in ("unigram", "bpe"):
            raise DataError(f"model_type={model_type!r}; allowed: unigram, bpe")
        texts = [text_or_iterable] if isinstance(text_or_iterable, str) else text_or_iterable
        model = io.BytesIO()
        try:
            library().SentencePieceTrainer.train(
                sentence_iterator=filter(None, chain.from_iterable(text.splitlines() for text in texts)),
                model_writer=model, vocab_size=vocab_size, model_type=model_type, byte_fallback=byte_fallback,
                user_defined_symbols=list(special_tokens), normalization_rule_name="identity", add_dummy_prefix=False,
                remove_extra_whitespaces=False, max_sentence_length=LONGEST, num_threads=1, minloglevel=2,
                bos_id=-1, eos_id=-1)
        except (RuntimeError, OSError) as error:
            reason = str(error).split("] ")[-1].splitlines()[0]
            raise DataError(f"sentencepiece cannot learn vocab_size={vocab_size} from this text: {reason}") from None
        return cls(model.getvalue())

    @property
    def vocab_size(self):
        return len(self.vocab)

    def encode(self, text):
        """text -> list of ids."""
        return self._processor.encode(text)

    def encode_batch(self, texts):
        """texts -> a list of ids for each."""
        return self._processor.encode(list(texts))

    def decode(self, ids):
        """ids -> text. Bytes that are no UTF-8 become the sign U+FFFD; DataError names an id that is no token."""
        ids = [int(i) for i in ids]
        for position, i in enumerate(ids):
            if i not in self.vocab:
                raise DataError(f"id {i} at position {position} is no token; allowed: 0 to {self.vocab_size - 1}")
        return b"".join([self.vocab[i] for i in ids]).decode("utf-8", errors="replace")

    def unknown_rate(self, text):
        """The share of tokens of `text` that are <unk>, 0 to 1."""
        ids = self.encode(text)
        return sum(i == self.unk_id for i in ids) / max(1, len(ids))

    def _bytes(self, i):
        piece = self._processor.IdToPiece(i)
        byte = BYTE.fullmatch(piece)
        if byte:
            return bytes.fromhex(byte[1])
        return "\N{REPLACEMENT CHARACTER}".encode() if i == self.unk_id else piece.replace(SPACE, " ").encode()

    def save(self, path):
        """Write the model as JSON; `load` or `load_tokenizer` reads it back."""
        write_atomically(path, json.dumps({"type": "sentencepiece", "model": base64.b64encode(self._model).decode()}))

    @classmethod
    def load(cls, path):
        """The SentencePieceTokenizer saved at `path`; DataError where the file holds something else."""
        from . import load_as

        return load_as(cls, path)

    @classmethod
    def from_saved(cls, saved, path):
        """Build from the JSON object read from `path`."""
        try:
            return cls(base64.b64decode(saved["model"], validate=True))
        except (KeyError, TypeError, ValueError, DataError):
            raise DataError(f"{path} is a damaged sentencepiece tokenizer; make it again with save()") from None

    def __repr__(self):
        return f"SentencePieceTokenizer({self.vocab_size} pieces)"


def library():
    try:
        import sentencepiece
    except ImportError:
        raise PyGPTError("sentencepiece is not installed; run: pip install sentencepiece") from None
    return sentencepiece
