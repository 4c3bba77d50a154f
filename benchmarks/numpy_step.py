"""One whole training step, NumPy against eager PyTorch: forward, loss, backward, clipping, AdamW, float32.

    python -m benchmarks.numpy_step

The model of configs/shakespeare.yaml: 4 layers, 4 heads, width 128, context 64, batch 12. Both sides run pygpt's own
engines on the same weights and the same threads; PyTorch's attention is its fused one (scaled_dot_product_attention).
"""

import numpy as np

from pygpt import GPTConfig
from pygpt.engine import make_engine

from .pairing import machine, paired

CONFIG = GPTConfig(vocab_size=62, block_size=64, n_layer=4, n_head=4, n_embd=128)
BATCH = 12


def main():
    ids = np.random.default_rng(0).integers(0, CONFIG.vocab_size, (BATCH, CONFIG.block_size + 1))
    engines = {backend: make_engine(backend, CONFIG) for backend in ("numpy", "torch")}

    def stepper(backend):
        return lambda: engines[backend].step(ids[:, :-1], ids[:, 1:], 1e-3)

    pair = paired(stepper("numpy"), stepper("torch"))
    print(*machine(), sep="\n")
    print(f"NumPy {1e3 * pair.ours:.1f} ms, torch {1e3 * pair.theirs:.1f} ms a step")
    print(f"ratio {pair.ratio:.2f} of torch's time (quartiles {pair.lowest:.2f} to {pair.highest:.2f}); "
          "below 1 is faster")


if __name__ == "__main__":
    main()
