"""PyTorch's public names, and which of them the table and the lists beside it account for."""

import re

from tests.parity.missing import ALIASES, MISSING, is_out_of_scope
from tests.parity.table import CALLS

__all__ = ["compared", "missing", "offered", "unaccounted"]

PREFIXES = {"torch.linalg.": "linalg.", "F.": "F.", "torch.": ""}
WORD = re.compile(r"(?<![\w.])(torch\.linalg\.|F\.|torch\.)(\w+)")
METHOD = re.compile(r"[\w)\]]\.([a-zA-Z_]\w*)")


def compared():
    """Return the names of PyTorch's functions that stand in the table."""
    found = set()
    for call in CALLS:
        found |= {PREFIXES[home] + name for home, name in WORD.findall(call.torch)}
        found |= set(METHOD.findall(call.torch))
    return found


def missing():
    """Return the names that are listed as missing."""
    return {name for _, rows in MISSING for names, _ in rows for name in names.split()}


def offered(torch):
    """Return the names of the functions that PyTorch offers."""
    homes = (
        ("", torch, dir(torch._C._VariableFunctions)),
        ("linalg.", torch.linalg, dir(torch.linalg)),
        ("F.", torch.nn.functional, dir(torch.nn.functional)),
    )
    return {
        prefix + name
        for prefix, home, names in homes
        for name in names
        if name[0].islower() and callable(getattr(home, name, None))
    }


def unaccounted(torch):
    """Return the names that are neither compared nor listed as missing or out of scope."""
    known = compared() | missing()
    bare = {name.rpartition(".")[2] for name in known}

    def is_known(name):
        name = ALIASES.get(name, name)
        # The same function may be in `torch` and in `torch.nn.functional` or `torch.linalg`.
        return name in known or name.rpartition(".")[2] in bare or is_out_of_scope(name)

    return sorted(name for name in offered(torch) if not is_known(name))
