"""The exercises of 10_optimizers: a step with momentum, a step of Adam, and the rate of every step."""

import math

import numpy as np

from ..exercise import Case, Exercise, Stage
from ..inputs import normal
from . import mistakes_optimizers

NOTEBOOK = "10_optimizers"


# 10.1 ---------------------------------------------------------------------------------------------------------------

def momentum_reference(data, grad, velocity, lr, momentum):
    rolled = np.add(np.multiply(velocity, momentum), grad)
    return np.subtract(data, np.multiply(rolled, lr)), rolled


def momentum_case(words, seed, *shape, lr=0.1, momentum=0.9, moving=True, scale=1.0, look=()):
    def make():
        velocity = normal(seed + 2, *shape, scale=scale) if moving else np.zeros(shape)
        return normal(seed, *shape), normal(seed + 1, *shape, scale=scale), velocity, lr, momentum
    return Case(f"{words} {shape}, momentum {momentum:g}", make, look=look)


def roll(f, data, grads, lr, momentum):
    """Where five steps lead, each with the velocity that the last one returned."""
    velocity = np.zeros_like(data)
    for grad in grads:
        data, velocity = f(data, grad, velocity, lr, momentum)
    return {"data": data, "velocity": velocity}


MOMENTUM_STEP = Exercise(
    id="10.1", title="A step with momentum", function="momentum_step",
    signature="momentum_step(data, grad, velocity, lr, momentum) -> (data, velocity)",
    difficulty="easy", minutes=8, notebook=NOTEBOOK, section="Momentum",
    hints=("A ball rolls: each gradient pushes it, friction slows it, and it moves by its velocity, not by the push.",
           "First the new velocity: the old one times momentum, plus the gradient. Then the weights: minus lr times "
           "the new velocity. Both are new arrays.",
           "velocity = momentum * velocity + grad; return data - lr * velocity, velocity"),
    example="data = 1, grad = 2, velocity = 10, lr = 0.1, momentum = 0.5: the velocity becomes 5 + 2 = 7, and data "
            "becomes 1 - 0.7 = 0.3.",
    outputs=("data", "velocity"), reference=momentum_reference, mistakes=tuple(mistakes_optimizers.MOMENTUM_STEP),
    stages=(
        Stage("the first push", "From rest, the velocity becomes the gradient.",
              (momentum_case("data", 1, 3, 5, moving=False), momentum_case("data", 4, 1, 1, moving=False))),
        Stage("friction", "The old velocity shrinks by the factor momentum, then the gradient is added.",
              (momentum_case("data", 7, 3, 5, look=("velocity",)),
               momentum_case("data", 10, 7, momentum=0.5, look=("velocity",)))),
        Stage("the weights", "The weights move by lr times the new velocity, downhill.",
              (momentum_case("data", 13, 3, 5), momentum_case("data", 16, 5, 7, lr=0.02, momentum=0.6))),
        Stage("no momentum", "With momentum 0 it is plain descent.", (momentum_case("data", 19, 5, 3, momentum=0.0),)),
        Stage("large and small", "The size of the numbers changes nothing.",
              (momentum_case("data", 22, 3, 5, scale=1e6), momentum_case("data", 25, 3, 5, scale=1e-3))),
        Stage("five steps", "Each step goes on with the velocity that the last one returned.",
              (Case("data (3, 5)", lambda: (normal(28, 3, 5), normal(29, 5, 3, 5), 0.1, 0.9), observe=roll),)),
    ))


# 10.2 ---------------------------------------------------------------------------------------------------------------

def adam_reference(data, grad, mean, square, step, lr, beta1, beta2, eps):
    mean = mean + (1 - beta1) * (grad - mean)
    square = square + (1 - beta2) * (grad ** 2 - square)
    first, second = mean / (1 - math.exp(step * math.log(beta1))), square / (1 - math.exp(step * math.log(beta2)))
    return data - lr * first / (second ** 0.5 + eps), mean, square


def adam_case(words, seed, *shape, step=1, scale=1.0, eps=1e-8, look=()):
    def make():
        started = step > 1
        mean = normal(seed + 2, *shape, scale=0.3 * scale) * started
        square = normal(seed + 3, *shape, scale=scale) ** 2 * started
        return normal(seed, *shape), normal(seed + 1, *shape, scale=scale), mean, square, step, 0.1, 0.8, 0.95, eps
    return Case(f"{words} {shape}, step {step}, eps {eps:g}", make, look=look)


def adam_steps(f, data, grads, beta1, beta2):
    mean, square = np.zeros_like(data), np.zeros_like(data)
    for step, grad in enumerate(grads, start=1):
        data, mean, square = f(data, grad, mean, square, step, 0.1, beta1, beta2, 1e-8)
    return {"data": data, "mean": mean, "square": square}


ADAM_UPDATE = Exercise(
    id="10.2", title="A step of Adam", function="adam_update",
    signature="adam_update(data, grad, mean, square, step, lr, beta1, beta2, eps) -> (data, mean, square)",
    difficulty="medium", minutes=15, notebook=NOTEBOOK, section="Adam",
    hints=("Two running averages, one of the gradient and one of its square. Both begin at zero, so they are too small "
           "at first; the correction is only for the step, the averages are kept as they are.",
           "Move both averages on. Divide mean by 1 - beta1 ** step and square by 1 - beta2 ** step, under new names. "
           "Step by lr times the first over the root of the second, with eps added to the root.",
           "mean = beta1 * mean + (1 - beta1) * grad; square = beta2 * square + (1 - beta2) * grad * grad; m = mean / "
           "(1 - beta1 ** step); s = square / (1 - beta2 ** step); data = data - lr * m / (np.sqrt(s) + eps)"),
    example="The first step, grad = 4, both averages 0, beta1 = 0.9, beta2 = 0.99: mean becomes 0.4, square 0.16. "
            "Corrected they are 4 and 16, so the step is lr * 4 / (4 + eps), which is lr.",
    outputs=("data", "mean", "square"), reference=adam_reference, mistakes=tuple(mistakes_optimizers.ADAM_UPDATE),
    stages=(
        Stage("the averages", "beta of the old, the rest of the new: of the gradient, and of its square.",
              (adam_case("data", 101, 3, 5, step=3, look=("mean", "square")),
               adam_case("data", 105, 1, 1, look=("mean", "square")))),
        Stage("the first step", "From zero, the corrected averages are the gradient and its square.",
              (adam_case("data", 109, 3, 5), adam_case("data", 113, 7))),
        Stage("later steps", "The correction fades: 1 - beta ** step.",
              (adam_case("data", 117, 3, 5, step=2), adam_case("data", 121, 5, 7, step=30))),
        Stage("eps", "eps is added to the root, not under it.",
              (adam_case("data", 125, 3, 5, step=2, eps=0.1), adam_case("data", 129, 3, 5, eps=0.01, scale=1e-2))),
        Stage("large gradients", "The size of the gradient cancels.", (adam_case("data", 133, 5, 3, scale=1e4),)),
        Stage("seven steps", "Each step goes on with the averages that the last one returned.",
              (Case("data (3, 5)", lambda: (normal(137, 3, 5), normal(138, 7, 3, 5), 0.9, 0.99), observe=adam_steps),)),
    ))


# 10.3 ---------------------------------------------------------------------------------------------------------------

def cosine_reference(step, lr, min_lr, warmup, total):
    if step < warmup:
        return (step + 1) * lr / (warmup + 1)
    share = np.clip((step - warmup) / (total - warmup), 0, 1)
    lean = math.cos(share * math.pi / 2) ** 2            # half of one plus the cosine, by the half angle
    return float(lean * lr + (1 - lean) * min_lr)


def rates(f, steps, lr, min_lr, warmup, total):
    return {"rates": np.array([f(step, lr, min_lr, warmup, total) for step in steps], dtype=float)}


def rates_case(words, steps, lr=0.01, min_lr=0.001, warmup=10, total=100):
    label = f"{words}: lr {lr:g}, min_lr {min_lr:g}, warmup {warmup}, total {total}"
    return Case(label, lambda: (list(steps), lr, min_lr, warmup, total), observe=rates)


COSINE = Exercise(
    id="10.3", title="Warm-up and cosine", function="cosine",
    signature="cosine(step, lr, min_lr, warmup, total) -> rate",
    difficulty="easy", minutes=10, notebook=NOTEBOOK, section="Schedules",
    hints=("Three pieces: a straight climb, half a wave down, and a floor after the end.",
           "Before warmup: lr times (step + 1) / (warmup + 1), so that no step is wasted. After it, progress is the "
           "share done of what is left after the warm-up, at most 1, and half a cosine leads from lr to min_lr.",
           "progress = min(1.0, (step - warmup) / (total - warmup)); return min_lr + 0.5 * (lr - min_lr) * (1 + "
           "math.cos(math.pi * progress))"),
    example="lr = 1, min_lr = 0, warmup = 1, total = 5: the rates of steps 0, 1, 3, 5 are 1/2, 1, 1/2, 0.",
    part="pygpt.schedules.cosine",
    outputs="rate", reference=cosine_reference, mistakes=tuple(mistakes_optimizers.COSINE),
    stages=(
        Stage("warm-up", "The climb: step 0 already moves, step warmup is the first at the full rate.",
              (rates_case("steps 0 to 9", range(10)), rates_case("steps 0 to 2", range(3), warmup=3, total=7))),
        Stage("the top", "Right after the warm-up the rate is lr.", (rates_case("step 10", [10]),)),
        Stage("the way down", "Half a cosine over the steps after the warm-up.",
              (rates_case("steps 11 to 99", range(11, 100, 11)),
               rates_case("steps 0 to 7", range(8), warmup=0, total=7))),
        Stage("the end", "At total the rate is min_lr.", (rates_case("step 100", [100]),)),
        Stage("after the end", "Beyond total it stays at min_lr.", (rates_case("steps 105 to 190", [105, 150, 190]),)),
        Stage("down to nothing", "min_lr may be 0.",
              (rates_case("steps 0 to 50", range(0, 51, 5), min_lr=0.0, total=50),)),
    ))

EXERCISES = [MOMENTUM_STEP, ADAM_UPDATE, COSINE]
