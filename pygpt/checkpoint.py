"""Models and runs on disk: safetensors for arrays, JSON for the rest, never pickle.

A saved model is a folder:      model.safetensors  config.json  tokenizer.json
A checkpoint of a run adds:     optimizer.safetensors  run.json
Each carries checksums.json, the SHA-256 of its files: damage shows before anything is loaded.

Folders appear whole or not at all: written beside their place under another name, synced, then renamed.
"""

import dataclasses
import hashlib
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

from .config import GPTConfig, from_dict
from .errors import CheckpointError, PyGPTError
from .tokenizers import load_tokenizer

log = logging.getLogger(__name__)
FORMAT = 1
SUMS = "checksums.json"


def save_model(folder, config, state, tokenizer):
    """Write a model's folder. state: name -> NumPy array, each tied weight once."""
    with _whole_folder(folder) as temporary:
        _write_model(temporary, config, state, tokenizer)


def save_run(folder, config, engine, tokenizer, run):
    """Write a checkpoint that a run can go on from, exactly. run: step, data position and other plain values."""
    moments, optimizer_steps = engine.optimizer_state()
    run = {"format": FORMAT, "optimizer_steps": optimizer_steps, "random_state": engine.random_state(),
           "backend": engine.backend, **run}
    with _whole_folder(folder) as temporary:
        _write_model(temporary, config, engine.state_dict(), tokenizer)
        _write_arrays(temporary / "optimizer.safetensors", moments)
        (temporary / "run.json").write_text(json.dumps(run, indent=1))


def read_model(folder):
    """(GPTConfig, name -> array with tied weights under both names, tokenizer); CheckpointError if it is unreadable."""
    folder = Path(folder)
    verify(folder)
    saved = _read_json(folder, "config.json")
    if not isinstance(saved, dict) or saved.get("format") != FORMAT or not isinstance(saved.get("model"), dict):
        raise CheckpointError(f"{folder / 'config.json'} was not written by pygpt (format {FORMAT} expected); "
                              "give a folder that `pygpt train` made")
    try:
        config = from_dict(GPTConfig, saved["model"])
        tokenizer = load_tokenizer(folder / "tokenizer.json")
    except PyGPTError as error:
        raise CheckpointError(f"{folder} holds no usable model: {error}") from None
    state = _read_arrays(folder, "model.safetensors")
    return config, with_tied(state, config), tokenizer


def with_tied(state, config):
    """name -> array as a model loads it: a tied weight, which is kept once, under both of its names."""
    tied = config.tie_weights and "wte.weight" in state
    return {"lm_head.weight": state["wte.weight"], **state} if tied else state


def read_run(folder):
    """run.json of a checkpoint: step, data position and the settings of the run; CheckpointError if unreadable."""
    folder = Path(folder)
    run = _read_json(folder, "run.json")
    if not isinstance(run, dict):
        raise CheckpointError(f"{folder / 'run.json'} is damaged: no settings in it; resume from another checkpoint")
    return run


def load_run(folder, engine):
    """Put weights, moments and random state of a checkpoint into `engine`; the rest of run.json comes back."""
    folder = Path(folder)
    run = read_run(folder)
    _, state, _ = read_model(folder)
    moments = _read_arrays(folder, "optimizer.safetensors")
    engine.load_state_dict(state)
    try:
        engine.load_optimizer_state(moments, run["optimizer_steps"])
        if run["backend"] == engine.backend:   # generators differ between backends; the weights and moments do not
            engine.load_random_state(run["random_state"])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / 'run.json'} is damaged: {error}; resume from another checkpoint") from None
    return run


def checkpoints(runs):
    """The checkpoints `step-*` inside a run's folder, oldest first."""
    return sorted(Path(runs).glob("step-*"))


def latest(runs):
    """The newest checkpoint inside a run's folder, or None."""
    return (checkpoints(runs) or [None])[-1]


def rotate(runs, keep):
    """Delete all but the newest `keep` checkpoints of a run; `best` stays."""
    for folder in checkpoints(runs)[:-keep]:
        shutil.rmtree(folder)


def verify(folder):
    """CheckpointError where a file of a saved folder is missing or is not what was saved."""
    folder = Path(folder)
    if not (folder / SUMS).exists():   # nothing to compare with: loading finds what it finds
        return
    sums = _read_json(folder, SUMS)
    for name, expected in sums.items() if isinstance(sums, dict) else [(SUMS, None)]:
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except FileNotFoundError:
            raise CheckpointError(f"{folder} has no {name}; use another checkpoint") from None
        except OSError as error:
            raise CheckpointError(f"cannot read {folder / name}: {error.strerror}") from None
        if found != expected:
            raise CheckpointError(f"{folder / name} is damaged: it is not what was saved there; use another checkpoint "
                                  f"(or delete {SUMS} beside it if you changed it yourself)")


def newest_sound(runs):
    """The newest checkpoint of a run whose files are what was saved; each damaged one before it is logged."""
    folders = checkpoints(runs)[::-1]
    if not folders:
        raise CheckpointError(f"{runs} holds no checkpoint to resume from; start without --resume")
    for folder in folders:
        try:
            verify(folder)
            return folder
        except CheckpointError as error:
            log.warning("%s; going on from the checkpoint before it", error)
            last = error
    raise CheckpointError(f"no sound checkpoint in {runs}; the oldest: {last}; delete {runs} and start again")


def tidy(runs):
    """Clear away what a killed process left in a run's folder, and put back what it was about to replace."""
    for left in Path(runs).glob(".*"):
        name, _, rest = left.name[1:].partition(".")
        if left.is_dir() and (name in ("best", "model") or name.startswith("step-")):
            if rest == "old" and not (left.parent / name).exists():
                os.rename(left, left.parent / name)
            else:
                shutil.rmtree(left, ignore_errors=True)


class _whole_folder:
    """`with _whole_folder(path) as temporary`: fill `temporary`; on success it becomes `path`, else it vanishes."""

    def __init__(self, path):
        self.path = Path(path)

    def __enter__(self):
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.temporary = Path(tempfile.mkdtemp(prefix=f".{self.path.name}.", dir=self.path.parent))
            self.temporary.chmod(0o755)   # mkdtemp makes private folders
        except OSError as error:
            raise CheckpointError(f"cannot write {self.path}: {error.strerror}; choose another folder") from None
        return self.temporary

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None:
                self._put_in_place()
        except OSError as failure:
            kind, error = OSError, failure
        finally:
            shutil.rmtree(self.temporary, ignore_errors=True)
        if kind is not None and issubclass(kind, OSError):
            raise CheckpointError(f"cannot write {self.path}: {error.strerror or error}; free some space or choose "
                                  "another folder") from None

    def _put_in_place(self):
        files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(self.temporary.iterdir())}
        (self.temporary / SUMS).write_text(json.dumps(files, indent=1))
        for file in self.temporary.iterdir():
            file.chmod(0o644)             # safetensors writes private files
            with open(file, "rb+") as handle:
                os.fsync(handle.fileno())
        old = self.temporary.with_suffix(".old")
        if self.path.exists():            # a folder that is not empty cannot be renamed over
            os.rename(self.path, old)
        os.rename(self.temporary, self.path)
        shutil.rmtree(old, ignore_errors=True)


def _write_model(folder, config, state, tokenizer):
    _write_arrays(folder / "model.safetensors", state)
    settings = {"format": FORMAT, "model": dataclasses.asdict(config)}
    (folder / "config.json").write_text(json.dumps(settings, indent=1))
    tokenizer.save(folder / "tokenizer.json")


def _write_arrays(path, arrays):
    import numpy as np
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _read_arrays(folder, name):
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(folder / name)
    except FileNotFoundError:
        raise CheckpointError(f"{folder} has no {name}; give a folder that `pygpt train` made") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{folder / name} is damaged or no safetensors file ({error}); "
                              "use another checkpoint") from None


def _read_json(folder, name):
    try:
        return json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        raise CheckpointError(f"{folder} has no {name}; give a folder that `pygpt train` made") from None
    except OSError as error:
        raise CheckpointError(f"cannot read {folder / name}: {error.strerror}") from None
    except ValueError:
        raise CheckpointError(f"{folder / name} is damaged: not JSON; use another checkpoint") from None
