"""The verdict on one exercise: true when passed, readable in a notebook (light or dark) and in a terminal.

It holds no times and no paths, so that the same answer always gives the same page.
"""

import textwrap
from dataclasses import dataclass
from html import escape

PASSED, FAILED, NOT_RUN, NOT_STARTED = "passed", "failed", "not run", "not started"
MARKS = {PASSED: "✓", FAILED: "✗", NOT_RUN: "·", NOT_STARTED: "·"}
WORDS = {PASSED: "passed", FAILED: "FAILED", NOT_RUN: "      ", NOT_STARTED: "      "}

# Colours that read on white and on black: a strong edge, a faint tint, and text in the page's own colour.
EDGES = {PASSED: "#2e9e5b", FAILED: "#d1495b", NOT_STARTED: "#8a8f98", NOT_RUN: "#8a8f98"}
TINTS = {PASSED: "rgba(46,158,91,.10)", FAILED: "rgba(209,73,91,.10)", NOT_STARTED: "rgba(138,143,152,.12)"}
FAINT = "opacity:.72"
MONO = "font-family:var(--jp-code-font-family,monospace);white-space:pre-wrap"


@dataclass(frozen=True)
class Failure:
    """The first thing that went wrong, and what to do about it."""

    stage: str
    about: str              # what this stage looks at
    case: str               # the inputs: "dy (3, 5), y (3, 5)"
    text: str               # one sentence: what is wrong
    place: str = ""         # "dx[0, 2]"
    got: str = ""
    expected: str = ""
    advice: str = ""        # for an answer that could not be compared
    line: str = ""          # the learner's own line that raised
    mistake: str = ""       # name of the known mistake it equals
    hint: str = ""          # the teacher's hint for that mistake

    def why(self):
        """What helps most: the hint for a known mistake, advice on the trouble, or what the stage is about."""
        return self.hint or self.advice or f"What this stage looks at: {self.about}"


@dataclass(frozen=True, repr=False)
class Report:
    """What check() returns. `if report:` asks whether the exercise is solved."""

    exercise: object
    status: str             # passed | failed | not started
    stages: tuple           # ((name, passed | failed | not run | not started), ...)
    failure: Failure | None = None

    @property
    def passed(self):
        return self.status == PASSED

    def __bool__(self):
        return self.passed

    @property
    def summary(self):
        """One line: "05.2 softmax_backward: 1 of 5 stages passed"."""
        name = f"{self.exercise.id} {self.exercise.function}"
        done = sum(status == PASSED for _, status in self.stages)
        if self.status == NOT_STARTED:
            return f"{name}: not started yet"
        return f"{name}: {'solved, ' if self.passed else ''}{done} of {len(self.stages)} stages passed"

    def reread(self):
        return f"notebooks/{self.exercise.notebook}.ipynb, section \"{self.exercise.section}\""

    def ask(self):
        return f'hint("{self.exercise.id}")'

    def __repr__(self):
        lines = [self.summary]   # ASCII only: not every terminal knows a tick
        if self.failure:
            lines += [f"  {WORDS[status]}  {name}" for name, status in self.stages]
            lines += list(self._failure_lines(self.failure))
        if not self.passed:
            lines += [f"  Reread: {self.reread()}", f"  Stuck?  {self.ask()}"]
        return "\n".join(lines)

    def _failure_lines(self, failure):
        yield f"  Stage \"{failure.stage}\" with {failure.case}: {failure.text}."
        if failure.got:
            place = f"{failure.place}  " if failure.place else ""
            yield f"    {place}got {failure.got}, expected {failure.expected}"
        if failure.line:
            yield f"    {failure.line}"
        if failure.mistake:
            yield f"  Likely mistake: {failure.mistake}"
        yield textwrap.fill(failure.why(), 100, initial_indent="    ", subsequent_indent="    ")

    def _repr_html_(self):
        head = f'<div style="font-weight:600">{MARKS[self.status]} {escape(self.summary)}</div>'
        body = "" if self.status == NOT_STARTED else self._stages_html()
        if self.failure:
            body += _failure_html(self.failure)
        if not self.passed:
            body += (f'<div style="margin-top:8px;{FAINT}">Reread {escape(self.reread())}. '
                     f'Stuck? Run <code>{escape(self.ask())}</code> in a new cell.</div>')
        return box(EDGES[self.status], TINTS[self.status], head + body)

    def _stages_html(self):
        chips = [f'<span style="display:inline-block;margin:0 6px 4px 0;padding:1px 8px;border-radius:9px;'
                 f'border:1px solid {EDGES[status]}">{MARKS[status]} {escape(name)}</span>'
                 for name, status in self.stages]
        return f'<div style="margin-top:6px">{"".join(chips)}</div>'


def _failure_html(failure):
    parts = [f'<div style="margin-top:6px">Stage <b>{escape(failure.stage)}</b> with '
             f'<code>{escape(failure.case)}</code>: {escape(failure.text)}.</div>']
    if failure.got:
        parts.append(_numbers(failure))
    if failure.line:
        parts.append(f'<div style="margin-top:4px;{MONO}">{escape(failure.line)}</div>')
    if failure.mistake:
        parts.append(f'<div style="margin-top:8px;padding-left:10px;border-left:3px solid #d99a2b">'
                     f'<b>Likely mistake: {escape(failure.mistake)}</b><br>{escape(failure.why())}</div>')
    else:
        parts.append(f'<div style="margin-top:6px">{escape(failure.why())}</div>')
    return "".join(parts)


def _numbers(failure):
    """Not a table: Jupyter gives tables stripes and margins of their own."""
    label_style = "display:inline-block;min-width:7em"
    rows = [("first wrong", failure.place)] if failure.place else []
    rows += [("got", failure.got), ("expected", failure.expected)]
    body = "".join(f'<div><span style="{label_style}">{label}</span><code>{escape(value)}</code></div>'
                   for label, value in rows)
    return f'<div style="margin:4px 0 0 0">{body}</div>'


def box(edge, tint, inner):
    """A block with a coloured edge, as HTML."""
    return (f'<div style="border-left:4px solid {edge};background:{tint};padding:8px 12px;border-radius:3px;'
            f'max-width:720px;line-height:1.5">{inner}</div>')
