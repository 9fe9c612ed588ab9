"""Learning rates that change: each schedule is a value that maps an epoch to a rate.

Those that PyTorch has bear its names and options, with the rate as the first one. May import
`schedule` and the settings; it must not know what descends.
"""

from chainrule.optimize.schedules.built import LambdaLR, WarmUp, as_schedule
from chainrule.optimize.schedules.falling import (
    ConstantLR,
    ConstantRate,
    ExponentialLR,
    InverseTimeLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from chainrule.optimize.schedules.named import SCHEDULES, schedule_from_state
from chainrule.optimize.schedules.schedule import Schedule
from chainrule.optimize.schedules.waves import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    OneCycleLR,
)

__all__ = [
    "SCHEDULES",
    "ConstantLR",
    "ConstantRate",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "InverseTimeLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "Schedule",
    "StepLR",
    "WarmUp",
    "as_schedule",
    "schedule_from_state",
]
