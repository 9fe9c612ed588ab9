"""Colours, strokes and the style sheet of a picture, light and dark.

Value and gradient differ in colour and in shape, paths in colour and dashes: nothing is told by
colour alone. Every text has a contrast of 4.5 or more to what it stands on, every line that means
something 3 or more (Source: WCAG 2.2, 1.4.3 and 1.4.11). Imports nothing of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "DASHES", "LIGHT", "Colours", "style_sheet"]


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one theme.

    paper: behind everything. ink, muted: of texts. line: of edges and borders; faint: of what is
    off the paths. given, step: what fills a variable's card and an operation's. badge: behind its
    symbol. value, gradient: of the two chips, each with the tint that fills it. alarm: of a chip
    whose number is NaN or infinite. paths: one each.
    """

    paper: str
    ink: str
    muted: str
    line: str
    faint: str
    given: str
    step: str
    badge: str
    value: str
    value_tint: str
    gradient: str
    gradient_tint: str
    alarm: str
    paths: tuple[str, ...]


LIGHT = Colours(
    paper="#fff",
    ink="#16191d",
    muted="#5b636d",
    line="#6c757f",
    faint="#cdd2d8",
    given="#eef1f5",
    step="#fff",
    badge="#e3e7ec",
    value="#0b62a4",
    value_tint="#e7f1fa",
    gradient="#b8400e",
    gradient_tint="#fdefe7",
    alarm="#8c1d40",
    paths=("#00755c", "#8a3fa0", "#946300", "#1f6fb2", "#b3235a", "#3d4650"),
)
DARK = Colours(
    paper="#15181d",
    ink="#eceff3",
    muted="#a3acb7",
    line="#8b95a1",
    faint="#424a55",
    given="#262c35",
    step="#1c2128",
    badge="#343c47",
    value="#83c5f7",
    value_tint="#122c41",
    gradient="#ffae85",
    gradient_tint="#42200f",
    alarm="#ff9db8",
    paths=("#35c9a5", "#d39be4", "#e0b04a", "#7fb8ea", "#f58db2", "#c9d1da"),
)
# Of the strokes of paths, told apart in greyscale too.
DASHES = ("", "9 4", "2 3", "12 3 2 3", "5 5", "1 5")

_SHAPES = """\
text{{font:12px sans-serif;text-anchor:middle}}
.name{{font-size:14px;font-style:italic}}
.named .name{{font-weight:bold}}
.unnamed .name{{font-size:11px;font-style:normal}}
.tally{{font-size:11px}}
.symbol{{font-size:16px}}
.heading{{font-size:18px;font-weight:bold}}
.start,.local,.heading{{text-anchor:start}}
.formula{{text-anchor:end;font-style:italic}}
.alone{{text-anchor:middle}}
.upright{{font-style:normal}}
.local,.formula{{stroke-width:5px;stroke-linejoin:round;paint-order:stroke}}
.wire{{fill:none;stroke-width:1.6px}}
.strand{{fill:none;stroke-width:2.6px;stroke-linecap:butt}}
.card{{stroke-width:1.4px}}
.output .card{{stroke-width:3px}}
.forward,.backward{{stroke-width:1.2px}}"""

_PAINTS = """\
text{{fill:{ink}}}
.paper{{fill:{paper}}}
.muted,.tally,.unnamed .name{{fill:{muted}}}
.card{{fill:{step};stroke:{line}}}
.variable .card{{fill:{given}}}
.badge{{fill:{badge}}}
.value{{fill:{value}}}
.adjoint{{fill:{gradient}}}
.forward{{fill:{value_tint};stroke:{value}}}
.backward{{fill:{gradient_tint};stroke:{gradient}}}
.alarm{{fill:{paper};stroke:{alarm};stroke-width:2.4px}}
.alarm+text{{fill:{alarm};font-weight:bold}}
.wire{{stroke:{line}}}
.head{{fill:{line}}}
.local,.formula{{stroke:{paper}}}
.asked .card{{stroke:{first};stroke-width:3px}}
.dim text{{fill:{muted}}}
.dim .card,.dim .wire,.dim .forward,.dim .backward{{stroke:{faint}}}
.dim .forward,.dim .backward{{fill:none}}
.dim .head{{fill:{faint}}}"""


def style_sheet(theme: str, scope: str, paths: int) -> str:
    """Write the style sheet of a picture: every rule holds inside elements of class `scope`.

    theme: "light", "dark", or "auto" for light with dark where the reader prefers it. A reader that
    knows no such preference takes light: there are no variables, so that plain viewers follow too.
    paths: how many have strokes of their own.
    """
    light, dark = _paints(LIGHT, paths), _paints(DARK, paths)
    rules = _shapes(paths) + (dark if theme == "dark" else light)
    written = "".join(_scoped(rule, scope) for rule in rules)
    if theme == "auto":
        inside = "".join(_scoped(rule, scope) for rule in dark)
        written += f"@media (prefers-color-scheme:dark){{{inside}}}"
    return written


def _shapes(paths: int) -> list[str]:
    """List the rules that hold in every theme."""
    dashes = [
        f".strand.p{number + 1}{{stroke-dasharray:{dash}}}"
        for number, dash in enumerate(DASHES[:paths])
        if dash
    ]
    return [*_SHAPES.format().splitlines(), *dashes]


def _paints(colours: Colours, paths: int) -> list[str]:
    """List the rules with colours."""
    names = {name: getattr(colours, name) for name in Colours.__slots__}
    strokes = [
        f".{kind}.p{number + 1}{{{what}:{colour}}}"
        for number, colour in enumerate(colours.paths[:paths])
        for kind, what in (("strand", "stroke"), ("head", "fill"))
    ]
    return [*_PAINTS.format(**names, first=colours.paths[0]).splitlines(), *strokes]


def _scoped(rule: str, scope: str) -> str:
    """Let a rule hold inside one picture alone."""
    selectors, body = rule.split("{", 1)
    return ",".join(f".{scope} {selector}" for selector in selectors.split(",")) + "{" + body
