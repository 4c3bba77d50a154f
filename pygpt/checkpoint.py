"""Models and runs on disk: safetensors for arrays, JSON for the rest, never pickle.

A saved model is a folder:      model.safetensors  config.json  tokenizer.json
A checkpoint of a run adds:     optimizer.safetensors  run.json

Folders appear whole or not at all: written beside their place under another name, synced, then renamed.
"""

import dataclasses
import json
import os
import shutil
import tempfile
from pathlib import Path

from .config import GPTConfig, from_dict
from .errors import CheckpointError, PyGPTError
from .tokenizers import load_tokenizer

FORMAT = 1


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
    if config.tie_weights and "wte.weight" in state:
        state["lm_head.weight"] = state["wte.weight"]
    return config, state, tokenizer


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


def latest(runs):
    """The newest checkpoint `step-*` inside a run's folder, or None."""
    steps = sorted(Path(runs).glob("step-*"))
    return steps[-1] if steps else None


def rotate(runs, keep):
    """Delete all but the newest `keep` checkpoints of a run; `best` stays."""
    for folder in sorted(Path(runs).glob("step-*"))[:-keep]:
        shutil.rmtree(folder)


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
