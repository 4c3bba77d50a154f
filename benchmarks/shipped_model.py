"""How good is the model that comes with the course? Loss and bits per byte on unseen plays, every token scored once.

    python -m benchmarks.shipped_model [FOLDER]

Beside it stand what a uniform guess costs and what xz, which has seen nothing, needs for the same text.
"""

import lzma
import math
import sys

from pygpt import load_model
from pygpt.data import load_corpus
from pygpt.engine import SHIPPED_MODEL, engine_for
from pygpt.evaluate import validation_loss
from pygpt.metrics import perplexity


def main(folder=SHIPPED_MODEL):
    model, tokenizer = load_model(folder)
    text = load_corpus("shakespeare").val
    loss, bits = validation_loss(engine_for(model), tokenizer, text)
    xz = 8 * len(lzma.compress(text.encode(), preset=9)) / len(text.encode())
    print(f"{model.num_parameters():,} parameters, context {model.config.block_size}, "
          f"{len(text):,} characters of unseen plays")
    print(f"loss {loss:.4f} nats a character, perplexity {perplexity(loss):.2f}")
    print(f"{bits:.3f} bits per byte; uniform {math.log2(tokenizer.vocab_size):.3f}, xz {xz:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
