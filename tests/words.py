"""The operations that chainrule itself has, for tests that go through all of them."""

import sys

from chainrule.language.kinds import operations

__all__ = ["our_operations"]


def our_operations():
    """Return class name -> class, without what tests and examples have defined meanwhile."""
    return {
        name: kind
        for name, kind in operations().items()
        if getattr(sys.modules[kind.__module__], name, None) is kind
        and kind.__module__.startswith("chainrule.")
    }
