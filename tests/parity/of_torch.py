"""What PyTorch answers to its side of the table, in double precision."""

import importlib

from tests.parity.calls import FIXED, OPERANDS, names_in

__all__ = ["answers"]


def tensors(call, torch):
    """Return the operands that a call takes, those with derivatives asked to have them."""
    kept = {name: torch.tensor(FIXED[name]) for name in names_in(call.torch, FIXED)}
    made = {name: torch.tensor(OPERANDS[name]) for name in names_in(call.torch, OPERANDS)}
    for name in call.wrt:
        made[name].requires_grad_()
    return kept, made


def along(value, by, weights, torch):
    """Return derivatives of a weighted sum, 0 where there is no way to an operand."""
    total = sum((part * weight).sum() for part, weight in zip(value, weights, strict=True))
    if not total.requires_grad:
        return [torch.zeros_like(item) for item in by]
    found = torch.autograd.grad(total, by, create_graph=True, allow_unused=True)
    return [
        torch.zeros_like(item) if slope is None else slope
        for item, slope in zip(by, found, strict=True)
    ]


def answers(call):
    """Return values, products with the Jacobian and with the Hessian, as arrays."""
    torch = importlib.import_module("torch")  # the tests read this file where it is not installed
    kept, made = tensors(call, torch)
    given = {"torch": torch, "F": torch.nn.functional, **kept, **made}
    found = eval(call.torch, given)  # noqa: S307  # our own table
    parts = list(found) if isinstance(found, tuple | list) else [found]
    parts = call.seen([part.to(torch.float64) for part in parts])
    by = [made[name] for name in call.wrt]
    told = {"values": parts}
    if call.order:
        weights = [torch.tensor(item) for item in call.weights([part.shape for part in parts])]
        slopes = along(parts, by, weights, torch)
        told["vjp"] = slopes
    if call.order > 1:
        moves = [torch.tensor(item) for item in call.direction().values()]
        told["hvp"] = along(slopes, by, moves, torch)
    return {
        kind: [item.detach().numpy(force=True) for item in items] for kind, items in told.items()
    }
