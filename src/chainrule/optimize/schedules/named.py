"""Schedules by name, so that a file can hold them and no code.

May import all schedules and the errors; it must not know what descends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from chainrule.errors import FileFormatError, closest
from chainrule.optimize.schedules.built import WarmUp
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
from chainrule.optimize.schedules.schedule import Schedule
from chainrule.optimize.schedules.waves import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    OneCycleLR,
)
from chainrule.optimize.settings import nearest_first

__all__ = ["SCHEDULES", "schedule_from_state"]

# Those that a state can name.
SCHEDULES: Mapping[str, type[Schedule]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            ConstantRate,
            ConstantLR,
            StepLR,
            MultiStepLR,
            ExponentialLR,
            InverseTimeLR,
            PolynomialLR,
            LinearLR,
            CosineAnnealingLR,
            CosineAnnealingWarmRestarts,
            OneCycleLR,
            WarmUp,
        )
    }
)


def schedule_from_state(state: Mapping[str, Any]) -> Schedule:
    """Make a schedule from what `to_state` returned, read from JSON or not; no code is run.

    Raises: FileFormatError for what is no such thing; SettingError for a value out of its range.

    >>> import json
    >>> schedule = WarmUp(CosineAnnealingLR(0.1, T_max=90), total_iters=10)
    >>> schedule_from_state(json.loads(json.dumps(schedule.to_state()))) == schedule
    True
    """
    name = state.get("name") if isinstance(state, Mapping) else None
    if not isinstance(name, str) or name not in SCHEDULES:
        word = name if isinstance(name, str) else ""
        listed = ", ".join(nearest_first(word, list(SCHEDULES)))
        raise FileFormatError(
            f"no schedule is called {name!r:.60}.{closest(word, SCHEDULES)}\n"
            f"  Schedules: {listed}. A state is what schedule.to_state() returns."
        )
    kind = SCHEDULES[name]
    options = {key: value for key, value in state.items() if key != "name"}
    needed = [setting.name for setting in fields(kind)]
    if {*options} != {*needed}:
        found = ", ".join(map(str, options)) or "nothing"
        raise FileFormatError(f"the state of a {name} needs {', '.join(needed)}; found {found}.")
    if kind is WarmUp:
        within = options["schedule"]
        # Asked here and not only where it is made, or a hostile file could nest them endlessly.
        if isinstance(within, Mapping) and within.get("name") == WarmUp.__name__:
            raise FileFormatError("a WarmUp holds another WarmUp, which none can.")
        options["schedule"] = schedule_from_state(within)
    return kind(**options)
