"""A BPE tokenizer in the form of Hugging Face's `tokenizers` library."""

from ..errors import PyGPTError
from .patterns import PATTERNS
from .printable import to_printable


def to_tokenizers(tokenizer):
    """BPETokenizer -> tokenizers.Tokenizer with the same ids. PyGPTError where the library is not installed."""
    try:
        from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    except ImportError:
        raise PyGPTError("the tokenizers library is not installed; run: pip install tokenizers") from None
    ordinary = {i: token for i, token in tokenizer.vocab.items() if i not in tokenizer.special.texts}
    vocab = {to_printable(token): i for i, token in ordinary.items()}
    merges = [(to_printable(first), to_printable(second)) for first, second in tokenizer.merges]
    theirs = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    theirs.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERNS[tokenizer.pattern]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    theirs.decoder = decoders.ByteLevel()
    theirs.add_special_tokens(sorted(tokenizer.special_tokens, key=tokenizer.special_tokens.get))
    return theirs
