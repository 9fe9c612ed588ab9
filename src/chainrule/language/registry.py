"""What class bodies declare, by name: operations, symbols, and what NumPy's functions mean.

A module is loaded when somebody asks for a name that it declares; `homes` tells which that is.
Stands below every operation and knows none: whoever asks need not know where one lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from chainrule.engine.protocol import Role
from chainrule.language import homes

__all__ = [
    "Registry",
    "array_functions",
    "called",
    "operations",
    "operators",
    "readings",
    "ufuncs",
    "words",
]

_MISSING: Any = object()


class Registry(dict[Any, Any]):
    """A dictionary that looks full from the start, and loads what is asked for.

    by_module: module of the language -> the names that it declares, in words. written: how a key
    is written there. To go through it, or to count it, is to load it all.

    >>> from chainrule.language.registry import operators
    >>> operators["@"].__name__, "@@" in operators
    ('matrix_multiplication', False)
    """

    __slots__ = ("homes", "is_whole", "written")

    def __init__(
        self, by_module: Mapping[str, str], written: Callable[[Any], Any] | None = None
    ) -> None:
        super().__init__()
        self.written = written
        self.homes = {
            name: f"chainrule.language.{module}"
            for module, names in by_module.items()
            for name in names.split()
        }
        self.is_whole = False

    # What is there already, or None: of a class that is not, no node can have been built.
    loaded: Callable[..., Any] = dict.get

    def declare(self, key: Any, value: Any, module: str) -> None:
        """Enter what a module declares, in place of what is built in."""
        self.load_before(key, module)
        self[key] = value

    def offer(self, key: Any, value: Any, module: str) -> None:
        """Enter what a module declares, unless the key is taken."""
        self.load_before(key, module)
        if not dict.__contains__(self, key):
            self[key] = value

    def load_before(self, key: Any, module: str) -> None:
        """Load what is built in, if another module is about to take its key."""
        if not dict.__contains__(self, key) and module != self.homes.get(self.name_of(key)):
            self.load(key)

    def fill(self, entries: Mapping[Any, Any]) -> None:
        """Enter many."""
        for key, value in entries.items():
            self[key] = value

    def name_of(self, key: Any) -> Any:
        """Return how a key is written in the table of homes."""
        return key if self.written is None else self.written(key)

    def load(self, key: Any) -> None:
        """Load the module that declares a key, if there is one."""
        home = self.homes.get(self.name_of(key))
        if home is not None:
            import_module(home)

    def load_all(self) -> None:
        """Load every module that declares something; ours then stand first, in one order."""
        if self.is_whole:
            return
        for home in dict.fromkeys(self.homes.values()):
            import_module(home)
        self.is_whole = True
        place = {name: number for number, name in enumerate(self.homes)}
        last = len(place)
        found = sorted(dict.items(self), key=lambda item: place.get(self.name_of(item[0]), last))
        dict.clear(self)
        dict.update(self, found)

    def __missing__(self, key: Any) -> Any:
        self.load(key)
        if dict.__contains__(self, key):
            return dict.__getitem__(self, key)
        raise KeyError(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what a key stands for, or the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: Any) -> bool:
        return self.get(key, _MISSING) is not _MISSING

    def __iter__(self) -> Iterator[Any]:
        self.load_all()
        return dict.__iter__(self)

    def __len__(self) -> int:
        self.load_all()
        return dict.__len__(self)

    def keys(self) -> Any:
        """Return all keys."""
        self.load_all()
        return dict.keys(self)

    def values(self) -> Any:
        """Return all values."""
        self.load_all()
        return dict.values(self)

    def items(self) -> Any:
        """Return all keys with their values."""
        self.load_all()
        return dict.items(self)


def numpy_name(function: Any) -> str:
    """Write a function of NumPy's: numpy.linalg.norm; a ufunc says no module of its own."""
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module}.{getattr(function, '__name__', '')}"


operations = Registry(homes.OPERATIONS)  # class name -> class
words = Registry(homes.WORDS)  # name in formulas -> class, where it is not the class's own
readings = Registry(homes.READINGS)  # name of one more function -> class
operators = Registry(homes.OPERATORS)  # "*" -> multiplication, "sum" -> sum
ufuncs = Registry(homes.UFUNCS, numpy_name)  # np.multiply -> multiplication
array_functions = Registry(homes.ARRAY_FUNCTIONS, numpy_name)  # np.sum -> sum


def called(name: str) -> Any:
    """Return the operation that a name calls in a formula, or None.

    >>> from chainrule.language.registry import called
    >>> called("sin") is called("sine")
    True
    """
    found = words.get(name)
    if found is not None and operations.get(found.__name__) is not found:  # replaced since
        alike = (kind for kind in operations.values() if kind.notation.name == name)
        found = next(filter(is_operation, alike), None)
    if found is not None:
        return found
    found = operations.get(name)
    return found if found is not None and is_operation(found) else readings.get(name)


def is_operation(kind: Any) -> bool:
    """Tell a class that computes from a variable, a constant and a named step."""
    return kind.role is Role.OPERATION
