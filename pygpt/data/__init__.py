"""Texts to learn from. Only `get_corpus` touches the network; `load_corpus` reads what it left on this machine."""

from .corpora import CORPORA, Corpus, get_corpus, load_corpus

__all__ = ["CORPORA", "Corpus", "get_corpus", "load_corpus"]
