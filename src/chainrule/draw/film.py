"""`Film`: an animation that a notebook plays, and that is one HTML file without a network.

Stands on matplotlib (extra `plot`), and is imported when something is animated.
"""

from __future__ import annotations

import re
from typing import Any

from matplotlib.animation import FuncAnimation

# Matplotlib's player takes its symbols from a server; these need none.
SYMBOLS = {
    "fa-minus": "−",
    "fa-fast-backward": "⏮",
    "fa-step-backward": "⏴",
    "fa-play fa-flip-horizontal": "◀",
    "fa-pause": "⏸",
    "fa-play": "▶",
    "fa-step-forward": "⏵",
    "fa-fast-forward": "⏭",
    "fa-plus": "+",
}


class Film(FuncAnimation):
    """An animation of matplotlib's, which a notebook shows with a player.

    Its figure keeps it: matplotlib's own stands still once nobody holds it any more.
    """

    def __init__(self, figure: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(figure, *arguments, **options)
        vars(figure)["film"] = self
        self._draw_was_started = True  # its first frame has been drawn: one may leave it at that

    def to_jshtml(
        self,
        fps: float | None = None,
        embed_frames: bool = True,  # noqa: FBT001, FBT002 - matplotlib's signature
        default_mode: str | None = None,
    ) -> str:
        """Return the frames and their player as HTML, with nothing to be fetched."""
        page: str = super().to_jshtml(fps, embed_frames, default_mode)  # type: ignore[arg-type] # its stubs know whole rates only
        page = re.sub(r"<link\b[^>]*>", "", page)
        return re.sub(
            r'<i class="fa ([^"]*)"></i>', lambda found: SYMBOLS.get(found[1], found[1]), page
        )

    def _repr_html_(self) -> str:
        return self.to_jshtml()
