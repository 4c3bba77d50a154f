"""Texts to learn from. Only `get_corpus` touches the network; the rest reads what it left on this machine."""

from .bible import read_pairs
from .corpora import CORPORA, get_corpus, load_corpus, open_corpus
from .dialogue import read_conversations
from .store import Corpus, CorpusFile

__all__ = ["CORPORA", "Corpus", "CorpusFile", "get_corpus", "load_corpus", "open_corpus", "read_conversations",
           "read_pairs"]
