"""Hidden words, noise and pairs: what is a target and what is not, alike in every backend and from any step on."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpt import GPTConfig, TrainConfig, generate
from pygpt.data.augment import MaskedBatches, PairSequences, mask_tokens, reversed_pairs
from pygpt.data.sequences import NO_TARGET, BudgetBatches
from pygpt.engine import make_engine
from pygpt.errors import ConfigError, DataError, ModelInputError
from pygpt.in_numpy import GPT, Tape
from pygpt.in_numpy.losses import cross_entropy_backward, cross_entropy_forward
from pygpt.in_numpy.noise import NoisyEmbedding
from pygpt.rewrite import back_translate, fill_masks, translate
from pygpt.swapping import swap
from pygpt.tokenizers import CharTokenizer
from tests.zoo import twins

BOTH_WAYS = GPTConfig(vocab_size=11, block_size=9, n_layer=2, n_head=2, n_embd=12, attention="bidirectional")


# ---- hidden words ---------------------------------------------------------------------------------------------------

@given(st.integers(1, 400), st.integers(0, 12), st.floats(0.01, 1), st.integers(0, 99))
def test_a_place_is_a_target_or_untouched(size, mask_id, rate, seed):
    ids = np.random.default_rng(seed).integers(0, 11, size)
    before = ids.copy()
    inputs, targets = mask_tokens(ids, 11, mask_id, np.random.default_rng(seed), rate)
    chosen = targets != NO_TARGET
    assert chosen.any() and (ids == before).all()
    assert (targets[chosen] == ids[chosen]).all() and (inputs[~chosen] == ids[~chosen]).all()
    assert ((inputs == mask_id) | ((inputs >= 0) & (inputs < 11))).all()


def test_the_shares_are_berts():
    ids = np.zeros((400, 500), int)   # all the same token, so that a change shows
    inputs, targets = mask_tokens(ids, 50, 49, np.random.default_rng(0))
    n, chosen = ids.size, targets != NO_TARGET
    assert chosen.mean() == pytest.approx(0.15, abs=0.005)
    masked, kept = (inputs == 49) & chosen, (inputs == 0) & chosen
    assert masked.sum() / chosen.sum() == pytest.approx(0.8, abs=0.01)
    assert kept.sum() / chosen.sum() == pytest.approx(0.1 + 0.1 / 49, abs=0.01)
    rest = inputs[chosen & ~masked & ~kept]
    assert set(rest.tolist()) == set(range(1, 49)) and len(rest) < n
    with pytest.raises(DataError, match="rate=0; allowed: more than 0"):
        mask_tokens(ids, 50, 49, np.random.default_rng(0), rate=0)


def test_masked_batches_go_on_from_any_step():
    stream = MaskedBatches(np.arange(100), 3, 8, mask_id=100, seed=2)
    stream.next()
    state = json.loads(json.dumps(stream.state_dict()))
    expected = [stream.next() for _ in range(3)]
    again = MaskedBatches(np.arange(100), 3, 8, mask_id=100, seed=9)
    again.load_state_dict(state)
    for ours, theirs in zip(expected, [again.next() for _ in range(3)], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_both_ways_every_place_sees_every_other_and_backends_agree():
    import torch

    ours, theirs = twins(BOTH_WAYS)
    rng = np.random.default_rng(0)
    ids, targets = mask_tokens(rng.integers(0, 10, (3, 9)), 10, 10, rng, rate=0.3)
    tape = Tape()
    logits = ours.forward(ids, tape)
    loss, cache = cross_entropy_forward(logits, targets)
    ours.backward(cross_entropy_backward(cache), tape)
    their_loss = torch.nn.functional.cross_entropy(theirs(ids).flatten(0, 1), torch.as_tensor(targets).flatten())
    their_loss.backward()
    assert loss == pytest.approx(their_loss.item(), abs=1e-10)
    grads = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        np.testing.assert_allclose(parameter.grad, grads[name].grad.numpy(), atol=1e-10, err_msg=name)
    other = ids.copy()
    other[:, -1] = (other[:, -1] + 1) % 10
    assert (np.abs(ours(other) - logits).max(-1) > 1e-6).all(), "the last token reaches every place"
    with pytest.raises(ConfigError, match="fills gaps from both sides and cannot write on; use pygpt.rewr"):
        generate(ours, [1, 2], 3)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_model_learns_to_fill_gaps(backend):
    text = np.tile(np.arange(6), 200)   # each token follows from its neighbours on either side
    config = dataclasses.replace(BOTH_WAYS, vocab_size=7, block_size=12, n_embd=32, position="rope")
    engine, batches = make_engine(backend, config, seed=0), MaskedBatches(text, 8, 12, mask_id=6, seed=0, rate=0.3)
    for _ in range(300):
        engine.step(*batches.next(), 1e-2)
    asked = np.array([6, 1, 2, 3, 6, 5, 0, 1, 6, 3, 4, 6])
    assert fill_masks(engine.model, asked, 6).tolist() == text[:12].tolist() and (asked == 6).sum() == 4


# ---- noise ----------------------------------------------------------------------------------------------------------

def test_noise_is_bounded_centred_and_for_training_only():
    model = GPT(dataclasses.replace(BOTH_WAYS, attention="full"), rng=0)
    ids = np.random.default_rng(0).integers(0, 11, (50, 9))
    clean = model.wte(ids)
    names = set(model.state_dict())
    swap(model, "wte", lambda wte: NoisyEmbedding(wte, alpha=5.0, rng=1))
    noise = model.train().wte(ids) - clean
    size = 5 / math.sqrt(9 * 12)
    assert 0.95 * size < np.abs(noise).max() <= size + 1e-6 and abs(noise.mean()) < 0.05 * size
    assert (model.eval().wte(ids) == clean).all() and noise.dtype == np.float32
    assert set(model.state_dict()) == names and model.lm_head.weight is model.wte.weight


def test_with_the_same_noise_the_backends_have_the_same_gradients():
    import torch

    from pygpt.in_torch.noise import NoisyEmbedding as TorchNoisyEmbedding

    ours, theirs = twins(dataclasses.replace(BOTH_WAYS, attention="full"))
    ids, targets = np.random.default_rng(1).integers(0, 11, (2, 3, 9))
    swap(ours, "wte", lambda wte: NoisyEmbedding(wte, 5.0))
    swap(theirs, "wte", lambda wte: TorchNoisyEmbedding(wte, 5.0))
    noise = ours.wte.draw(np.zeros((3, 9, 12)))
    ours.wte.draw, theirs.wte.draw = lambda y: noise, lambda y: torch.as_tensor(noise)
    tape = Tape()
    loss, cache = cross_entropy_forward(ours.train().forward(ids, tape), targets)
    ours.backward(cross_entropy_backward(cache), tape)
    their_logits = theirs.train()(ids).flatten(0, 1)
    their_loss = torch.nn.functional.cross_entropy(their_logits, torch.as_tensor(targets).flatten())
    their_loss.backward()
    assert loss == pytest.approx(their_loss.item(), abs=1e-10)
    np.testing.assert_allclose(ours.wte.weight.grad, theirs.wte.weight.grad.numpy(), atol=1e-10)
    assert theirs.wte.weight is theirs.lm_head.weight and "wte.weight" in theirs.state_dict()


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_noise_in_training_repeats_by_seed_and_leaves_evaluation_alone(backend):
    config = dataclasses.replace(BOTH_WAYS, attention="full")
    batch = np.random.default_rng(0).integers(0, 11, (2, 4, 9))
    losses = []
    for alpha in (0, 20, 20):
        engine = make_engine(backend, config, seed=0)
        clean = engine.loss(*batch)
        if alpha:
            engine.add_embedding_noise(alpha)
        assert engine.loss(*batch) == clean
        losses.append([engine.step(*batch, 1e-2)[0] for _ in range(3)])
    assert losses[1] == losses[2] != losses[0]


# ---- pairs ----------------------------------------------------------------------------------------------------------

PAIRS = [("thou art", "you are"), ("thee", "you"), ("a", "b"), ("this one is far too long to fit", "no")]
TOKENIZER = CharTokenizer("".join(sorted(set("".join(map("".join, PAIRS)) + "\t\n"))))


def test_only_the_answer_of_a_pair_is_learnt():
    sequences = PairSequences(PAIRS, TOKENIZER, longest=17)
    assert len(sequences) == 3 and sequences.left_out == 1
    ids, targets = sequences.batch(np.arange(3))
    for (source, target), row, wanted in zip(PAIRS, ids, targets, strict=False):
        assert TOKENIZER.decode(row).startswith(f"{source}\t{target}")
        assert TOKENIZER.decode(wanted[wanted != NO_TARGET]) == f"{target}\n"
        assert (wanted[:len(source)] == NO_TARGET).all() and wanted[len(source)] == TOKENIZER.encode(target)[0]
    assert reversed_pairs(PAIRS)[0] == ("you are", "thou art")
    with pytest.raises(DataError, match="no pair fits into 2 tokens"):
        PairSequences(PAIRS, TOKENIZER, longest=2)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_models_trained_both_ways_say_it_again(backend):
    config = GPTConfig(TOKENIZER.vocab_size, block_size=20, n_layer=1, n_head=2, n_embd=16)
    models = []
    for pairs in (PAIRS[:3], reversed_pairs(PAIRS[:3])):
        engine = make_engine(backend, config, seed=0)
        batches = BudgetBatches(PairSequences(pairs, TOKENIZER, 20), max_tokens=60)
        for _ in range(150):
            loss, _ = engine.step(*batches.next(), 1e-2)
        models.append(engine.model)
    assert loss < 0.1
    assert translate(models[0], TOKENIZER, " thou  art ") == "you are" and translate(models[1], TOKENIZER, "b") == "a"
    assert back_translate(*models, TOKENIZER, "thou art", temperature=0) == ("you are", "thou art")
    with pytest.raises(ModelInputError, match="leaves no room for an answer"):
        translate(models[0], TOKENIZER, "thou art" * 3)


@pytest.mark.parametrize(("setting", "message"), [({"embedding_noise": -1.0}, "embedding_noise=-1.0; allowed: 0 or"),
                                                  ({"batching": "budgte"}, "batching='budgte'; allowed: fixed, budget"),
                                                  ({"max_tokens": 0}, "max_tokens=0; allowed: more than 0")])
def test_a_wrong_setting_is_one_line(setting, message):
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**setting)


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_batches_of_pairs_hold_whole_pairs(data):
    texts = st.text("abc d", min_size=1, max_size=8)
    pairs = data.draw(st.lists(st.tuples(texts, texts), min_size=1, max_size=9))
    tokenizer = CharTokenizer("\t\n abcd")
    sequences = PairSequences(pairs, tokenizer, 20)
    found = [tokenizer.decode(target[target != NO_TARGET]) for _, targets in
             BudgetBatches(sequences, 60).one_epoch() for target in targets]
    assert sorted(found) == sorted(target + "\n" for _, target in pairs) and sequences.left_out == 0
