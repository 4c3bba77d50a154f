"""check(): put every question of an exercise to the learner's function and say what came of it."""

from ..errors import PyGPTError
from .compare import Difference, agree, describe, first_difference
from .exercise import find
from .report import FAILED, NOT_RUN, NOT_STARTED, PASSED, Failure, Report
from .runner import Trouble, expected, observe

SECONDS = 5.0   # for one case; a right answer takes milliseconds
STOPPERS = {"timeout", "not started", "signature"}   # nothing is learnt from asking on


def check(exercise_id, f, seconds=SECONDS):
    """Check `f` against the exercise with this id. Returns a Report that is true when every stage passed.

    The function gets fresh inputs for every question, and is stopped when one takes longer than `seconds`.
    """
    exercise = find(exercise_id)
    if not callable(f):
        raise PyGPTError(f"check({exercise_id!r}, ...) needs your function, but got {describe(f)}; "
                         f"write its name without brackets: check({exercise_id!r}, {exercise.function})")
    answers = ask_everything(exercise, f, seconds)
    verdicts = [judge(exercise, case, answer) for (_, case), answer in zip(exercise.cases(), answers, strict=False)]
    if isinstance(answers[0], Trouble) and answers[0].kind == "not started":
        return Report(exercise, NOT_STARTED, tuple((stage.name, NOT_STARTED) for stage in exercise.stages))
    wrong = next((i for i, verdict in enumerate(verdicts) if verdict), None)
    status = PASSED if wrong is None else FAILED
    failure = None if wrong is None else explain(exercise, wrong, answers, verdicts[wrong])
    return Report(exercise, status, stage_results(exercise, verdicts), failure)


def ask_everything(exercise, f, seconds):
    """One answer for each case, in order; shorter where asking on makes no sense."""
    answers = []
    for _, case in exercise.cases():
        answers.append(observe(exercise, case, f, seconds))
        if isinstance(answers[-1], Trouble) and answers[-1].kind in STOPPERS:
            break
    return answers


def judge(exercise, case, answer):
    """None when right, else the Difference or the Trouble."""
    if isinstance(answer, Trouble):
        return answer
    return first_difference(answer, expected(exercise, case), case.look)


def stage_results(exercise, verdicts):
    """((stage, passed | failed | not run), ...) from the verdicts on its cases."""
    results, position = [], 0
    for stage in exercise.stages:
        mine = verdicts[position:position + len(stage.cases)]
        position += len(stage.cases)
        status = FAILED if any(mine) else PASSED if len(mine) == len(stage.cases) else NOT_RUN
        results.append((stage.name, status))
    return tuple(results)


def explain(exercise, position, answers, wrong):
    stage, case = exercise.cases()[position]
    known = recognise(exercise, position, answers)
    return Failure(
        stage.name, stage.about, case.label, wrong.text,
        place=wrong.place if isinstance(wrong, Difference) and wrong.index is not None else "",
        got=wrong.got if isinstance(wrong, Difference) else "",
        expected=wrong.expected if isinstance(wrong, Difference) else "",
        advice=wrong.advice if isinstance(wrong, Trouble) else "",
        line=wrong.line if isinstance(wrong, Trouble) else "",
        mistake=known.name if known else "",
        hint=known.hint if known else "")


def recognise(exercise, position, answers):
    """The known mistake that answers as the learner did where it first went wrong and most often elsewhere, or None."""
    if isinstance(answers[position], Trouble) and answers[position].kind in STOPPERS | {"mutated", "none"}:
        return None   # the trouble already says what it is
    cases = [case for _, case in exercise.cases()][:len(answers)]
    best, most = None, (0, 0)
    for mistake in exercise.mistakes:
        here = observe(exercise, cases[position], mistake.answer, SECONDS)
        if not same_answer(answers[position], here, cases[position].look):
            continue
        theirs = [observe(exercise, case, mistake.answer, SECONDS) for case in cases]
        looked_at = sum(same_answer(*pair, case.look) for *pair, case in zip(answers, theirs, cases, strict=False))
        # Outputs not looked at break ties.
        in_all = sum(same_answer(*pair) for pair in zip(answers, theirs, strict=False))
        best, most = max((best, most), (mistake, (looked_at, in_all)), key=lambda candidate: candidate[1])
    return best


def same_answer(answer, theirs, look=()):
    """Do a learner and a known mistake answer alike?"""
    if isinstance(theirs, Trouble) or isinstance(answer, Trouble):
        return isinstance(theirs, Trouble) and theirs.same_as(answer)
    return agree(answer, theirs, look)
