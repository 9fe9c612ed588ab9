"""Layout: pictures of graphs beside Graphviz, by crossings, length of the links and overlaps.

Thirty graphs of 5 to 400 nodes: formulas of a first course, their gradients, losses unrolled over
rows, networks, and random graphs. Both get the same sizes of nodes and labels, the same gaps and
the same direction. Curves are taken as polylines and measured the same way for both: every
crossing of two links counts, except where they meet at a node that they share; an overlap is a node
or a label that touches another. Times are the processor's.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
import resource
import shutil
import subprocess
import time
from collections import defaultdict

from benchmarks.harness import OURS, Effort, Section, Table, Target, figures, told_seconds
from chainrule import expression, mean_squared_error, natlog, parse, sin, tanh
from chainrule.draw.layout import Link, layout
from chainrule.engine.order import order

DOT = "dot"
LAYER_GAP, NODE_GAP = 48.0, 24.0
LABEL = (34.0, 14.0)
NO_LABEL = (0.0, 0.0)
MOST_RATIO = 1.15
MOST_SECONDS = 1.0
# Points of Graphviz are 1/72 inch.
INCH = 72.0
# Samples on a curve, and the side of the cells in which crossings are sought.
SAMPLES = 8
CELL = 32.0
# Links that share a node meet there; no crossing is counted so close to it.
NEAR = 8.0


@dataclasses.dataclass(frozen=True)
class Graph:
    name: str
    sizes: list[tuple[float, float]]
    links: list[Link]


@dataclasses.dataclass(frozen=True)
class Picture:
    """What is measured: boxes (middle and size), polylines with the nodes they join, the time."""

    nodes: list[tuple[float, float, float, float]]
    labels: list[tuple[float, float, float, float]]
    lines: list[tuple[int, int, list[tuple[float, float]]]]
    seconds: float


def drawn(name, *roots, label=LABEL):
    """Return the graph of some expressions as it would be drawn: circles and wider leaves."""
    nodes = order(roots)
    number = {node: at for at, node in enumerate(nodes)}
    sizes = [
        (32.0, 32.0) if node.arguments else (max(30.0, 10.0 + 7.0 * min(len(str(node)), 8)), 26.0)
        for node in nodes
    ]
    links = [
        Link(number[argument], number[node], label) for node in nodes for argument in node.arguments
    ]
    return Graph(name, sizes, links)


def variables(names):
    return [expression(name) for name in names.split()]


def horner(degree):
    x, *coefficients = variables("x " + " ".join(f"a{at}" for at in range(degree + 1)))
    made = coefficients[0]
    for coefficient in coefficients[1:]:
        made = made * x + coefficient
    return made


def squares(rows, slopes=1):
    """Mean squared error of a linear model, each row written out."""
    b, *slope = variables("b " + " ".join(f"m{at}" for at in range(slopes)))
    total = None
    for row in range(rows):
        made = b
        for at, m in enumerate(slope):
            made = made + m * expression(f"x{row}_{at}")
        part = (made - expression(f"y{row}")) ** 2
        total = part if total is None else total + part
    return total / rows


def network(*widths):
    """Fully connected layers of tanh, the last one linear."""
    values = variables(" ".join(f"x{at}" for at in range(widths[0])))
    for layer, width in enumerate(widths[1:]):
        found = []
        for unit in range(width):
            made = expression(f"b{layer}_{unit}")
            for at, value in enumerate(values):
                made = made + expression(f"w{layer}_{unit}_{at}") * value
            found.append(made if layer == len(widths) - 2 else tanh(made))
        values = found
    return values[0]


def gradient(made):
    return [made.derivative(name) for name in made.variables]


def diamonds(count):
    made = expression("x")
    for _ in range(count):
        made = sin(made) + natlog(made)
    return made


def scattered(seed, nodes, links, *, reach, label=NO_LABEL):
    """Random graph without cycles; every node but the first has a link from one before it."""
    chance = random.Random(seed)
    ends = [(chance.randrange(max(0, head - reach), head), head) for head in range(1, nodes)]
    while len(ends) < links:
        head = chance.randrange(1, nodes)
        ends.append((chance.randrange(max(0, head - reach), head), head))
    sizes = [(chance.choice([28.0, 40.0, 60.0]), 28.0) for _ in range(nodes)]
    return Graph(
        f"random {nodes}, {links}", sizes, [Link(tail, head, label) for tail, head in ends]
    )


def graphs():
    a, b, c, x, y, z, m = variables("a b c x y z m")
    sine = sin((x + y) * z)
    sigmoid = 1 / (1 + parse("exp(-x)"))
    tree = " * ".join(f"(a{at} + b{at} * c{at})" for at in range(16))
    return [
        drawn("m·x + b", m * x + b),
        drawn("c·(a + 2b)", c * (a + 2 * b)),
        drawn("sin((x + y)·z)", sine),
        drawn("its gradient", *gradient(sine), sine),
        drawn("sigmoid", sigmoid),
        drawn("its derivative", *gradient(sigmoid), sigmoid),
        drawn("(2a + b)(c − d)", parse("(2*a + b)*(c - d)")),
        drawn("polynomial", parse("x**3 + 3*y**2 + 3*x + 1")),
        drawn("powers", parse("a + b*x + c*x**2 + d*x**3 + e*x**4")),
        drawn("two functions", parse("sin(x*y)*exp(-x) + log(x)*tanh(y)")),
        drawn("their gradient", *gradient(parse("sin(x*y)*exp(-x) + log(x)*tanh(y)"))),
        drawn("Horner, degree 5", horner(5)),
        drawn("Horner, degree 20", horner(20)),
        drawn("Horner's gradient", *gradient(horner(5)), label=NO_LABEL),
        drawn("squares, 3 rows", squares(3)),
        drawn("squares, 8 rows", squares(8)),
        drawn("squares, 5 rows, 3 slopes", squares(5, 3), label=NO_LABEL),
        drawn("squares' gradient, 3 rows", *gradient(squares(3)), label=NO_LABEL),
        drawn("squares, 45 rows", squares(45), label=NO_LABEL),
        drawn("network 3-4-1", network(3, 4, 1)),
        drawn("network 4-6-4-1", network(4, 6, 4, 1), label=NO_LABEL),
        drawn("gradient of network 2-2-1", *gradient(network(2, 2, 1)), label=NO_LABEL),
        drawn("chain of 60", parse("sin(" * 60 + "x" + ")" * 60)),
        drawn("diamonds", diamonds(12)),
        drawn("product of 16 sums", parse(tree)),
        drawn("mean squared error", mean_squared_error(m * x + b, y)),
        scattered(1, 20, 30, reach=8, label=LABEL),
        scattered(2, 60, 80, reach=12),
        scattered(3, 150, 200, reach=15),
        scattered(4, 400, 600, reach=12),
    ]


def ours(graph):
    start = time.process_time()
    made = layout(graph.sizes, graph.links, layer_gap=LAYER_GAP, node_gap=NODE_GAP)
    seconds = time.process_time() - start
    boxes = [(*at, *size) for at, size in zip(made.centres, graph.sizes, strict=True)]
    labels = [
        (*at, *link.label)
        for at, link in zip(made.labels, graph.links, strict=True)
        if at is not None
    ]
    lines = [
        (link.tail, link.head, sampled(route))
        for link, route in zip(graph.links, made.routes, strict=True)
    ]
    return Picture(boxes, labels, lines, seconds)


def processor_time_of_children():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def theirs(graph):
    """Lay a graph out by `dot`; its time is that of the whole process."""
    lines = [
        "digraph {",
        f"rankdir=LR nodesep={NODE_GAP / INCH} ranksep={LAYER_GAP / INCH}",
        'node [shape=box fixedsize=true label=""]',
        *(
            f"{at} [width={width / INCH} height={height / INCH}]"
            for at, (width, height) in enumerate(graph.sizes)
        ),
    ]
    for link in graph.links:
        width, height = link.label
        label = (
            f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" FIXEDSIZE="TRUE" '
            f'WIDTH="{width:.0f}" HEIGHT="{height:.0f}"><TR><TD></TD></TR></TABLE>'
        )
        told = f"label=<{label}> arrowhead=none" if link.is_labelled else "arrowhead=none"
        lines.append(f"{link.tail} -> {link.head} [{told}]")
    start = processor_time_of_children()
    done = subprocess.run(
        [shutil.which(DOT), "-Tplain"],
        input="\n".join([*lines, "}"]),
        capture_output=True,
        text=True,
        check=True,
    )
    return read_plain(done.stdout, graph, processor_time_of_children() - start)


def read_plain(text, graph, seconds):
    """Read Graphviz' plain format, in inches."""
    boxes = [(0.0, 0.0, 0.0, 0.0)] * len(graph.sizes)
    labels, lines = [], []
    label = next((link.label for link in graph.links if link.is_labelled), NO_LABEL)
    for words in map(str.split, text.splitlines()):
        if words[0] == "node":
            boxes[int(words[1])] = tuple(float(word) * INCH for word in words[2:6])
        elif words[0] == "edge":
            count = 2 * int(words[3])
            numbers = [float(word) * INCH for word in words[4 : 4 + count]]
            route = list(zip(numbers[::2], numbers[1::2], strict=True))
            lines.append((int(words[1]), int(words[2]), sampled(route)))
            if label != NO_LABEL:
                # Written before the style and the colour, whatever the label itself looks like.
                at = [float(word) * INCH for word in words[-4:-2]]
                labels.append((*at, *label))
    return Picture(boxes, labels, lines, seconds)


def sampled(route):
    """Turn a chain of cubic Bezier curves into a polyline."""
    line = [route[0]]
    for at in range(0, len(route) - 1, 3):
        p, q, r, s = route[at : at + 4]
        for step in range(1, SAMPLES + 1):
            t = step / SAMPLES
            w = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            line.append(
                (
                    w[0] * p[0] + w[1] * q[0] + w[2] * r[0] + w[3] * s[0],
                    w[0] * p[1] + w[1] * q[1] + w[2] * r[1] + w[3] * s[1],
                )
            )
    return line


def length(picture):
    return math.fsum(
        math.dist(here, there)
        for _, _, line in picture.lines
        for here, there in itertools.pairwise(line)
    )


def crossings(picture):
    """Count where two links cross, but for where they meet at a common node."""
    cells = defaultdict(list)
    pieces = []
    for which, (_, _, line) in enumerate(picture.lines):
        for here, there in itertools.pairwise(line):
            number = len(pieces)
            pieces.append((which, here, there))
            for cell in covered(here, there):
                cells[cell].append(number)
    found = set()
    for inside in cells.values():
        for at, first in enumerate(inside):
            for second in inside[at + 1 :]:
                one, other = pieces[first], pieces[second]
                if one[0] == other[0] or (first, second) in found:
                    continue
                point = meeting(one[1:], other[1:])
                if point and not at_common_node(picture, one[0], other[0], point):
                    found.add((first, second))
    return len(found)


def covered(here, there):
    """Return the cells that the box of a piece covers."""
    columns, rows = (
        range(int(min(ends) // CELL), int(max(ends) // CELL) + 1)
        for ends in zip(here, there, strict=True)
    )
    return itertools.product(columns, rows)


def meeting(one, other):
    """Return where two pieces cross, half-open so that a crossing at a joint counts once."""
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    down = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if down == 0:
        return None
    s = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / down
    t = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / down
    if 0 <= s < 1 and 0 <= t < 1:
        return ax + s * (bx - ax), ay + s * (by - ay)
    return None


def at_common_node(picture, one, other, point):
    for node in {*picture.lines[one][:2]} & {*picture.lines[other][:2]}:
        x, y, width, height = picture.nodes[node]
        if abs(point[0] - x) < width / 2 + NEAR and abs(point[1] - y) < height / 2 + NEAR:
            return True
    return False


def overlaps(picture):
    """Count the pairs of boxes that overlap, of nodes and labels alike."""
    boxes = sorted(picture.nodes + picture.labels, key=lambda box: box[0] - box[2] / 2)
    found = 0
    for at, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[at + 1 :]:
            if other_x - other_width / 2 > x + width / 2 - 0.5:
                break
            # Half a unit, for both round.
            found += abs(y - other_y) < (height + other_height) / 2 - 0.5
    return found


def rows_of(pictures):
    """Tabulate each graph: crossings, length, time of both."""
    rows = []
    for graph, mine, peer in pictures:
        row = [graph.name, f"{len(graph.sizes)}, {len(graph.links)}", str(crossings(mine))]
        row += [figures(length(mine)), told_seconds(mine.seconds)]
        if peer:
            row[3:3] = [str(crossings(peer))]
            row[5:5] = [figures(length(mine) / length(peer))]
            row += [told_seconds(peer.seconds)]
        rows.append(row)
    return rows


def run(**options):
    effort = Effort(**options)
    has_dot = not effort.alone and shutil.which(DOT) is not None
    asked = graphs()[:8] if effort.quick else graphs()
    pictures = [(graph, ours(graph), theirs(graph) if has_dot else None) for graph in asked]
    mine = [picture for _, picture, _ in pictures]
    peer = [picture for _, _, picture in pictures if picture]
    totals = {OURS: mine} | ({DOT: peer} if has_dot else {})
    note = "Graphviz is not installed here."
    if has_dot:
        # One graph could decide a sum: the table also tells what is left without it.
        worst = max(range(len(peer)), key=lambda at: crossings(peer[at]))
        without = f", without {asked[worst].name}"
        totals |= {
            name + without: [*those[:worst], *those[worst + 1 :]] for name, those in totals.items()
        }
        told = subprocess.run(
            [shutil.which(DOT), "-V"], capture_output=True, text=True, check=True
        ).stderr
        note = f"By {told.strip()}, whose time has a process for each graph in it."
    summary = Table(
        "All graphs together",
        ["", "crossings", "length of links", "overlaps", "time"],
        [
            [
                name,
                f"{sum(map(crossings, those)):,}",
                f"{math.fsum(map(length, those)):,.0f}",
                str(sum(map(overlaps, those))),
                told_seconds(math.fsum(picture.seconds for picture in those)),
            ]
            for name, those in totals.items()
        ],
        note,
    )
    columns = ["", "nodes, links", "crossings", "length", "time"]
    if has_dot:
        columns = ["", "nodes, links", "crossings", DOT, "length", f"× {DOT}", "time", DOT]
    targets = [
        Target("overlaps of nodes and labels", 0, sum(map(overlaps, mine)), "pairs"),
        Target(
            "the longest time, up to 400 nodes and 600 links",
            MOST_SECONDS,
            max(picture.seconds for picture in mine),
            "s",
        ),
    ]
    if has_dot:
        ratios = [
            sum(map(what, mine)) / max(sum(map(what, peer)), 1) for what in (crossings, length)
        ]
        targets += [
            Target(f"{what} in sum, over Graphviz'", MOST_RATIO, ratio, "")
            for what, ratio in zip(("crossings", "length of links"), ratios, strict=True)
        ]
    return Section([summary, Table("Each graph", columns, rows_of(pictures))], targets)
