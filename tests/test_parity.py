"""NumPy against PyTorch, and both against transformers' GPT-2."""

import numpy as np
import pytest

from pygpt import GPTConfig, generate
from pygpt.engine import make_engine
from pygpt.in_numpy import Tape
from pygpt.in_numpy.losses import cross_entropy_backward, cross_entropy_forward

from .zoo import BASE, ZOO, fill, random_ids, twins

torch = pytest.importorskip("torch")
every_config = pytest.mark.parametrize("config", ZOO.values(), ids=ZOO.keys())


def both_ways(config, dtype):
    """Logits and gradients of both twins for one random upstream gradient, as NumPy."""
    ours, theirs = twins(config, dtype)
    ids, _ = random_ids(config)
    dlogits = np.random.default_rng(2).normal(size=(*ids.shape, config.vocab_size)).astype(dtype)
    tape = Tape()
    logits = ours.forward(ids, tape)
    ours.backward(dlogits, tape)
    assert len(tape) == 0
    torch_logits = theirs(torch.from_numpy(ids))
    torch_logits.backward(torch.from_numpy(dlogits))
    grads = {n: p.grad for n, p in ours.named_parameters()}
    torch_grads = {n: p.grad.numpy() for n, p in theirs.named_parameters()}
    assert list(grads) == list(torch_grads)
    return logits, torch_logits.detach().numpy(), grads, torch_grads


@every_config
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-10), ("float32", 1e-4)])
def test_logits_and_every_gradient_agree(config, dtype, tolerance):
    logits, torch_logits, grads, torch_grads = both_ways(config, dtype)
    assert logits.dtype == dtype
    np.testing.assert_allclose(logits, torch_logits, rtol=0, atol=tolerance * max(1, np.abs(torch_logits).max()))
    # k_proj.bias has a true gradient of zero: only the norm of all gradients together gives a fair scale
    scale = np.sqrt(sum((g**2).sum() for g in torch_grads.values()))
    for name, grad in grads.items():
        assert grad.dtype == dtype, name
        np.testing.assert_allclose(grad, torch_grads[name], rtol=0, atol=tolerance * max(1, scale), err_msg=name)


@every_config
def test_state_keys_shapes_and_counts_agree(config):
    ours, theirs = twins(config)
    assert ({n: a.shape for n, a in ours.state_dict().items()}
            == {n: tuple(a.shape) for n, a in theirs.state_dict().items()})
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert ours.num_parameters() == theirs.num_parameters()
    assert ("lm_head.weight" in dict(ours.named_parameters())) != config.tie_weights


def test_forward_is_pure_and_inference_keeps_nothing():
    ours, _ = twins(ZOO["base"])
    ids, targets = random_ids(ZOO["base"])
    before = {n: a.copy() for n, a in ours.state_dict().items()}, ids.copy()
    tape = Tape()
    first, second = ours.forward(ids, tape), ours(ids)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(ids, before[1])
    for name, array in ours.state_dict().items():
        np.testing.assert_array_equal(array, before[0][name])
    assert tape.nbytes > 50 * first.nbytes
    assert all(isinstance(v, (int, float, bool, list, type(None))) or not hasattr(v, "nbytes") for m in ours.modules()
               for v in vars(m).values()), "a module kept an array after inference"


@pytest.mark.parametrize("weight_decay, clip", [(0.0, 0.0), (0.3, 0.5)])
def test_fifty_training_steps_agree(weight_decay, clip):
    config = ZOO["base"]
    engines = [make_engine(backend, config, seed=3, dtype="float64", weight_decay=weight_decay, grad_clip=clip)
               for backend in ("numpy", "torch")]
    ids, targets = random_ids(config)
    for _ in range(50):
        (loss, norm), (torch_loss, torch_norm) = (engine.step(ids, targets, lr=1e-2) for engine in engines)
        assert loss == pytest.approx(torch_loss, abs=1e-10) and norm == pytest.approx(torch_norm, abs=1e-9)
    assert loss < 1.5, "fifty steps on one batch must learn"
    ours, theirs = (engine.state_dict() for engine in engines)
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("config", [*(ZOO[name] for name in ("many_heads_deep", "fast_parts", "fast_parts_post_groups",
                                                            "sliding", "sliding_alibi_groups")),
                                    *(c for n, c in ZOO.items() if n.startswith("layernorm-pre-gelu"))],
                         ids=lambda c: f"{c.attention}-{c.position}-{c.kv_heads}")
def test_cached_logits_equal_uncached_at_every_position(config, backend):
    engine = make_engine(backend, config, dtype="float64")
    engine.load_state_dict(twins(config)[0].state_dict())
    ids, _ = random_ids(config)
    cache = engine.new_cache()
    for t in range(config.block_size):
        piece = ids[:, t:t + 1]
        np.testing.assert_allclose(engine.logits(piece, cache), engine.logits(ids[:, :t + 1]), rtol=0, atol=1e-12)


def test_generation_agrees_with_and_without_cache_and_across_backends():
    ours, theirs = twins(ZOO["base"])
    settings = dict(max_new_tokens=25, temperature=0.9, top_k=7, top_p=0.95, seed=5)   # beyond the context of 9
    texts = [generate(model, [1, 2], use_cache=cache, **settings)
             for model in (ours, theirs) for cache in (True, False)]
    assert texts[0] == texts[1] == texts[2] == texts[3] and len(texts[0]) == 27
    assert texts[0] != generate(ours, [1, 2], **settings | dict(seed=6))


def test_a_later_token_never_changes_earlier_logits():
    ours, theirs = twins(ZOO["base"])
    ids, _ = random_ids(ZOO["base"])
    changed = ids.copy()
    changed[:, 5] = (changed[:, 5] + 1) % BASE["vocab_size"]
    for model in (ours, lambda i: theirs(torch.from_numpy(i)).detach().numpy()):
        difference = np.abs(model(ids) - model(changed)).max(axis=(0, 2))
        assert difference[:5].max() == 0 and difference[5:].min() > 0


def test_cross_entropy_equals_torch():
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(3, 5, 7)) * 30, rng.integers(0, 7, (3, 5))
    loss, cache = cross_entropy_forward(logits, targets)
    t = torch.tensor(logits, requires_grad=True)
    torch_loss = torch.nn.functional.cross_entropy(t.reshape(-1, 7), torch.tensor(targets).reshape(-1))
    torch_loss.backward()
    assert loss == pytest.approx(torch_loss.item(), abs=1e-12)
    np.testing.assert_allclose(cross_entropy_backward(cache), t.grad.numpy(), rtol=0, atol=1e-12)


def test_gpt2_of_transformers_with_random_weights():
    transformers = pytest.importorskip("transformers")
    config = ZOO["base"]
    ours = fill(make_engine("numpy", config, dtype="float64").model)
    theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=config.vocab_size, n_positions=config.block_size, n_embd=config.n_embd, n_layer=config.n_layer,
        n_head=config.n_head, layer_norm_epsilon=config.norm_eps, bos_token_id=0, eos_token_id=0)).double().eval()
    theirs.load_state_dict(gpt2_names(ours.state_dict(), config.n_layer))
    assert_same_logits(ours, theirs, config)


def test_llama_of_transformers_with_random_weights():
    transformers = pytest.importorskip("transformers")
    config = GPTConfig(vocab_size=11, block_size=9, n_layer=2, n_head=6, n_embd=24, n_kv_head=2, n_hidden=20,
                       norm="rmsnorm", mlp="swiglu", position="rope", bias=False, tie_weights=False)
    ours = fill(make_engine("numpy", config, dtype="float64").model)
    theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=11, hidden_size=24, intermediate_size=20, num_hidden_layers=2, num_attention_heads=6, bos_token_id=0,
        num_key_value_heads=2, max_position_embeddings=9, rms_norm_eps=config.norm_eps, eos_token_id=0)).double().eval()
    names = {"wte": "model.embed_tokens", "norm_f": "model.norm", "blocks": "model.layers", "norm_1": "input_layernorm",
             "norm_2": "post_attention_layernorm", "attn": "self_attn"}
    state = {".".join(names.get(part, part) for part in name.split(".")): torch.from_numpy(array)
             for name, array in ours.state_dict().items()}
    theirs.load_state_dict(state)
    assert_same_logits(ours, theirs, config)


def test_bloom_of_transformers_with_random_weights():
    """ALiBi, with a number of heads that is no power of two. Bloom puts one more norm behind the embedding."""
    transformers = pytest.importorskip("transformers")
    config = GPTConfig(vocab_size=11, block_size=9, n_layer=2, n_head=6, n_embd=24, position="alibi")
    ours = fill(make_engine("numpy", config, dtype="float64").model)
    theirs = transformers.BloomForCausalLM(transformers.BloomConfig(
        vocab_size=11, hidden_size=24, n_layer=2, n_head=6, layer_norm_epsilon=config.norm_eps, bos_token_id=0,
        eos_token_id=0)).double().eval()
    theirs.transformer.word_embeddings_layernorm = torch.nn.Identity()
    state = {f"transformer.{theirs_name}": torch.from_numpy(ours.state_dict()[our_name])
             for our_name, theirs_name in bloom_names(config.n_layer)}
    for i in range(config.n_layer):
        for kind in ("weight", "bias"):
            heads = [ours.state_dict()[f"blocks.{i}.attn.{p}_proj.{kind}"].reshape(6, 4, -1) for p in "qkv"]
            fused = np.stack(heads, axis=1).reshape(72, -1)   # Bloom lays out q, k and v head by head
            state[f"transformer.h.{i}.self_attention.query_key_value.{kind}"] = torch.from_numpy(fused).reshape(
                (72, 24) if kind == "weight" else (72,))
    state["lm_head.weight"] = state["transformer.word_embeddings.weight"]
    theirs.load_state_dict(state)
    assert_same_logits(ours, theirs, config)


def bloom_names(n_layer):
    yield "wte.weight", "word_embeddings.weight"
    pairs = {"norm_1": "input_layernorm", "norm_2": "post_attention_layernorm", "attn.o_proj": "self_attention.dense",
             "mlp.up_proj": "mlp.dense_h_to_4h", "mlp.down_proj": "mlp.dense_4h_to_h"}
    for kind in ("weight", "bias"):
        yield f"norm_f.{kind}", f"ln_f.{kind}"
        for i in range(n_layer):
            yield from ((f"blocks.{i}.{ours}.{kind}", f"h.{i}.{theirs}.{kind}") for ours, theirs in pairs.items())


def assert_same_logits(ours, theirs, config):
    ids, _ = random_ids(config)
    with torch.no_grad():
        expected = theirs(torch.from_numpy(ids)).logits.numpy()
    assert np.abs(ours(ids) - expected).max() < 1e-5


def gpt2_names(state, n_layer):
    """Our state dict under GPT-2's names: q, k and v in one matrix, every matrix transposed."""
    new = {"transformer.wte.weight": state["wte.weight"], "transformer.wpe.weight": state["wpe.weight"],
           "transformer.ln_f.weight": state["norm_f.weight"], "transformer.ln_f.bias": state["norm_f.bias"],
           "lm_head.weight": state["lm_head.weight"]}
    pairs = {"ln_1": "norm_1", "ln_2": "norm_2", "attn.c_proj": "attn.o_proj", "mlp.c_fc": "mlp.up_proj",
             "mlp.c_proj": "mlp.down_proj"}
    for i in range(n_layer):
        old, into = f"blocks.{i}.", f"transformer.h.{i}."
        for kind in ("weight", "bias"):
            for theirs, ours in pairs.items():
                new[f"{into}{theirs}.{kind}"] = state[f"{old}{ours}.{kind}"].T
            new[f"{into}attn.c_attn.{kind}"] = np.concatenate([state[f"{old}attn.{p}_proj.{kind}"] for p in "qkv"]).T
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in new.items()}
