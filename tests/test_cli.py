"""The command line as a user meets it: exit statuses, one clear line for what goes wrong, and a quick start."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from pygpt import GPTConfig, cli, doctor, learner_file
from pygpt.checkpoint import save_model
from pygpt.errors import DataError
from pygpt.in_numpy import GPT
from pygpt.tokenizers import CharTokenizer

GOOD = """
import numpy as np

def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    y = e / e.sum(axis=-1, keepdims=True)
    return y, y
"""
WRONG = """
def softmax_backward(dy, cache):
    return dy * cache
"""


def heed_ctrl_c():
    """What was started in the background of a shell ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def one_line(err):
    return err.startswith("error: ") and err.count("\n") == 1


def notebook(path, *sources):
    cells = [{"cell_type": "code", "source": source.splitlines(keepends=True), "metadata": {}, "outputs": [],
              "execution_count": None} for source in sources]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_help_names_every_command_and_starts_quickly_without_torch():
    code = ("import sys, time\nfrom pygpt.cli import main\n"
            "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
            "print(time.process_time(), 'torch' in sys.modules)")   # processor time: other processes do not count
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
            for _ in range(3)]   # the quickest of three: another process may be in the way
    for command in ("data", "train", "tune", "runs", "generate", "check", "exercises", "notebooks", "doctor"):
        assert any(line.split()[:1] == [command] for line in runs[0])
    assert all(run[-1].endswith("False") for run in runs)
    assert min(float(run[-1].split()[0]) for run in runs) < 1.0


def test_import_is_quick_and_brings_no_backend():
    code = ("import sys, time\nt = time.process_time()\nimport pygpt\n"
            "print(time.process_time() - t, 'torch' in sys.modules)")
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
            for _ in range(5)]
    assert all(torch == "False" for _, torch in runs)
    assert min(float(seconds) for seconds, _ in runs) < 0.3


def test_python_dash_m_is_the_command():
    done = subprocess.run([sys.executable, "-m", "pygpt", "data", "show", "shakespeer"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: unknown corpus 'shakespeer'; nearest allowed: shakespeare, tinyshakespeare\n"


@pytest.mark.parametrize("arguments", [("--nope",), ("nope",), ("data", "get", "--nope"), ("train",), ("check",),
                                       ("generate", "--max-new-tokens", "0"), ("generate", "--backend", "abacus")])
def test_bad_usage_leaves_with_2(pygpt, arguments):
    status, _, err = pygpt(*arguments)
    assert status == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(("arguments", "message"), [
    (("check", "none.py"), "cannot read none.py: No such file"),
    (("check", "pyproject.toml"), "neither a .py file nor an .ipynb notebook"),
    (("check", __file__, "--exercise", "05.99"), "unknown exercise '05.99'; nearest allowed: 05."),
    (("train", "none.yaml"), "cannot read none.yaml"),
    (("generate", "--model", "none"), "none has no config.json"),
    (("exercises", "build", "--root", "tests"), "no folder solutions/"),
])
def test_bad_input_is_one_line(pygpt, request, monkeypatch, arguments, message):
    monkeypatch.chdir(request.config.rootpath)
    status, _, err = pygpt(*arguments)
    assert status == 1 and message in err and one_line(err)


def test_a_wrong_setting_offers_the_nearest(pygpt, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("steps: 1\n")
    status, _, err = pygpt("train", config, "stepz=3")
    assert status == 1 and "unknown setting 'stepz'; nearest allowed: steps" in err and one_line(err)


@pytest.fixture
def model(tmp_path):
    """The folder of an untrained little model over "abc" and the line break."""
    tokenizer = CharTokenizer("\nabc")
    gpt = GPT(GPTConfig(vocab_size=4, block_size=8, n_layer=1, n_head=1, n_embd=4), rng=0)
    save_model(tmp_path / "model", gpt.config, gpt.state_dict(), tokenizer)
    return tmp_path / "model"


def test_generate_goes_on_from_the_prompt_and_repeats_itself_by_seed(pygpt, model):
    arguments = ("generate", "--model", model, "--prompt", r"ab\nc", "--max-new-tokens", 20, "--seed", 3)
    status, out, err = pygpt(*arguments)
    assert (status, err) == (0, "") and out.startswith("ab\nc") and len(out) == 4 + 20 + 1
    assert pygpt(*arguments)[1] == out
    assert pygpt("generate", "--model", model.parent, *arguments[3:])[1] == out   # the run's folder will do
    assert pygpt(*arguments[:-1], 4)[1] != out


@pytest.mark.parametrize(("option", "value", "message"), [
    ("--prompt", "abx", "'x' at position 2"), ("--prompt", "", "the prompt is empty"), ("--top-p", "1.5", "top_p=1.5"),
])
def test_what_cannot_be_generated_is_one_line(pygpt, model, option, value, message):
    status, out, err = pygpt("generate", "--model", model, option, value)
    assert status == 1 and message in err and one_line(err)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_damaged_model_is_one_line(pygpt, model, name):
    (model / name).write_bytes((model / name).read_bytes()[:20])
    status, out, err = pygpt("generate", "--model", model)
    assert (status, out) == (1, "") and one_line(err)


def test_train_resume_and_generate(pygpt, tiny_run):
    status, out, _ = pygpt("train", tiny_run)
    run = tiny_run.parent / "run"
    assert status == 0 and f"pygpt generate --model {run / 'model'}" in out
    assert len((run / "log.jsonl").read_text().splitlines()) == 4 + 2   # steps, and an evaluation at either end
    assert pygpt("generate", "--model", run, "--prompt", "to ", "--max-new-tokens", 3)[0] == 0
    status, out, _ = pygpt("train", tiny_run, "steps=6", "--resume")
    assert status == 0 and (run / "step-0000006").is_dir()


def test_train_interrupted_says_how_to_go_on(pygpt, tiny_run, monkeypatch):
    def stop(*arguments, **numbers):
        raise KeyboardInterrupt

    monkeypatch.setattr("pygpt.tracking.JSONLines.log", stop)
    status, _, err = pygpt("train", tiny_run, "steps=5")
    assert status == 130 and err.endswith(f"interrupted; to go on: pygpt train {tiny_run} steps=5 --resume\n")


def test_an_unforeseen_error_is_one_line_unless_debugging(pygpt, monkeypatch):
    monkeypatch.delenv("PYGPT_DEBUG", raising=False)
    monkeypatch.setattr("pygpt.doctor.report", lambda: 1 / 0)
    status, _, err = pygpt("doctor")
    assert status == 1 and "unexpected ZeroDivisionError: division by zero" in err and one_line(err)
    monkeypatch.setenv("PYGPT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["doctor"])


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT as a terminal does, which Windows does otherwise")
def test_ctrl_c_is_one_line_and_130(tmp_path):
    (tmp_path / "loop.py").write_text("open('started', 'w')\nwhile True: pass\n")
    child = subprocess.Popen([sys.executable, "-m", "pygpt", "check", "loop.py"], cwd=tmp_path, stderr=subprocess.PIPE,
                             text=True, start_new_session=True, preexec_fn=heed_ctrl_c)
    deadline = time.monotonic() + 30
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)   # the whole group, as Ctrl-C does
    assert child.communicate(timeout=30)[1] == "interrupted\n"
    assert child.returncode == 130


def test_check_passes_only_if_all_found_pass(pygpt, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(GOOD + "print('noise')\n")
    status, out, err = pygpt("check", mine)
    assert (status, err) == (0, "") and "noise" not in out
    assert "05.1 softmax_forward: solved" in out and out.endswith("1 of 1 exercises solved\n")
    mine.write_text(GOOD + WRONG)
    status, out, _ = pygpt("check", mine)
    assert status == 1 and "gradient without the row sum" in out and out.endswith("1 of 2 exercises solved\n")
    assert pygpt("check", mine, "--exercise", "05.1")[0] == 0
    status, out, _ = pygpt("check", mine, "--exercise", "05.1", "--exercise", "05.3")
    assert status == 1 and "causal_mask: not in this file" in out


def test_check_reads_a_notebook_and_goes_on_after_a_cell_that_fails(pygpt, tmp_path):
    path = notebook(tmp_path / "mine.ipynb",
                    "%matplotlib inline\n!ls", "1 / 0", GOOD, "%%timeit\nbroken(", "softmax_forward?",
                    "display(1)")
    status, out, _ = pygpt("check", path)
    assert status == 0
    assert "<code cell 2>, line 1: ZeroDivisionError" in out and "05.1 softmax_forward: solved" in out
    assert "NameError" not in out and "SyntaxError" not in out


def test_a_function_imported_under_the_name_is_no_answer(pygpt, tmp_path):
    (tmp_path / "mine.py").write_text("from pygpt.grading.reference import *\nfrom helper import softmax_forward\n")
    (tmp_path / "helper.py").write_text(GOOD)
    status, _, err = pygpt("check", tmp_path / "mine.py")
    assert status == 1 and "defines none of the functions" in err and one_line(err)


@pytest.mark.parametrize(("source", "message"), [
    ("while True: pass", "stopped after 2 seconds"),
    ("import os; os._exit(3)", "ended early (exit status 3)"),
    ("def f(:", "line 1: SyntaxError"),
    (GOOD + "\n1 / 0", "line 9: ZeroDivisionError"),
    ("raise SystemExit", "line 1: SystemExit"),
    ("x = 1", "defines none of the functions"),
])
def test_a_file_that_cannot_be_run_is_one_line(pygpt, tmp_path, source, message):
    path = tmp_path / "mine.py"
    path.write_text(source)
    status, _, err = pygpt("check", path, "--seconds", "2")
    assert status == 1 and message in err and one_line(err)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"not json", b"[]", b'{"cells": [{}]}'])
def test_a_broken_notebook_is_one_line(tmp_path, content):
    path = tmp_path / "mine.ipynb"
    path.write_bytes(content)
    with pytest.raises(DataError, match="mine.ipynb is no"):
        learner_file.read_cells(path)


def test_doctor_tells_the_same_to_people_and_programs(pygpt):
    status, out, _ = pygpt("doctor", "--json")
    found = json.loads(out)
    assert status == (0 if found["ready"] else 1)
    assert {"python", "numpy", "torch", "cores", "linear algebra", "gpu", "free disk", "corpus"} <= set(found["facts"])
    assert all(isinstance(value, str) and value for value in found["facts"].values())
    status_2, out, _ = pygpt("doctor")
    assert status_2 == status and out.splitlines()[-1] == doctor.verdict(found)


def test_doctor_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPT_CACHE", str(tmp_path / "none"))
    monkeypatch.setattr(doctor, "ENOUGH_DISK", 10**18)
    monkeypatch.setattr(doctor, "COURSE_NEEDS", ("numpy", "no_such_package"))
    found = doctor.report()
    assert not found["ready"]
    assert "run `pygpt data get shakespeare`" in found["problems"]
    assert any(problem.startswith("free some space") for problem in found["problems"])
    assert any(problem.startswith("install no_such_package") for problem in found["problems"])
    assert doctor.verdict(found).startswith("not ready: ")


def test_notebooks_run_keeps_the_outputs_in_the_file(pygpt, tmp_path):
    file = notebook(tmp_path / "small.ipynb", "print(6 * 7)")
    file.write_text(file.read_text().replace('"cell_type"', '"id": "only", "cell_type"'))
    status, out, _ = pygpt("notebooks", "run", str(file))
    assert status == 0 and "small.ipynb" in out
    assert json.loads(file.read_text())["cells"][0]["outputs"][0]["text"] == ["42\n"]
