"""pyproject.toml, constraints.txt and environment.yml describe one environment, and none of them holds an address."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
SPECS = [spec for spec in CONDA["dependencies"] if isinstance(spec, str)]
PIP = next(spec["pip"] for spec in CONDA["dependencies"] if isinstance(spec, dict))


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def requirements():
    everything = [*PROJECT["dependencies"], *(line for lines in EXTRAS.values() for line in lines)]
    parsed = [Requirement(line) for line in everything]
    return [requirement for requirement in parsed if requirement.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_requirement_is_pinned_to_a_version_that_it_allows(requirement):
    version = pins().get(canonicalize_name(requirement.name))
    assert version and requirement.specifier.contains(version), f"pinned: {version}"


def test_pins_are_plain_versions():
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9A-Za-z.]+", line), line


def test_what_is_installed_here_is_what_is_pinned():
    different = {}
    for requirement in requirements():
        try:
            found = importlib.metadata.version(requirement.name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            continue
        if found != pins()[canonicalize_name(requirement.name)]:
            different[requirement.name] = found
    assert not different, "pip install -c constraints.txt brings the tested versions"


def test_conda_brings_the_python_that_the_project_asks_for():
    python = next(spec for spec in SPECS if spec.startswith("python"))
    assert python.replace(" ", "") == "python" + PROJECT["requires-python"]
    assert "pip" in SPECS


def test_conda_specs_are_valid():
    rattler = pytest.importorskip("rattler", reason="py-rattler, which reads conda's specs, is not installed")
    for spec in SPECS:
        assert str(rattler.MatchSpec(spec))


def test_condas_pip_section_is_the_install_that_start_py_makes():
    constraint, editable = PIP
    assert constraint == "-c constraints.txt" and (ROOT / "constraints.txt").exists()
    extras = re.fullmatch(r"-e \.\[([\w,-]+)\]", editable).group(1).split(",")
    assert set(extras) == {"course", "test"} <= set(EXTRAS)
