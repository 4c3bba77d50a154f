"""Our BPE against its peers: training, encoding, and the memory of a long stream.

    python -m benchmarks.bpe [--full]

The plain version is train_naive, minbpe's algorithm as the lesson writes it first: it counts all pairs of the text
again for every merge. That takes minutes, so only every 25th merge is timed, each on the text as it stands there;
--full times all.
Beside it: the `tokenizers` library (Rust) and sentencepiece (C++) for training, tiktoken (Rust) for encoding.
"""

import argparse
import io
import multiprocessing
import time
from collections import Counter
from pathlib import Path

from pygpt.data import get_corpus, load_corpus
from pygpt.data.vocabularies import get_gpt2_files
from pygpt.tokenizers import BPETokenizer, merging
from pygpt.tokenizers.patterns import PATTERNS, compiled

from .pairing import machine

STREAM_BYTES, CHUNK = 50_000_000, 10_000


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--full", action="store_true", help="time every merge of the plain version: minutes")
    full = arguments.parse_args().full
    print(*machine(), sep="\n")
    get_corpus("tinyshakespeare")
    tiny, plays = (corpus.train + corpus.val for corpus in map(load_corpus, ("tinyshakespeare", "shakespeare")))
    train_against_plain(tiny, 1000, step=1 if full else 25)
    train_against_libraries(plays, 10_000)
    encode_against_tiktoken(tiny)
    stream_memory()


def train_against_plain(text, vocab_size, step):
    seconds, tokenizer = timed(lambda: BPETokenizer.train(text, vocab_size), best_of=3)
    ids = {token: i for i, token in tokenizer.vocab.items()}
    pairs = [(ids[first], ids[second]) for first, second in tokenizer.merges]
    start = time.perf_counter()
    texts = [list(piece.encode()) for piece in compiled("gpt2").findall(text)]
    plain, done = time.perf_counter() - start, 0
    while done < len(pairs):
        start = time.perf_counter()
        counts = Counter(pair for piece in texts for pair in zip(piece, piece[1:], strict=False))
        best = merging.most_frequent(counts)
        texts = [merging.merge(piece, best, 256 + done) for piece in texts]
        stride = min(step, len(pairs) - done)
        plain += (time.perf_counter() - start) * stride
        assert best == pairs[done], "the plain version merges another pair"
        skipped = {pair: rank for rank, pair in enumerate(pairs[:done + stride])}
        results = [256 + i for i in range(len(skipped))]
        if stride > 1:
            texts = [merging.apply_merges(piece, skipped, results) for piece in texts]
        done += stride
    how = "measured" if step == 1 else f"every {step}th merge timed"
    print(f"train {vocab_size} tokens on {len(text):,} characters: plain {plain:.0f} s ({how}), ours {seconds:.2f} s, "
          f"{plain / seconds:.0f} times faster")


def train_against_libraries(text, vocab_size):
    documents = [part + "\n\n" for part in text.split("\n\n")]
    ours, _ = timed(lambda: BPETokenizer.train(documents, vocab_size), best_of=3)
    rust, _ = timed(lambda: rust_tokenizer(documents, vocab_size), best_of=3)
    print(f"train {vocab_size} tokens on {len(documents):,} documents, {len(text):,} characters: ours {ours:.2f} s, "
          f"tokenizers {rust:.2f} s, ratio {ours / rust:.2f}")
    cpp, _ = timed(lambda: sentencepiece_model(text, vocab_size), best_of=1)
    print(f"sentencepiece (bpe, lines of the same text): {cpp:.2f} s; peak memory of ours: "
          f"{peak_memory(train_alone, vocab_size):.0f} MB over the start, the text included")


def rust_tokenizer(documents, vocab_size):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(documents, trainers.BpeTrainer(vocab_size=vocab_size, show_progress=False,
                                                                 initial_alphabet=alphabet))
    return tokenizer


def sentencepiece_model(text, vocab_size):
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=filter(None, text.splitlines()), model_writer=io.BytesIO(), vocab_size=vocab_size,
        model_type="bpe", byte_fallback=True, minloglevel=2)


def encode_against_tiktoken(text):
    import tiktoken

    gpt2 = BPETokenizer.from_gpt2(*get_gpt2_files())
    ranks = {token: i for i, token in gpt2.vocab.items() if i != 50256}
    openai = tiktoken.Encoding("gpt2", pat_str=PATTERNS["gpt2"], mergeable_ranks=ranks, special_tokens={})

    ours, theirs = [], []
    for _ in range(5):
        fresh = BPETokenizer.from_gpt2(*get_gpt2_files())   # no piece is known yet
        seconds, ids = timed(lambda fresh=fresh: fresh.encode(text), best_of=1)
        ours.append(seconds)
        seconds, expected = timed(lambda: openai.encode_ordinary(text), best_of=1)
        theirs.append(seconds)
        assert ids == expected, "our ids are not GPT-2's"
    part = text[:50_000]
    plain, _ = timed(lambda: encode_plain(gpt2, part), best_of=1)
    size = len(text.encode()) / 1e6
    fast, rust, slow = size / min(ours), size / min(theirs), len(part.encode()) / 1e6 / plain
    print(f"encode as GPT-2, first pass, identical ids: ours {fast:.1f} MB/s, tiktoken {rust:.1f} MB/s, ratio "
          f"{fast / rust:.2f}; {fast / slow:.0f} times the plain version's {slow:.3f} MB/s")


def encode_plain(tokenizer, text):
    """minbpe's encoder in our words: count the pairs of a piece, merge the earliest learnt one, begin again."""
    ids, ranks = [], tokenizer._ranks
    for piece in compiled("gpt2").findall(text):
        tokens = [tokenizer._byte_ids[byte] for byte in piece.encode()]
        while len(tokens) > 1:
            counts = Counter(zip(tokens, tokens[1:], strict=False))
            pair = min(counts, key=lambda pair: ranks.get(pair, float("inf")))
            if pair not in ranks:
                break
            tokens = merging.merge(tokens, pair, tokenizer._results[ranks[pair]])
        ids += tokens
    return ids


def stream_memory():
    grown = peak_memory(stream_alone, STREAM_BYTES)
    print(f"encode_iterable of {STREAM_BYTES / 1e6:.0f} MB: peak memory {grown:.0f} MB over the start")


def timed(function, best_of):
    """Seconds of the least disturbed of several calls, and the last result."""
    seconds = []
    for _ in range(best_of):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def peak_memory(function, *arguments):
    """MB by which a fresh process grows above its start, at most, while it runs function(*arguments)."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def resident(reset=False):
    """The most MB this process has held since the last reset. Linux tells; elsewhere the figure is nan."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def train_alone(vocab_size):
    before = resident(reset=True)
    corpus = load_corpus("shakespeare")
    BPETokenizer.train((part for text in (corpus.train, corpus.val) for part in text.split("\n\n")), vocab_size)
    return resident() - before


def stream_alone(n_bytes):
    """The plays again and again in small chunks, with a number in every chunk so that new pieces keep coming."""
    tokenizer = BPETokenizer.from_gpt2(*get_gpt2_files())
    text = load_corpus("shakespeare").train
    chunks = (f" {i} {i * i % 99991}x {text[i * CHUNK % 4_000_000:][:CHUNK]}" for i in range(n_bytes // CHUNK))
    next(tokenizer.encode_iterable([text[:CHUNK]]))
    before = resident(reset=True)
    for _ in tokenizer.encode_iterable(chunks):
        pass
    return resident() - before


if __name__ == "__main__":
    main()
