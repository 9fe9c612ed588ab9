"""Descents and rates to be compared with PyTorch's, and how PyTorch is made to run them.

Run as a script where PyTorch is installed, it writes what PyTorch answers to the file beside it:
    python -m tests.optimize.torch_cases
"""

import json
import warnings
from pathlib import Path

import numpy as np

REFERENCE = Path(__file__).with_name("torch_reference.json")
N_STEPS = 100
# Rounding only ever adds up: what agrees late has agreed before.
KEPT_STEPS = (1, 2, 3, 5, 10, 20, 50, 100)

CURVATURE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 9.0]])
CENTRE = np.array([1.0, -2.0, 0.5])


def quadratic(x):
    return CURVATURE @ (x - CENTRE)


def rosenbrock(x):
    steep = x[1] - x[0] ** 2
    return np.array([-400 * x[0] * steep - 2 * (1 - x[0]), 200 * steep])


def hinge(x):
    """The gradient of max(0, x₀ - 1)² + max(0, x₂)²: x₁ has no slope, x₂ none below 0."""
    return np.array([2 * max(0.0, x[0] - 1), 0.0, 2 * max(0.0, x[2])])


# Gradient, start, and the rate for those methods whose step grows with the gradient.
LOSSES = {
    "quadratic": (quadratic, (3.0, 2.0, -1.0), 0.02),
    "rosenbrock": (rosenbrock, (-1.2, 1.0), 1e-4),
    "hinge": (hinge, (3.0, 5.0, -1.0), 0.05),
}

# Ours and its options, PyTorch's and its options; and the rate, None for that of the loss. All of
# them settle: NAdam with betas (0.5, 0.9) on Rosenbrock, say, is chaotic, and PyTorch itself is
# elsewhere after 100 steps when its start is moved by one bit.
METHODS = [
    ("gradient descent", {}, "SGD", {}, None),
    ("gradient descent", {"weight_decay": 0.1}, "SGD", {"weight_decay": 0.1}, None),
    *(
        ("gradient descent", options, "SGD", options, None)
        for options in (
            {"momentum": 0.9, "dampening": 0.5},
            {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        )
    ),
    ("momentum", {}, "SGD", {"momentum": 0.9}, None),
    *(
        ("momentum", options, "SGD", options, None)
        for options in ({"momentum": 0.5, "dampening": 0.3, "weight_decay": 0.01},)
    ),
    ("nesterov", {}, "SGD", {"momentum": 0.9, "nesterov": True}, None),
    (
        "nesterov",
        {"momentum": 0.5, "weight_decay": 0.1},
        "SGD",
        {"momentum": 0.5, "weight_decay": 0.1, "nesterov": True},
        None,
    ),
    *(
        ("adagrad", options, "Adagrad", options, 0.3)
        for options in (
            {},
            {"lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-6},
            {"initial_accumulator_value": 0.5},
        )
    ),
    *(
        ("rmsprop", options, "RMSprop", options, 0.01)
        for options in (
            {},
            {"alpha": 0.9, "momentum": 0.9, "weight_decay": 0.1},
            {"centered": True, "eps": 1e-4},
            {"centered": True, "momentum": 0.5, "alpha": 0.8},
        )
    ),
    *(
        ("adam", options, "Adam", options, 0.05)
        for options in (
            {},
            {"betas": (0.8, 0.9), "eps": 1e-4, "weight_decay": 0.1},
            {"betas": (0.0, 0.5)},
            {"betas": (0.5, 0.9), "amsgrad": True},
        )
    ),
    *(
        ("adamw", options, "AdamW", options, 0.05)
        for options in ({}, {"weight_decay": 0.5, "amsgrad": True})
    ),
    ("amsgrad", {}, "Adam", {"amsgrad": True}, 0.05),
    (
        "amsgrad",
        {"betas": (0.3, 0.6), "weight_decay": 0.1},
        "Adam",
        {"betas": (0.3, 0.6), "weight_decay": 0.1, "amsgrad": True},
        0.05,
    ),
    *(
        ("nadam", options, "NAdam", options, 0.05)
        for options in (
            {},
            {"momentum_decay": 0.1, "weight_decay": 0.1},
            {"betas": (0.8, 0.99), "weight_decay": 0.2, "decoupled_weight_decay": True},
        )
    ),
]

# The state of ours, PyTorch's class, its rate and its options; a warm-up is a sequence there.
SCHEDULES = [
    *(
        ({"name": name, "rate": 0.4} | options, name, 0.4, options)
        for name, options in (
            ("ConstantLR", {"factor": 0.25, "total_iters": 7}),
            ("StepLR", {"step_size": 9, "gamma": 0.3}),
            ("MultiStepLR", {"milestones": [5, 20, 20, 31], "gamma": 0.5}),
            ("ExponentialLR", {"gamma": 0.93}),
            ("PolynomialLR", {"total_iters": 30, "power": 1.7}),
            ("LinearLR", {"start_factor": 0.2, "end_factor": 0.9, "total_iters": 25}),
            ("CosineAnnealingLR", {"T_max": 23, "eta_min": 0.01}),
            ("CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 1, "eta_min": 0.02}),
            ("CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2, "eta_min": 0.0}),
        )
    ),
    *(
        ({"name": "OneCycleLR"} | options, "OneCycleLR", 0.4, options)
        for options in (
            {
                "max_lr": 0.4,
                "total_steps": total,
                "pct_start": start,
                "anneal_strategy": strategy,
                "div_factor": 20.0,
                "final_div_factor": 1e3,
                "three_phase": phases,
            }
            for total, start, strategy, phases in (
                (60, 0.3, "cos", False),
                (60, 0.35, "linear", True),
                (60, 0.01, "cos", False),
            )
        )
    ),
    (
        {
            "name": "WarmUp",
            "schedule": {"name": "StepLR", "rate": 0.4, "step_size": 9, "gamma": 0.3},
            "total_iters": 6,
            "start_factor": 0.1,
        },
        "SequentialLR",
        0.4,
        {"start_factor": 0.1, "total_iters": 6, "step_size": 9, "gamma": 0.3},
    ),
]
N_EPOCHS = 60
CLIPS = [{"max_norm": 2.0}, {"max_norm": 0.5, "norm_type": 1.0}, {"max_norm": 1.0, "norm_type": 3}]


def descend_in_torch(loss, kind, options, rate, clip=None):
    """The parameters after each step of PyTorch's optimiser."""
    import torch

    gradient, start, own_rate = LOSSES[loss]
    # What NAdam keeps beside the parameters has the default type.
    torch.set_default_dtype(torch.float64)
    parameter = torch.tensor(start, requires_grad=True)
    optimiser = getattr(torch.optim, kind)([parameter], lr=rate or own_rate, **options)
    rows = []
    for _ in range(N_STEPS):
        parameter.grad = torch.from_numpy(gradient(parameter.detach().numpy().copy()))
        if clip is not None:
            torch.nn.utils.clip_grad_norm_([parameter], **clip)
        optimiser.step()
        rows.append(parameter.detach().numpy().copy())
    return np.array(rows)


def rates_in_torch(kind, rate, options):
    """The rate of each epoch by PyTorch's scheduler."""
    import torch
    from torch.optim import lr_scheduler

    parameter = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([parameter], lr=rate)
    rates = []
    with warnings.catch_warnings():
        # Of its own making: a sequence steps its parts by epoch.
        warnings.simplefilter("ignore")
        if kind == "SequentialLR":
            total = options["total_iters"]
            rise = lr_scheduler.LinearLR(
                optimiser, start_factor=options["start_factor"], total_iters=total
            )
            fall = lr_scheduler.StepLR(optimiser, options["step_size"], options["gamma"])
            scheduler = lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[total])
        else:
            more = {"cycle_momentum": False} if kind == "OneCycleLR" else {}
            scheduler = getattr(lr_scheduler, kind)(optimiser, **options, **more)
        for _ in range(N_EPOCHS):
            rates.append(float(optimiser.param_groups[0]["lr"]))
            optimiser.step()
            scheduler.step()
    return rates


def write():
    import torch

    descents = [
        descend_in_torch(loss, kind, options, rate)[[step - 1 for step in KEPT_STEPS]].tolist()
        for _, _, kind, options, rate in METHODS
        for loss in LOSSES
    ]
    clipped = [
        descend_in_torch("quadratic", "SGD", {}, 0.02, clip)[[s - 1 for s in KEPT_STEPS]].tolist()
        for clip in CLIPS
    ]
    rates = [rates_in_torch(kind, rate, options) for _, kind, rate, options in SCHEDULES]
    found = {"torch": torch.__version__, "descents": descents, "clipped": clipped, "rates": rates}
    # A trajectory a line.
    text = json.dumps(found).replace("]], [[", "]],\n[[").replace("], [", "],\n[")
    REFERENCE.write_text(text.replace('"clipped"', '\n"clipped"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
