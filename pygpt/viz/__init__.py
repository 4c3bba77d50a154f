"""The figures and widgets of the course. A part, and matplotlib with it, loads when it is first asked for."""

import importlib

_HOMES = {
    "attention_arcs": "diagrams",
    "attention_grid": "grid",
    "attention_heatmap": "attention",
    "attention_widget": "widget",
    "bar_chart": "bars",
    "batch_map": "places",
    "flow_chart": "flow",
    "learning_curve": "curves",
    "merge_chart": "merges",
    "merge_widget": "segments",
    "line_chart": "charts",
    "search_chart": "search",
    "signed_heatmap": "positions",
    "stream_chart": "stream",
    "token_map": "maps",
    "token_text": "segments",
    "turning_pairs": "positions",
    "use_style": "style",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"pygpt.viz has no {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__():
    return __all__
