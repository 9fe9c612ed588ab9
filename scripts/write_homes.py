"""Writes src/chainrule/language/homes.py: which module declares each name of the language.

Every module of the language is imported, and each entry of a registry is put down to the module
whose code was running. With --check, nothing is written: the exit code says whether it would be.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

from chainrule.language import registry

ROOT = Path(__file__).parents[1]
FILE = ROOT / "src" / "chainrule" / "language" / "homes.py"
LANGUAGE = "chainrule.language"

HEADER = '''\
"""Which module declares each name of the language, by registry.

Written by `scripts/write_homes.py`, which `make check` runs; nobody edits it.
"""
'''
TABLES = {
    "OPERATIONS": registry.operations,
    "WORDS": registry.words,
    "READINGS": registry.readings,
    "OPERATORS": registry.operators,
    "UFUNCS": registry.ufuncs,
    "ARRAY_FUNCTIONS": registry.array_functions,
}
WIDTH = 100

# Table -> module -> names, in the order of the class bodies.
Homes = dict[str, dict[str, list[str]]]


def found_homes() -> Homes:
    """Import every module of the language, and note which declares what."""
    homes: Homes = {name: {} for name in TABLES}
    tables = {id(table): name for name, table in TABLES.items()}

    def note(table: registry.Registry, key: Any, value: Any) -> None:
        modules = homes[tables[id(table)]]
        name = str(table.name_of(key))
        if not any(name in names for names in modules.values()):
            modules.setdefault(running_module(), []).append(name)
        dict.__setitem__(table, key, value)

    registry.Registry.__setitem__ = note  # type: ignore[method-assign, assignment]
    for table in TABLES.values():
        table.homes = {}  # the old table has no say
    root = importlib.import_module(LANGUAGE)
    for found in pkgutil.walk_packages(root.__path__, f"{LANGUAGE}."):
        importlib.import_module(found.name)
    return {name: dict(sorted(modules.items())) for name, modules in homes.items()}


def running_module() -> str:
    """Return the module of the language whose body is running, without the package's name."""
    frame = sys._getframe()  # noqa: SLF001 - there is no other way to tell
    while frame.f_code.co_name != "<module>" and frame.f_back is not None:
        frame = frame.f_back
    return str(frame.f_globals["__name__"]).removeprefix(f"{LANGUAGE}.")


def written(homes: Homes) -> str:
    """Write the tables as Python."""
    parts = [HEADER, "from __future__ import annotations\n"]
    for name, modules in homes.items():
        lines = [line for module, names in modules.items() for line in entry(module, names)]
        parts.append("\n".join([f"{name} = {{", *lines, "}", ""]))
    return "\n".join(parts)


def entry(module: str, names: list[str]) -> list[str]:
    """Write what one module declares, on as many lines as it takes."""
    alone = f'    "{module}": "{" ".join(names)}",'
    if len(alone) <= WIDTH:
        return [alone]
    lines = [""]
    for name in names:
        if len(f'        "{lines[-1]}{name} "') > WIDTH:
            lines.append("")
        lines[-1] += f"{name} "
    lines[-1] = lines[-1].rstrip()
    return [f'    "{module}": (', *(f'        "{line}"' for line in lines), "    ),"]


def main(arguments: list[str]) -> int:
    """Write the file, or compare it."""
    text = written(found_homes())
    if "--check" not in arguments:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{FILE.relative_to(ROOT)} is out of date: run scripts/write_homes.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
