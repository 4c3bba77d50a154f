"""Mine or finished: own parts take their places in a GPT, and the table names the one that changes it."""

import sys
import threading

import numpy as np
import pytest

from pygpt import grading
from pygpt.data import Corpus
from pygpt.errors import ConfigError, PyGPTError
from pygpt.grading import assemble, mine, parts, use
from pygpt.grading.assembly import ABSENT, CHANGES, RAISES, SAME
from pygpt.in_numpy import attention, functional

TEXT = "the cat sat on the mat; the dog ate the hat.\n" * 60
QUICK = dict(steps=3, batch_size=2, eval_batches=1, warmup=1)
SMALL = dict(block_size=6, n_layer=1, n_embd=16, n_head=2)
IN_A_GPT = [exercise for exercise in grading.exercises() if mine.in_a_gpt(exercise)]


@pytest.fixture(autouse=True)
def small_corpus_and_no_parts(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path_factory.mktemp("cache")))
    corpus = Corpus("small", TEXT, TEXT[:900], licence="public domain", source="made here", sha256="")
    monkeypatch.setattr(sys.modules["pygpt.train"], "open_corpus", lambda name: corpus)
    monkeypatch.setattr(mine, "_mine", {})


def without_scale(q, k, v, mask=None):
    return functional.attention_forward(q * 2, k, v, mask)


def verdicts(assembly):
    return {row.name.split()[0]: row.verdict for row in assembly.rows}


@pytest.mark.parametrize("model", [{}, dict(norm="rmsnorm", mlp="swiglu", position="rope", n_kv_head=1, bias=False),
                                   dict(norm_place="post", mlp="geglu", position="alibi"),
                                   dict(mlp="gelu", attention="sliding", window=3),
                                   dict(mlp="gelu_exact", position="sinusoidal"), dict(mlp="relu2", dropout=0.2)],
                         ids=lambda m: m.get("mlp", "default"))
def test_references_as_parts_change_nothing(model, monkeypatch):
    """The graders' references share no code with the package, so this is a GPT made by somebody else, and slow."""
    monkeypatch.setattr("pygpt.grading.assembly.PROBE_STEPS", 2)
    monkeypatch.setattr("pygpt.grading.assembly.PROBE_MODEL", dict(vocab_size=13, block_size=5, n_layer=1))
    for exercise in IN_A_GPT:
        use(exercise.id, exercise.reference)
    found = assemble({**SMALL, **model}, **QUICK | dict(steps=1))
    assert found, repr(found)
    assert set(verdicts(found).values()) <= {SAME, ABSENT}
    assert verdicts(found)["05.4"] == SAME and "of your parts are at work, none changes" in repr(found)
    assert found.result is found.reference and list(found.curves()) == ["my parts"]


def test_the_part_that_changes_the_result_is_named():
    use("05.1", functional.softmax_forward)
    use("05.4", without_scale)
    found = assemble(SMALL, **QUICK)
    assert not found and verdicts(found) == {"05.1": SAME, "05.4": CHANGES}
    assert found.summary == "Look at 05.4 attention_forward"
    assert list(found.curves()) == ["my parts", "finished parts"]
    assert found.result.history[-1]["val_loss"] != found.reference.history[-1]["val_loss"]
    use("05.4", "finished")
    assert assemble(SMALL, **QUICK)


def test_a_gradient_that_is_only_too_long_is_noticed():
    """AdamW and clipping hide a constant factor from the loss, not from the gradient norm."""
    use("05.5", lambda dy, cache: tuple(3 * part for part in functional.attention_backward(dy, cache)))
    assert verdicts(assemble(SMALL, **QUICK)) == {"05.5": CHANGES}


def test_what_a_part_raises_stands_in_the_table_and_the_package_is_itself_again():
    finished = functional.attention_forward
    use("05.4", lambda q, k, v, mask=None: 1 / 0)
    found = assemble(SMALL, **QUICK)
    assert verdicts(found) == {"05.4": RAISES} and "ZeroDivisionError: division by zero" in repr(found)
    assert "ZeroDivisionError" in found._repr_html_() and "not trained to the end" in repr(found)
    assert found.model is None and list(found.curves()) == ["finished parts"]
    assert functional.attention_forward is attention.attention_forward is finished


def test_a_part_may_call_the_finished_one_and_threads_do_not_disturb_it():
    exercise = next(e for e in IN_A_GPT if e.id == "05.1")
    with mine.installed({exercise: lambda x: functional.softmax_forward(x)}) as exchanged:
        assert functional.softmax_forward is exchanged[exercise] and not exchanged[exercise].called
        answers, x = [], np.zeros((2, 4))
        threads = [threading.Thread(target=lambda: answers.append(functional.softmax_forward(x)[0])) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert exchanged[exercise].called and len(answers) == 4 and all((a == 0.25).all() for a in answers)


def test_parts_show_whose_they_are():
    assert "05.1  softmax_forward            finished" in repr(parts())
    shown = use("05.1", without_scale)
    assert "05.1  softmax_forward            mine" in repr(shown) and "1 of " in shown._repr_html_()


@pytest.mark.parametrize("call, error, message", [
    (lambda: use("05.9", without_scale), PyGPTError, "05.9"),
    (lambda: use("11.3", without_scale), PyGPTError, "exercise 11.3 is no part of a GPT; those that are: "),
    (lambda: use("05.4", 3), PyGPTError, "needs your function or \"finished\", but got an int"),
    (assemble, PyGPTError, "no part is yours yet"),
    (lambda: use("05.4", without_scale) and assemble({"mpl": "gelu"}), ConfigError, "mpl"),
    (lambda: use("05.4", without_scale) and assemble(step=3), ConfigError, "step"),
])
def test_wrong_use_is_one_clear_line(call, error, message):
    with pytest.raises(error, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)
