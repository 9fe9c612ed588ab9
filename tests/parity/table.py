"""The table: every call of PyTorch's that is compared with ours, in groups."""

from tests.parity import array_calls, elementwise_calls, matrix_calls

__all__ = ["CALLS", "GROUPS"]

GROUPS = (*elementwise_calls.GROUPS, *array_calls.GROUPS, *matrix_calls.GROUPS)
CALLS = tuple(call for group in GROUPS for call in group.calls)
