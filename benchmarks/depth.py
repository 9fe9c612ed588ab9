"""Depth: a chain of a million operations, each taking the one before.

The chain multiplies by a number and adds x by turns. Built, printed (abbreviated), evaluated,
differentiated, pickled and freed, each contestant in a process of its own; memory is the peak of
that process beyond what it held after its imports. Those who record while they compute build and
evaluate in one. A contestant that does not survive is given a shorter chain, and compared with
chainrule there.
"""

from __future__ import annotations

import gc
import math
import pickle
import resource
import sys
import time
from pathlib import Path

import chainrule
from benchmarks import recursive
from benchmarks.harness import (
    OURS,
    Effort,
    Section,
    Spread,
    Table,
    Target,
    figures,
    in_own_process,
    told,
    told_seconds,
)

PEERS = ("autograd", "torch", "micrograd")
RECURSIVE = "recursive"
TITLES = {RECURSIVE: "recursive classes", "torch": "PyTorch"}
LENGTHS = (1_000_000, 100_000, 10_000, 1_000, 300)
FACTOR = 1.0000001
# Small, so that a million additions of it, each multiplied on, stay far from overflow.
START = 1e-300
MOST_MEGABYTES = 1_000.0
PATIENCE = 300


def chained(start, length):
    """Return start * FACTOR + start, and so on: that many operations."""
    chain = start
    for count in range(length):
        chain = chain * FACTOR if count % 2 else chain + start
    return chain


def peak_memory():
    """Return the most bytes that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    # Where there is no such file. On Linux it would count what the parent process held, too.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Stages:
    """Seconds by stage: `with`-less, since a stage ends where the next one begins."""

    def __init__(self):
        self.seconds = {}
        self.memory = peak_memory()
        self.last = time.perf_counter()

    def done(self, stage):
        now = time.perf_counter()
        self.seconds[stage] = now - self.last
        self.last = time.perf_counter()

    def told(self, value, slope):
        return {
            "seconds": self.seconds,
            "bytes": peak_memory() - self.memory,
            "value": float(value),
            "slope": float(slope),
        }


def chain_chainrule(length):
    chainrule.expression("x").diff({"x": 1.0})  # what is imported at first use
    stages = Stages()
    chain = chained(chainrule.expression("x"), length)
    stages.done("build")
    text = str(chain)
    stages.done("print")
    value = chain.eval({"x": START})
    stages.done("eval")
    slope = chain.diff({"x": START}, "x")
    stages.done("diff")
    kept = pickle.dumps(chain)
    stages.done("pickle")
    del chain
    stages.done("free")
    # A pickle of ours, of a moment ago; read once the chain is gone, so that it must be built.
    again = pickle.loads(kept)  # noqa: S301
    stages.done("unpickle")
    found = stages.told(value, slope)
    assert len(text) < 10_000
    assert again.eval({"x": START}) == value
    return found


def chain_recursive(length):
    stages = Stages()
    chain = chained(recursive.Expression("x"), length)
    stages.done("build")
    value = chain.eval({"x": START})
    stages.done("eval")
    slope = chain.diff({"x": START}, "x")
    stages.done("diff")
    del chain
    stages.done("free")
    return stages.told(value, slope)


def chain_autograd(length):
    from autograd.core import make_vjp

    stages = Stages()
    back, value = make_vjp(lambda x: chained(x, length), START)
    stages.done("build")
    slope = back(1.0)
    stages.done("diff")
    del back
    stages.done("free")
    return stages.told(value, slope)


def chain_torch(length):
    import torch

    start = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    (start * 2).backward()  # what is loaded at first use
    start.grad = None
    stages = Stages()
    chain = chained(start, length)
    stages.done("build")
    chain.backward()
    stages.done("diff")
    value, slope = chain.item(), start.grad.item()
    del chain
    stages.done("free")
    return stages.told(value, slope)


def chain_micrograd(length):
    from micrograd.engine import Value

    start = Value(START)
    stages = Stages()
    chain = chained(start, length)
    stages.done("build")
    chain.backward()
    stages.done("diff")
    value, slope = chain.data, start.grad
    del chain
    gc.collect()  # its nodes and the functions in them hold each other
    stages.done("free")
    return stages.told(value, slope)


def chain(contestant, length):
    """Take one contestant through all stages; called in a process of its own."""
    return globals()[f"chain_{contestant}"](length)


def survived(contestant, lengths):
    """Return the longest chain that a contestant survives, what it found, and what came before."""
    lost = []
    for length in lengths:
        found = in_own_process(
            "benchmarks.depth:chain", timeout=PATIENCE, contestant=contestant, length=length
        )
        if "failed" not in found:
            return length, found, lost
        lost.append((length, found["failed"]))
    raise AssertionError(f"{contestant} survives no chain: {lost}")


def repeated(contestant, length, rounds):
    """Run a contestant some more times, each in its own process."""
    made = [
        in_own_process(
            "benchmarks.depth:chain", timeout=PATIENCE, contestant=contestant, length=length
        )
        for _ in range(rounds)
    ]
    for one in made:
        assert "failed" not in one, f"{contestant} at {length:,}: {one}"
    return made


def same_numbers(contestant, found, reference):
    """Refuse a contestant whose value or slope is not chainrule's."""
    for what in ("value", "slope"):
        assert math.isclose(found[what], reference[what], rel_tol=1e-9), (
            f"{what}: {contestant} has {found[what]!r}, chainrule {reference[what]!r}"
        )


def computing(found):
    """Return the seconds to have the chain, its value and its slope."""
    return sum(found["seconds"].get(stage, 0.0) for stage in ("build", "eval", "diff"))


def memory(found):
    return f"{figures(Spread.of([one['bytes'] for one in found]).median / 1e6)} MB"


def own_table(by_length):
    """Tabulate chainrule's stages, a row a stage and a column a length."""
    stages = list(next(iter(by_length.values()))[0]["seconds"])
    rows = [
        [
            stage,
            *(
                told_seconds(Spread.of([one["seconds"][stage] for one in found]))
                for found in by_length.values()
            ),
        ]
        for stage in stages
    ]
    rows.append(["peak memory", *(memory(found) for found in by_length.values())])
    return Table("chainrule, stage by stage", ["", *(f"{n:,} operations" for n in by_length)], rows)


def run(**options):
    effort = Effort(**options)
    lengths = LENGTHS[-2:] if effort.quick else LENGTHS
    rounds = 1 if effort.quick else 3
    reached = {}
    lost_by = {}
    for contestant in (RECURSIVE, *(peer for peer in PEERS if effort.has(peer))):
        length, found, lost = survived(contestant, lengths)
        reached[contestant] = (length, [found, *repeated(contestant, length, rounds - 1)])
        lost_by[contestant] = lost
    ours = {}
    for length in {lengths[0]: None} | {length: None for length, _ in reached.values()}:
        ours[length] = repeated(OURS, length, rounds)
    rows = []
    for contestant, (length, found) in {OURS: (lengths[0], ours[lengths[0]]), **reached}.items():
        reference = ours[length]
        same_numbers(contestant, found[0], reference[0])
        over = Spread.of(
            [computing(a) / computing(b) for a, b in zip(found, reference, strict=True)]
        )
        rows.append(
            [
                TITLES.get(contestant, contestant),
                f"{length:,}",
                told_seconds(Spread.of([computing(one) for one in found])),
                "1" if contestant == OURS else told(over),
                memory(found),
            ]
        )
    note = "\n".join(
        f"- {TITLES.get(contestant, contestant)}, from {lost[-1][0]:,} operations: {lost[-1][1]}"
        for contestant, lost in lost_by.items()
        if lost
    )
    peers = Table(
        "The longest chain survived: built, evaluated, differentiated",
        ["", "operations", "median (least to most)", "× chainrule there", "peak memory"],
        rows,
        note,
    )
    megabytes = max(one["bytes"] for one in ours[lengths[0]]) / 1e6
    what = f"peak memory at {lengths[0]:,} operations"
    return Section([own_table(ours), peers], [Target(what, MOST_MEGABYTES, megabytes, "MB")], PEERS)
