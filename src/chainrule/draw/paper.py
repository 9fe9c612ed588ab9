"""What a plot is drawn on and with: axes, and colours for a light and for a dark ground.

Stands on matplotlib (extra `plot`), imported when axes are made. It must not know what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from chainrule.draw.options import Theme
from chainrule.errors import SettingError, closest, missing_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

__all__ = ["DARK", "LIGHT", "Paper", "dress", "new_axes", "new_figure", "paper_of", "plain"]

INCHES, DOTS = (7.0, 4.2), 150
LOOKS = 500  # at each line
# Parts of axes of the usual size that a legend takes: its edges, a line, a sample, a letter.
PADDING, LINE, HANDLE, LETTER = 0.06, 0.05, 0.12, 0.0135
GUIDE = 0.1  # of a curve: how much a guide line weighs
Corner = Literal[
    "upper right", "upper left", "lower right", "lower left",
    "center right", "center left", "upper center", "lower center",
]  # fmt: skip
CORNERS: tuple[Corner, ...] = get_args(Corner)
SIDES = {"upper": 1.0, "right": 1.0, "lower": 0.0, "left": 0.0, "center": 0.5}
DASHES = ("-", "--", "-.", ":")


@dataclass(frozen=True, slots=True)
class Paper:
    """The colours of one theme.

    ground: behind everything. ink, quiet, grid: of text, of guide lines, of the grid. curves: one
    each, in this order. mark: of a path's ends and of minima. heights: of a surface, low to high.
    """

    ground: str
    ink: str
    quiet: str
    grid: str
    curves: tuple[str, ...]
    mark: str
    heights: tuple[str, ...]
    depths: tuple[str, ...]

    def styles(self, count: int) -> list[tuple[str, str]]:
        """Give so many pairs of a colour and a dash, sixteen of them different.

        >>> LIGHT.styles(2)
        [('#0072B2', '-'), ('#D55E00', '--')]
        >>> len(set(LIGHT.styles(20)))
        16
        """
        kinds = len(self.curves)
        return [
            (self.curves[place % kinds], DASHES[(place + place // kinds) % len(DASHES)])
            for place in range(count)
        ]

    def colormap(self, *, deep: bool = False) -> LinearSegmentedColormap:
        """Give the colours of heights as matplotlib takes them; deep: a wider span of them."""
        from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - an extra

        return LinearSegmentedColormap.from_list("heights", list(self.heights + self.depths * deep))


# Curves after Okabe & Ito (2008): told apart by every kind of colour vision; on a dark ground, the
# lighter of their colours. Heights change in lightness alone, so that they survive greyscale and
# every curve stands out from all of them.
LIGHT = Paper(
    ground="#ffffff",
    ink="#16191d",
    quiet="0.35",
    grid="0.9",
    curves=("#0072B2", "#D55E00", "#009E73", "#000000"),
    mark="#000000",
    heights=("#ffffff", "#e3edf4", "#c3d5e2", "#a3bccd"),
    depths=("#7a9db5", "#4f7a97"),
)
DARK = Paper(
    ground="#15181d",
    ink="#eceff3",
    quiet="0.7",
    grid="0.28",
    curves=("#56B4E9", "#E69F00", "#2BC99A", "#FFFFFF"),
    mark="#FFFFFF",
    heights=("#15181d", "#1f2a36", "#2a3d4f", "#38536b"),
    depths=("#4f7391", "#6b95b5"),
)
PAPERS = {"light": LIGHT, "dark": DARK}


def paper_of(ax: Axes, theme: Theme) -> Paper:
    """Give the colours to draw with: those of a theme, or for "auto" those that the axes need.

    Raises: SettingError for another theme.

    >>> paper_of(new_figure().subplots(), "auto").ground
    '#ffffff'
    >>> paper_of(new_figure().subplots(), "drak")
    Traceback (most recent call last):
    chainrule.errors.SettingError: there is no theme 'drak'.
      Known are 'auto', 'dark', 'light'. Did you mean 'dark'?
    """
    if theme in PAPERS:
        return PAPERS[theme]
    if theme != "auto":
        known = ["auto", *PAPERS]
        raise SettingError(
            f"there is no theme {theme!r}.\n"
            f"  Known are {', '.join(map(repr, sorted(known)))}.{closest(str(theme), known)}"
        )
    return DARK if is_dark(ax) else LIGHT


def is_dark(ax: Axes) -> bool:
    """Tell whether axes stand on a dark ground, seen through what is transparent."""
    from matplotlib import colors, rcParams  # noqa: PLC0415 - an extra

    for ground in (ax.get_facecolor(), ax.get_figure(root=True).get_facecolor()):  # type: ignore[union-attr] # axes without a figure cannot be drawn on
        *rgb, opacity = colors.to_rgba(ground)
        if opacity > 0.5:
            return lightness(rgb) < 0.5
    # On a ground that nobody knows, text of a light colour was meant for a dark one.
    return lightness(colors.to_rgb(rcParams["text.color"])) > 0.5


def lightness(rgb: Any) -> float:
    """Return how light a colour looks, from 0 to 1.

    Source: Rec. 601, for colours as they are stored.
    """
    red, green, blue = rgb
    return float(0.299 * red + 0.587 * green + 0.114 * blue)


def dress(ax: Axes, paper: Paper, theme: Theme, *, legend: bool = False) -> None:
    """Finish axes: their legend, and for a theme of its own the colours of all that frames them.

    With "auto", the frame keeps the colours that matplotlib's style gave it.
    """
    if legend:
        # A ground of its own, for it may stand on lines.
        ax.legend(
            loc=free_corner(ax), framealpha=0.8, facecolor=paper.ground, edgecolor="none",
            fontsize="small",
        )  # fmt: skip
    third = getattr(ax, "zaxis", None)
    if third is not None and (paper is DARK or theme != "auto"):
        # The walls behind a surface, which matplotlib's own dark style leaves light.
        for axis in (ax.xaxis, ax.yaxis, third):
            axis.pane.set_facecolor(paper.ground)  # type: ignore[union-attr] # of axes in space
            axis.pane.set_edgecolor(paper.grid)  # type: ignore[union-attr]
            axis._axinfo["grid"]["color"] = paper.grid  # type: ignore[union-attr] # noqa: SLF001 - no public way
    if theme == "auto":
        return
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.set_facecolor(paper.ground)
    ax.set_facecolor(paper.ground)
    ax.tick_params(which="both", colors=paper.ink)
    shown = ax.get_legend()
    words = [ax.title, ax._left_title, ax._right_title, *ax.texts]  # type: ignore[attr-defined] # noqa: SLF001 - no public way to all three
    words += [] if shown is None else [*shown.get_texts(), shown.get_title()]
    for axis in (ax.xaxis, ax.yaxis, *([] if third is None else [third])):
        words += [axis.label, axis.get_offset_text()]
        if third is not None:
            axis.line.set_color(paper.quiet)
    for word in words:
        word.set_color(paper.ink)
    ax.spines[:].set_edgecolor(paper.quiet if paper is DARK else paper.ink)


def free_corner(ax: Axes) -> Corner:
    """Return the corner of axes with the least in it, for a legend; or the middle of a side.

    Matplotlib's own search looks at every vertex of every contour, which takes seconds.
    """
    crowds: dict[Corner, float] = dict.fromkeys(CORNERS, 0.0)
    if hasattr(ax, "zaxis"):
        return CORNERS[0]
    ax.get_xlim(), ax.get_ylim()  # where the limits are still to be found, they are now
    labels = ax.get_legend_handles_labels()[1] or [""]
    guides = (ax.get_xaxis_transform(), ax.get_yaxis_transform())
    size = np.array(
        [min(0.9, HANDLE + LETTER * max(map(len, labels))), min(0.5, PADDING + LINE * len(labels))]
    )
    for line in ax.get_lines():
        vertices = np.asarray(line.get_xydata())
        # A line across the axes; a legend may stand on it sooner than on a curve, or on a mark.
        is_guide = line.get_transform() in guides and line.get_linestyle() != "None"
        with np.errstate(all="ignore"):
            shown = ax.transAxes.inverted().transform(line.get_transform().transform(vertices))
        groups = []
        if line.get_linestyle() != "None":
            at = np.linspace(0, len(shown) - 1, LOOKS)  # between the vertices too
            groups.append(np.stack([np.interp(at, np.arange(len(shown)), c) for c in shown.T], 1))
        if line.get_marker() not in {"", "None", None}:
            groups.append(shown)
        for corner in CORNERS:
            up, aside = corner.split()
            low = np.array([SIDES[aside], SIDES[up]]) * (1 - size)
            for points in groups:
                inside = ((points > low) & (points < low + size)).all(axis=1)
                crowds[corner] += float(np.mean(inside)) * (GUIDE if is_guide else 1)
    return min(CORNERS, key=lambda corner: crowds[corner])


def rule(ax: Axes, paper: Paper) -> None:
    """Draw a quiet grid behind the curves, and no frame but the two axes."""
    ax.grid(visible=True, which="major", color=paper.grid, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def plain(text: str) -> str:
    r"""Return text that matplotlib draws as it is, and does not take for mathematics.

    >>> print(plain("price ($)"))
    price (\$)
    """
    return text.replace("$", r"\$")


def labelled(quantity: str, unit: str = "") -> str:
    """Return the label of an axis: a quantity and its unit in brackets.

    >>> labelled("Loss", "g²"), labelled("Loss")
    ('Loss (g²)', 'Loss')
    """
    return plain(f"{quantity} ({unit})" if unit else quantity)


def new_axes(projection: str | None = None) -> Axes:
    """Make axes that a notebook, or `pyplot.show`, displays."""
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra("matplotlib", "plot", "A plot") from error
    axes: Axes = plt.subplots(
        figsize=INCHES, layout="constrained", subplot_kw={"projection": projection}
    )[1]
    return axes


def new_figure() -> Figure:
    """Make a figure for a file: no window, no global state."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra("matplotlib", "plot", "A plot") from error
    return Figure(figsize=INCHES, dpi=DOTS, layout="constrained")
