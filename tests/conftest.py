"""Hypothesis, the same on every machine and in every run, unless asked for more."""

import os

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("everyday", derandomize=True, database=None, max_examples=100, **COMMON)
settings.register_profile("ci", derandomize=True, database=None, max_examples=500, **COMMON)
# New examples in every run; what fails is printed with a line that brings it back.
settings.register_profile("fuzz", max_examples=20_000, print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))
