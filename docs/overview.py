"""Draws docs/overview.png, the README's picture, with the model that comes with the course: python docs/overview.py"""

from pathlib import Path

import numpy as np

from pygpt import load_model, viz
from pygpt.sampling import softmax
from pygpt.viz.style import pyplot

PROMPT = "ROMEO:\nBut soft, what light through yonder window "


def main():
    viz.use_style()
    figure, (above, below) = pyplot().subplots(2, 1, figsize=(10, 5.2), height_ratios=(1, 1))
    model, tokenizer = load_model()
    blocks = f"{model.config.n_layer} blocks"
    viz.flow_chart([("text", "window "), ("ids", "one a\ncharacter"), ("embeddings", "a vector\nfor each"),
                    (blocks, "attention and MLP,\nby hand, with\ntheir gradients"),
                    ("logits", "a score for\neach character"), ("next", "one is drawn")],
                   back=(5, 0, "append it, and go again"), ax=above)
    probs = softmax(model(np.array([tokenizer.encode(PROMPT)]))[0, -1].astype(float))
    best = np.argsort(-probs)[:16]
    names = [repr(tokenizer.decode([i]))[1:-1].replace(" ", "space") for i in best]
    below.bar(names, 100 * probs[best])
    below.set(ylabel="probability (%)", xlabel="next character", title="… what light through yonder window ▁")
    figure.savefig(Path(__file__).with_name("overview.png"), dpi=110)


if __name__ == "__main__":
    main()
