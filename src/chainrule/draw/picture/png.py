"""A picture as dots, for slides and documents that take no SVG.

Stands on resvg (extra `png`), imported when something is drawn. Knows SVG text, no graph.
"""

from __future__ import annotations

import importlib.util
import math
import os
import re
from pathlib import Path

from chainrule.errors import FileFormatError, ValueTypeError, missing_extra

__all__ = ["check_scale", "png", "write_png"]

MOST_DOTS = 100_000_000  # a few seconds and half a gigabyte
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    '<text y="15" font-family="sans-serif">{}</text></svg>'
)


def write_png(picture: str, path: str | os.PathLike[str], scale: float) -> None:
    """Write an SVG picture into a PNG file; scale: dots to a unit of the SVG.

    Raises: FileFormatError for another extension; as `png`.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise FileFormatError(
            f"{target.name!r} has the extension {target.suffix!r}; to_png writes '.png' alone. "
            "For '.svg' write the text that to_svg gives, for '.html' call to_html."
        )
    target.write_bytes(png(picture, scale))


def png(picture: str, scale: float) -> bytes:
    """Render an SVG picture; scale: dots to a unit of the SVG.

    Raises: ValueTypeError for a scale that is none, or makes a picture of more than 100 million
    dots; MissingExtra without the renderer, or without any font.
    """
    check_scale(picture, scale)
    try:
        import resvg_py  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra("resvg-py", "png", "A PNG picture") from error
    fonts = bundled_fonts()
    if fonts:
        return resvg_py.svg_to_bytes(
            svg_string=picture, zoom=scale, font_files=fonts, sans_serif_family="DejaVu Sans"
        )
    if resvg_py.svg_to_bytes(_PROBE.format("A")) == resvg_py.svg_to_bytes(_PROBE.format("")):
        raise missing_extra("a sans-serif font", "plot", "The text of a PNG picture")
    return resvg_py.svg_to_bytes(svg_string=picture, zoom=scale)


def check_scale(picture: str, scale: float) -> None:
    """Check that a picture of this scale can be made.

    Raises: ValueTypeError.
    """
    if isinstance(scale, bool) or not isinstance(scale, int | float):
        raise ValueTypeError(f"scale must be a number above 0, not {scale!r}.")
    if not (math.isfinite(scale) and scale > 0):
        raise ValueTypeError(f"scale must be a number above 0, not {scale!r}.")
    size = re.match(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"', picture)
    if size is None:
        raise ValueTypeError("the picture does not begin with <svg ... width height>.")
    width, height = float(size[1]), float(size[2])
    if width * height * scale**2 > MOST_DOTS:
        most = math.sqrt(MOST_DOTS / (width * height))
        raise ValueTypeError(
            f"a picture of {width:,.0f} by {height:,.0f} units has {width * height * scale**2:,.0f}"
            f" dots at a scale of {scale:g}, more than {MOST_DOTS:,}. Give a scale of at most "
            f"{math.floor(most * 100) / 100:g}, fold the graph, or take to_svg, which has no limit."
        )


def bundled_fonts() -> list[str]:
    """Find DejaVu Sans where matplotlib keeps it, so that a picture has it on every machine."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return []
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return sorted(str(path) for path in folder.glob("DejaVuSans*.ttf"))
