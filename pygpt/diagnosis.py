"""Where did it go wrong? The first part of a model, of any backend, that makes a number that is none."""


def first_nonfinite(model, ids):
    """What went bad first, as words: a weight, the output of a part, or a gradient; None where all is finite.

    ids (B, T): the batch of the step that failed. Gradients are those that the model still holds.
    """
    for name, parameter in model.named_parameters():
        if not finite(parameter.data):
            return f"the weight {name}"
    name = first_bad_output(model, ids)
    if name:
        return f"the output of {name}"
    bad = [name for name, parameter in model.named_parameters()
           if parameter.grad is not None and not finite(parameter.grad)]
    return f"the gradient of {bad[-1]}" if bad else None   # gradients flow backwards: the last part is the first hit


def first_bad_output(model, ids):
    """The name of the innermost part whose output is the first that is not finite, in the order of the forward pass."""
    bad = []
    parts = [(name, part) for name, part in model.named_modules() if callable(getattr(part, "forward", None))]
    for name, part in parts:
        part.forward = watched(part.forward, name or "the model", bad)   # hides the class's method on this one object
    try:
        model(ids)
    finally:
        for _, part in parts:
            del part.forward
    return bad[0] if bad else None


def watched(forward, name, bad):
    def run(*arguments, **settings):
        y = forward(*arguments, **settings)
        if not finite(y):
            bad.append(name)   # a part inside this one has already been added
        return y
    return run


def finite(array):
    """Whether every number is one, on any backend: infinity less itself is none."""
    return bool((array - array == 0).all())
