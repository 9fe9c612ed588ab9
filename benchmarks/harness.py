"""Timing side by side, tables of ratios, and what the numbers were measured on.

Contestants take turns, a batch each a round, so that whatever else the machine does meets all of
them; a ratio is taken within a round, and told as the median over rounds with the least and most.
"""

from __future__ import annotations

import dataclasses
import gc
import importlib.util
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
OURS = "chainrule"
# OpenBLAS choosing its kernels for another machine would be measured in NumPy's place.
FOREIGN_SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much to measure: `quick` only shows that it runs; `alone` leaves all peers out."""

    quick: bool = False
    alone: bool = False

    @property
    def rounds(self):
        return 2 if self.quick else 11

    def rounds_of(self, seconds):
        """Return how many rounds of that length to run; the longer, the fewer."""
        return min(self.rounds, 11 if seconds < 5 else 5 if seconds < 15 else 3)

    @property
    def batch_seconds(self):
        return 0.0005 if self.quick else 0.02

    def has(self, peer):
        return not self.alone and importlib.util.find_spec(peer) is not None


@dataclasses.dataclass(frozen=True)
class Spread:
    """Median, least and most of some samples."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, samples):
        return cls(statistics.median(samples), min(samples), max(samples))


@dataclasses.dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Target:
    """A number that chainrule has to reach, in the unit that it is told in."""

    what: str
    bound: float
    found: float
    unit: str


@dataclasses.dataclass(frozen=True)
class Section:
    """What one task found."""

    tables: Sequence[Table]
    targets: Sequence[Target] = ()
    peers: Sequence[str] = ()

    @classmethod
    def from_json(cls, found):
        return cls(
            [Table(**table) for table in found["tables"]],
            [Target(**target) for target in found["targets"]],
            found["peers"],
        )


# Calls as long as this are not repeated to warm up, nor within a batch.
LONG = 1.0


def batch_size(call, seconds):
    """Find how many calls last about that long, by trying; this also warms the call up."""
    count = 1
    taken = batch(call, count)
    if taken < LONG:
        taken = batch(call, count)  # the first call may have loaded, compiled or cached something
    while taken < seconds:
        count = count * 2 if taken < seconds / 8 else math.ceil(count * 1.2 * seconds / taken)
        taken = batch(call, count)
    return count


def batch(call, count):
    """Return the seconds that so many calls take."""
    if count > 1:
        call()  # not timed: caches and threads come back from serving somebody else
    turns = range(count)
    start = time.perf_counter()
    for _ in turns:
        call()
    return time.perf_counter() - start


def side_by_side(calls: Mapping[str, Callable[[], object]], effort: Effort):
    """Return the seconds a call of each contestant, one for every round."""
    sizes = {name: batch_size(call, effort.batch_seconds) for name, call in calls.items()}
    found = {name: [] for name in calls}
    # What the peers hold since they were imported is no part of the work measured.
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    to_go = 1
    while to_go > 0:
        for name, call in calls.items():
            found[name].append(batch(call, sizes[name]) / sizes[name])
        done = len(next(iter(found.values())))
        to_go = effort.rounds_of((time.perf_counter() - start) / done) - done
    gc.unfreeze()
    return found


def ratios(found, reference=OURS):
    """Return the spread of each contestant's time over the reference's in the same round."""
    return {
        name: Spread.of([mine / ours for mine, ours in zip(seconds, found[reference], strict=True)])
        for name, seconds in found.items()
    }


def ratio_table(title, found, reference=OURS):
    """Tabulate one race: seconds a call, and ratios to chainrule."""
    over = ratios(found, reference)
    rows = [
        [name, told_seconds(Spread.of(seconds)), "1" if name == reference else told(over[name])]
        for name, seconds in found.items()
    ]
    return Table(title, ["", "median (least to most)", f"× {reference}"], rows)


def agree(answers, tolerance=1e-12):
    """Refuse contestants that do not compute chainrule's numbers (relative to the largest).

    answers: name -> (value, partials by name), numbers or arrays.
    """
    value, partials = answers[OURS]
    for name, (its_value, its_partials) in answers.items():
        close(name, "the value", its_value, value, tolerance)
        assert set(partials) == set(its_partials), f"{name} has partials {sorted(its_partials)}"
        for variable, partial in partials.items():
            close(name, f"d/d{variable}", its_partials[variable], partial, tolerance)


def close(name, what, its, ours, tolerance):
    """Refuse a number that differs, told relative to the largest one of its kind."""
    its, ours = np.asarray(its, dtype=float), np.asarray(ours, dtype=float)
    assert its.shape == ours.shape, f"{what}: {name} has shape {its.shape}, not {ours.shape}"
    worst = float(np.max(np.abs(its - ours), initial=0.0))
    scale = float(np.max(np.abs(ours), initial=0.0))
    assert worst <= tolerance * scale, (
        f"{what}: {name} differs by {worst:.3g} from chainrule's, which reach {scale:.6g}"
    )


def in_own_process(function, *, timeout=600, **arguments):
    """Call `module:function` of ours in a fresh interpreter, and return what it returned.

    A failure comes back as {"failed": the last line of its complaint}.
    """
    command = [sys.executable, "-m", "benchmarks.worker", function, json.dumps(arguments)]
    kept = {key: value for key, value in os.environ.items() if key not in FOREIGN_SETTINGS}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=kept,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done in {timeout} s"}
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    if done.returncode < 0:
        return {"failed": f"killed by signal {-done.returncode}"}
    return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}


def told_seconds(found):
    """Write a duration, or the spread of one, with the unit that fits its median."""
    if not isinstance(found, Spread):
        found = Spread(found, found, found)
    power, unit = next(
        (power, unit)
        for power, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns"))
        if found.median * power >= 1 or unit == "ns"
    )
    median = f"{figures(found.median * power)} {unit}"
    if found.least == found.most:
        return median
    return f"{median} ({figures(found.least * power)} to {figures(found.most * power)})"


def told(found):
    """Write the spread of a ratio."""
    return f"{figures(found.median)} ({figures(found.least)} to {figures(found.most)})"


def figures(number):
    """Write a number with three figures, and no exponent."""
    if number == 0 or not math.isfinite(number):
        return str(number)
    rounded = float(f"{number:.2e}")
    digits = 2 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(digits, 0)}f}"


def machine(peers):
    """Describe what the numbers were measured on: hardware, Python, and libraries used."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        memory = f"{total / 2**30:.0f} GiB of memory"
    except (AttributeError, ValueError, OSError):
        memory = "memory unknown"
    versions = []
    for name in [OURS, "numpy", *peers]:
        package = {"sklearn": "scikit-learn"}.get(name, name)
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{package} (not installed)")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    cores = os.cpu_count()
    return ", ".join([processor(), f"{cores} cores", memory, platform.system(), python, *versions])


def processor():
    """Name the processor's model."""
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
