"""Every relative link in a text or a notebook leads to a file that is there."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\]\(\s*([^)#\s]+)")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md"),
                *ROOT.glob("pygpt/models/*/*.md"),
                *(p for folder in ("notebooks", "solutions", "exercises") for p in ROOT.glob(f"{folder}/*.ipynb"))])


def prose(page):
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8")
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    links = [link for link in LINK.findall(prose(page)) if not re.match(r"[a-z]+:", link)]
    dead = [link for link in links if not (page.parent / link).exists()]
    assert not dead, f"{page.name} links to {', '.join(dead)}"
