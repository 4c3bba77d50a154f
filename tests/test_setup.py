"""start.py as a user meets it: what it does once, what it does again, and the one line it says when it cannot."""

import ast
import collections
import json
import os
import shutil
import socket
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import start
from scripts import environment

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with what start.py needs, and the environment module pointed at it."""
    shutil.copy(ROOT / "start.py", tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "pygpt-course"\nversion = "0"\n'
                                             'optional-dependencies = {course = []}\n')
    (tmp_path / "constraints.txt").write_text("")
    monkeypatch.setattr(environment, "ROOT", str(tmp_path))
    for name, place in {"VENV": "", "STAMP": "pygpt-ready.json", "LOG": "pygpt-setup.log"}.items():
        monkeypatch.setattr(environment, name, str(tmp_path / ".venv" / place) if place else str(tmp_path / ".venv"))
    return tmp_path


def bare_venv(course):
    venv.create(course / ".venv", with_pip=False, symlinks=os.name != "nt")


@pytest.fixture
def installs(course, monkeypatch):
    """A finished environment without the minutes; the list holds the extras of every install."""
    calls = []
    monkeypatch.setattr(environment, "make_venv", lambda: (course / ".venv").exists() or bare_venv(course))
    monkeypatch.setattr(environment, "install", calls.append)
    return calls


def run_start(course, *arguments, **variables):
    return subprocess.run([sys.executable, "start.py", *arguments], cwd=course, capture_output=True, text=True,
                          env=dict(os.environ, **variables), timeout=120)


def assert_one_line(done, *words):
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


# ---- set up once ----------------------------------------------------------------------------------------------------

def test_nothing_is_done_twice(installs):
    assert environment.set_up({"course"}) is True
    assert environment.set_up({"course"}) is False
    assert installs == [{"course"}]


def test_more_extras_are_added_and_then_kept(installs):
    environment.set_up({"course"})
    environment.set_up({"course", "test"})
    assert environment.set_up({"course"}) is False
    assert installs == [{"course"}, {"course", "test"}]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_other_requirements_are_installed_over_it(installs, course, name):
    environment.set_up({"course", "test"})
    (course / name).write_text((course / name).read_text() + "\n# a change\n")
    assert environment.set_up({"course"}) is True
    assert installs[-1] == {"course", "test"}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"fingerprint": 1}'])
def test_a_damaged_stamp_means_do_it_again(installs, course, damage):
    environment.set_up({"course"})
    Path(environment.STAMP).write_text(damage)
    assert environment.set_up({"course"}) is True


def test_an_interrupted_install_is_taken_up_again(installs, monkeypatch):
    def interrupted(extras):
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(environment, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            environment.set_up({"course"})
    assert environment.set_up({"course"}) is True
    assert installs == [{"course"}]


def test_half_installed_packages_are_forgotten(course):
    bare_venv(course)
    packages = Path(environment.site_packages())
    for name in ("whole-1.dist-info", "half-1.dist-info", "~oken"):
        (packages / name).mkdir()
    (packages / "whole-1.dist-info" / "RECORD").write_text("")
    environment.remove_half_installed()
    assert [path.name for path in packages.glob("*-1.dist-info")] == ["whole-1.dist-info"]
    assert not (packages / "~oken").exists()


@pytest.mark.slow
def test_a_half_made_environment_is_mended(course, capsys):
    (course / ".venv" / "lib").mkdir(parents=True)
    (course / ".venv" / "pyvenv.cfg").write_text("version = 3.11.0\n")
    environment.make_venv()
    assert environment.venv_runs("import pip")
    assert "Mending" in capsys.readouterr().out
    environment.make_venv()
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_no_environment_is_left_alone(course):
    (course / ".venv").mkdir()
    (course / ".venv" / "thesis.txt").write_text("years of work")
    with pytest.raises(environment.SetupError, match="move it away"):
        environment.make_venv()
    assert (course / ".venv" / "thesis.txt").exists()


# ---- one clear line -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("file", ["start.py", "scripts/environment.py"])
def test_an_old_python_can_read_it_far_enough_to_be_told(file):
    assert ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_too_old_python_is_named_with_what_is_needed():
    with pytest.raises(environment.SetupError, match=r"is 3\.10, and the course needs 3\.11 or newer"):
        environment.check_python((3, 10, 4))
    environment.check_python((3, 11, 0))


def test_a_full_disk_is_noticed_before_anything_is_made(course, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, 10**8))
    with pytest.raises(environment.SetupError, match=r"0\.1 GB are free"):
        environment.set_up({"course"})
    assert not (course / ".venv").exists()


@pytest.mark.parametrize(("line", "words"), [
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
    ("ERROR: [WinError 112] There is not enough space on the disk", "disk is full"),
    ("WARNING: Retrying: NewConnectionError: Failed to establish a new connection: [Errno 111]", "no network"),
    ("ERROR: Cannot install torch and numpy because these have conflicting dependencies.", "conflicting"),
])
def test_what_pip_says_becomes_one_line(line, words):
    error = str(environment.install_error(["Collecting torch", line], "pip could not install the course"))
    assert words in error and "\n" not in error


def test_a_python_without_venv_is_told_how_to_get_it(course, monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(environment.SetupError, match="apt install python3-venv"):
        environment.make_venv()


@pytest.mark.slow
def test_without_a_network_it_says_so_and_goes_on_later(course):
    done = run_start(course, "doctor", PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL="http://127.0.0.1:9/simple",
                     PIP_EXTRA_INDEX_URL="", PIP_FIND_LINKS="", PIP_RETRIES="0")
    assert_one_line(done, "no network", "goes on where it stopped")
    assert (course / ".venv" / "pyvenv.cfg").exists() and not (course / ".venv" / "pygpt-ready.json").exists()


def test_a_busy_port_is_named_and_another_offered(course):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert_one_line(run_start(course, "--port", str(port)), f"port {port} is busy", "--port ")
    assert not (course / ".venv").exists()


def test_without_a_wish_the_first_free_port_is_taken(monkeypatch):
    monkeypatch.setattr(start, "port_is_free", lambda port: port >= start.FIRST_PORT + 2)
    assert start.choose_port(None) == start.FIRST_PORT + 2


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "x"], ["lab", "what"]])
def test_bad_usage_exits_with_2(course, arguments):
    done = run_start(course, *arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_ctrl_c_leaves_one_line(monkeypatch, capsys):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "run", interrupted)
    monkeypatch.setattr(sys, "argv", ["start.py"])
    assert start.main() == 130
    assert "goes on where this one left off" in capsys.readouterr().err


# ---- the commands ---------------------------------------------------------------------------------------------------

def test_the_data_is_asked_for_once_and_again_when_a_file_is_gone(tmp_path, monkeypatch):
    asked, corpus, vocabulary = [], tmp_path / "shakespeare.txt", tmp_path / "gpt2"

    def get(command, **options):
        asked.append(command)
        corpus.write_text("To be")
        vocabulary.mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, 0, f"downloading\nshakespeare is ready: {corpus}\n"
                                                       f"gpt2 is ready: {vocabulary}\n".encode())

    monkeypatch.setattr(start, "DATA_NOTE", str(tmp_path / "note.json"))
    monkeypatch.setattr(start.subprocess, "run", get)
    assert [start.fetch_data(), start.fetch_data(), len(asked)] == [None, None, 1]
    assert asked[0][-4:] == ["data", "get", "shakespeare", "gpt2"]
    for forget in (corpus.unlink, vocabulary.rmdir):
        forget()
        assert start.fetch_data() is None and corpus.exists() and vocabulary.exists()
    assert len(asked) == 3
    monkeypatch.setenv("PYGPT_CACHE", "elsewhere")
    assert [start.fetch_data(), len(asked)] == [None, 4]
    for damage in ("[]", "3", "{"):
        (tmp_path / "note.json").write_text(damage)
        assert start.fetch_data() is None
    assert len(asked) == 7


@pytest.fixture
def handed(monkeypatch):
    """What start.py hands over to, on a machine that is set up but has no texts."""
    calls = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(start, "set_up", lambda extras: calls.append(extras))
    monkeypatch.setattr(start, "fetch_data", lambda: "no network")
    monkeypatch.setattr(start, "hand_over", lambda command, **environment: calls.append((command, environment)) or 0)
    return calls


def test_the_lab_opens_without_the_corpus_and_keeps_its_token_out_of_sight(handed, capsys, monkeypatch):
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    assert start.run(start.parse(["--no-browser"])) == 0
    extras, (command, variables) = handed
    assert extras == {"course"}
    assert {"--ip=127.0.0.1", "--ServerApp.port_retries=0", "--no-browser"} <= set(command)
    assert len(variables["JUPYTER_TOKEN"]) >= 32 and variables["JUPYTER_TOKEN"] not in " ".join(command)
    said = capsys.readouterr().out
    assert "going on without them" in said and variables["JUPYTER_TOKEN"] in said


def test_the_tests_need_the_corpus(handed):
    with pytest.raises(environment.SetupError, match="no network"):
        start.run(start.parse(["test", "-k", "mask"]))


def test_any_other_command_goes_to_pygpt_as_it_stands(handed):
    start.run(start.parse(["doctor", "--port", "1"]))
    assert handed[-1][0][1:] == ["-m", "pygpt", "doctor", "--port", "1"]


def test_progress_is_names_and_sizes():
    news = environment.news_in
    assert news("  Downloading torch-2.13.0-cp311-none-macosx.whl (190.1 MB)") == "torch 190.1 MB, "
    assert news("Using cached numpy-2.4.6-cp311.whl (16.6 MB)") == "numpy 16.6 MB, "
    assert news("Installing collected packages: a, b, c") == "now unpacking 3 packages "
    assert news("  Using cached tqdm-4.70.1-py3-none-any.whl.metadata (57 kB)") == news("Requirement already ...") == ""


def test_learners_get_a_quiet_lab(tmp_path):
    environment.quiet_lab(str(tmp_path))
    page = json.loads((tmp_path / "labconfig" / "page_config.json").read_text())
    assert page["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"] is True
