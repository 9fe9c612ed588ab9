"""The part of a page's style sheet that has colours: those of its pictures, light and dark."""

from __future__ import annotations

from chainrule.draw.picture.theme import DARK, DASHES, LIGHT, Colours, style_sheet

__all__ = ["palette", "sheet", "strokes"]

STROKES = 9  # paths that a key can choose


def sheet(scope: str) -> str:
    """Write the colours as variables of the page, and let its picture follow its choice of theme.

    scope: the class of the picture, whose own sheet knows light, and dark where that is preferred.
    """
    return (
        palette()
        + style_sheet("light", f"light .{scope}", 0)
        + style_sheet("dark", f"dark .{scope}", 0)
        + "".join(strokes())
    )


def palette() -> str:
    """Write the colours of both themes as variables of a page, and its choice between them."""
    return (
        f":root{{color-scheme:light;{variables(LIGHT)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{variables(DARK)}}}}}\n"
        f":root.light{{color-scheme:light;{variables(LIGHT)}}}\n"
        f":root.dark{{color-scheme:dark;{variables(DARK)}}}\n"
    )


def variables(colours: Colours) -> str:
    """Write the colours of a theme as variables of CSS."""
    single = [
        f"--{name.replace('_', '-')}:{getattr(colours, name)};"
        for name in Colours.__slots__
        if name != "paths"
    ]
    paths = [f"--path{number}:{colour};" for number, colour in enumerate(colours.paths, 1)]
    return "".join(single + paths)


def strokes(count: int = STROKES) -> list[str]:
    """Give every path a colour and a dash; where colours come round again, the dash is another."""
    made = []
    for number in range(count):
        turn, place = divmod(number, len(LIGHT.paths))
        dash = DASHES[(place + turn) % len(DASHES)] or "none"
        made.append(f".way{number + 1}{{stroke:var(--path{place + 1});stroke-dasharray:{dash}}}\n")
    return made
