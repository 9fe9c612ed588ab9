"""The choices that a picture of a graph leaves to its reader.

A module of its own, so that their names cost nothing until something is drawn.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["Direction", "EdgeText", "Theme"]

Theme = Literal["auto", "light", "dark"]
Direction = Literal["right", "down"]
EdgeText = Literal["number", "formula", "both"]
