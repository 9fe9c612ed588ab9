"""Writes the table of docs/landscapes.md again, from the landscapes themselves.

The text above the first heading of the second level is kept as it stands.
"""

from __future__ import annotations

import sys
from pathlib import Path

from chainrule.optimize.landscapes import catalogue

PAGE = Path("docs/landscapes.md")


def page(path: Path = PAGE) -> str:
    """Return the page as it should be: its own introduction, then the table of today."""
    introduction, _, _ = path.read_text(encoding="utf-8").partition("\n## ")
    return f"{introduction}\n{catalogue().to_markdown()}"


def main() -> int:
    """Write the page; the exit code says that it went well."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
