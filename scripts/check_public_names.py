"""Fails when a public name is undocumented, has no example, or its instances carry a dictionary.

Public is what a module of chainrule lists in `__all__`. The package is imported and asked rather
than its text searched: so it does not matter where a name was defined, or which metaclass or
decorator gave a class its slots. Each miss is printed as `file:line name: what is missing`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

PACKAGE = "chainrule"


class Miss(NamedTuple):
    """A public name and what it lacks; sorts by file and line."""

    file: str
    line: int
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.name}: {self.what}"


def modules_of(package: str) -> list[ModuleType]:
    """All modules of a package, itself included, imported."""
    root = importlib.import_module(package)
    names = [found.name for found in pkgutil.walk_packages(root.__path__, f"{package}.")]
    # Importing `__main__` would run the command line.
    imported = [importlib.import_module(name) for name in names if not name.endswith(".__main__")]
    return [root, *imported]


def place_of(found: Any, module: ModuleType) -> tuple[str, int]:
    """File and line of a definition, or of its module where it has no source of its own."""
    try:
        file, line = inspect.getsourcefile(found), inspect.getsourcelines(found)[1]
    except (OSError, TypeError):
        file, line = module.__file__, 1
    path = Path(file or module.__name__)
    here = Path.cwd()
    # A module starts on line 0, says `inspect`.
    return str(path.relative_to(here) if path.is_relative_to(here) else path), max(line, 1)


def own_docstring(found: object) -> str:
    """The docstring that an author wrote for this very thing, or nothing."""
    text = vars(found).get("__doc__") if isinstance(found, type) else found.__doc__
    if not isinstance(text, str):
        return ""
    # A dataclass or a named tuple without a docstring gets its signature for one.
    return "" if isinstance(found, type) and text.startswith(f"{found.__name__}(") else text.strip()


def needs_example(found: object) -> bool:
    """Whether the docstring of a name exported at the top has to show it at work.

    An error is shown where it is raised, and an operation with sample points is run at all of them
    by `check_operation`.
    """
    if isinstance(found, type):
        return not (issubclass(found, BaseException) or getattr(found, "samples", None))
    # The function of an operation is that operation, in its second reading.
    return callable(found) and not hasattr(found, "operation")


def undocumented(module: ModuleType, *, is_top: bool) -> Iterator[Miss]:
    """Misses among the names in a module's `__all__`."""
    for name in getattr(module, "__all__", ()):
        full = f"{module.__name__}.{name}"
        try:
            found = getattr(module, name)
        except AttributeError:
            yield Miss(*place_of(module, module), full, "is in __all__ but not there")
            continue
        # A plain value (a number, an instance) has only the docstring of its class.
        if not isinstance(found, type | FunctionType | ModuleType):
            continue
        text = own_docstring(found)
        if not text:
            yield Miss(*place_of(found, module), full, "no docstring")
        elif is_top and needs_example(found) and ">>>" not in text:
            yield Miss(*place_of(found, module), full, "no example (>>>) in the docstring")
        if isinstance(found, type):
            yield from undocumented_methods(found, full, module)


def undocumented_methods(owner: type, full: str, module: ModuleType) -> Iterator[Miss]:
    """Misses among the public methods and properties that a class itself defines."""
    for name, member in vars(owner).items():
        function = member.fget if isinstance(member, property) else member
        function = getattr(function, "__func__", function)
        if name.startswith("_") or not isinstance(function, FunctionType):
            continue
        # A rule of an operation has no self: the operation's docstring speaks for it.
        if next(iter(inspect.signature(function).parameters), None) not in {"self", "cls"}:
            continue
        # What overrides a documented method keeps its promise, so its words too.
        if not inspect.getdoc(getattr(owner, name)):
            yield Miss(*place_of(function, module), f"{full}.{name}", "no docstring")


def without_slots(module: ModuleType) -> Iterator[Miss]:
    """Classes of a module whose instances carry a dictionary that nobody asked for.

    Three ways to mean it: a base has one already (so do all exceptions and enumerations), the class
    is a protocol (which has no instances of its own), or `__slots__` names `__dict__`.
    """
    for name, found in vars(module).items():
        if not isinstance(found, type) or found.__module__ != module.__name__:
            continue
        has_dictionary = found.__dictoffset__ != 0 and "__slots__" not in vars(found)
        inherited = any(base.__dictoffset__ != 0 for base in found.__mro__[1:])
        if has_dictionary and not inherited and not getattr(found, "_is_protocol", False):
            yield Miss(*place_of(found, module), f"{module.__name__}.{name}", "no __slots__")


def main(package: str = PACKAGE) -> int:
    """Print every miss once, in the order of the files; the exit code says if there was one."""
    misses: dict[tuple[str, int, str], Miss] = {}
    for module in modules_of(package):
        found = [*undocumented(module, is_top=module.__name__ == package), *without_slots(module)]
        for miss in found:
            # A name is exported again by the packages above it: one miss, under its shortest name.
            misses.setdefault((miss.file, miss.line, miss.what), miss)
    for miss in sorted(misses.values()):
        print(miss)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
