"""Random expressions for Hypothesis: any operation, any constant, any name, shared parts."""

import keyword
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from chainrule.engine.compiled import compiled_of
from chainrule.engine.notation import sizes_of
from chainrule.errors import ChainRuleError
from chainrule.language import registry
from chainrule.language.constants import constant
from chainrule.language.expression import expression
from chainrule.language.kinds import named, operations
from chainrule.language.parts import part

__all__ = ["constants", "expressions", "names"]

# A text of more places is abbreviated.
MOST_PLACES = 3_000

AWKWARD = (
    *keyword.kwlist,
    *("inf", "nan", "pi", "sin", "sum", "array", "complex", "slice", "where", "d", "e", "_", "x1"),
    *("__class__", "__import__", "petal length (cm)", "`", "\\", "\\`", "``", "a\nb", "a\tb", " "),
    *("\0", "'", '"', "(", "x)", "x := 1", "1x", "...", "-1", "x\u202ey", "\ufeff", "\U0001f642"),
    *("größe", "Größe", "µ", "μ", "х", "ﬁ", "²", "𝑥", "e\u0301", "Δx", "कि", "\ud800"),
)


def names():
    """Names of variables: plain, awkward, and any text at all."""
    plain = st.sampled_from(["x", "y", "z", "a", "b", "m0", "x_1", "width"])
    return plain | st.sampled_from(AWKWARD) | st.text(min_size=1, max_size=8)


def constants():
    """Constants of every type that text can write, with signs, infinities and NaNs."""
    scalars = st.one_of(
        st.integers(-5, 5),
        st.integers(),
        st.sampled_from([10**400, -(2**20_000), 16**5000]),
        st.floats(),
        st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1e300, -5e-324]),
        st.booleans(),
        st.complex_numbers(),
        st.sampled_from([complex(-0.0, -0.0), complex(0.0, -0.0), complex(np.nan, -np.inf), 2j]),
        st.fractions(),
        st.sampled_from([Fraction(-1, 3), Decimal("-0.10"), Decimal("1e-400")]),
    )
    whole = ("bool", "int8", "int64", "uint32", "uint64")
    broken = ("float16", "float32", "float64", "complex64", "complex128")
    dtypes = st.sampled_from(whole + broken)
    shapes = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
    arrays = dtypes.flatmap(lambda dtype: arrays_of.arrays(dtype, shapes))
    # A NaN's payload has no text; the one NaN that any arithmetic gives has.
    return (
        (scalars | arrays | arrays.filter(lambda a: a.ndim == 0).map(lambda a: a[()]))
        .filter(plain_nans)
        .map(constant)
    )


def plain_nans(value):
    """Tell whether every NaN in a value is one that arithmetic gives."""
    if not isinstance(value, float | complex | np.generic | np.ndarray):
        return True
    flat = np.ravel(np.asarray(value))
    parts = [flat.real, flat.imag] if np.iscomplexobj(flat) else [flat]
    for half in parts:
        if half.dtype.kind == "f":
            bad = half[np.isnan(half)]
            good = np.copysign(np.full_like(bad, np.nan), np.where(np.signbit(bad), -1, 1))
            if bad.tobytes() != good.astype(bad.dtype).tobytes():
                return False
    return True


def keys():
    """What may stand between the square brackets of a selection."""
    ends = st.none() | st.integers(-3, 3)
    one = st.one_of(
        st.integers(-3, 3),
        st.slices(3),
        st.builds(slice, ends, ends, ends.filter(lambda step: step != 0)),
        st.sampled_from([None, ...]),
        arrays_of.arrays("int64", st.integers(0, 3), elements=st.integers(-3, 3)),
        arrays_of.arrays("bool", st.integers(1, 3)),
    )
    return one | st.tuples(one) | st.tuples(one, one)


def settings_of(word, default):
    """Values for one keyword of an operation."""
    if word == "key":
        return keys()
    if isinstance(default, bool):
        return st.booleans()
    if word == "axis":
        return st.none() | st.integers(-2, 2) | st.tuples(st.integers(-2, 2), st.integers(-2, 2))
    return st.floats() | st.integers(-3, 3) | st.just(default)


@st.composite
def expressions(draw, words=None, most_steps=10):
    """Graphs over all operations (or the given ones), with named steps and shared parts."""
    # A part stands on an operation of several values only, a loop on a body. What other tests have
    # declared is left out: the graphs are the same in whatever order tests run.
    every = [
        word
        for name, word in operations().items()
        if word is not part
        and not getattr(word, "unread", "")
        and word.__module__ == registry.operations.homes.get(name)
    ]
    words = every if words is None else words
    called = draw(st.lists(names(), min_size=1, max_size=3, unique=True))
    made = [expression(name) for name in called]
    made += draw(st.lists(constants(), max_size=3))
    taken = set(called)
    for _ in range(draw(st.integers(0, most_steps))):
        word = draw(st.sampled_from(words))
        if word is named:
            name = draw(names().filter(lambda name: name not in taken))
            taken.add(name)
            made.append(named(name, draw(st.sampled_from(made))))
            continue
        least, most = word.arity
        count = draw(st.integers(least, least + 2 if most is None else most))
        # Mostly what was made last, so that graphs grow deep.
        operands = [
            made[-draw(st.integers(1, min(len(made), 2 if depth else len(made))))]
            for depth in draw(st.lists(st.booleans(), min_size=count, max_size=count))
        ]
        attributes = {
            key: draw(settings_of(key, default)) for key, default in word.keywords.items()
        }
        # Some settings are words of a language of their own: those of the samples say them.
        said = [sample[-1] for sample in word.samples if isinstance(sample[-1], dict)]
        for settings in (attributes, {}, *said):
            try:
                made.append(word(*operands, **settings))
            except ChainRuleError:  # it does not take these, or not of so many operands
                continue
            break
    whole = made[-1]
    program = compiled_of(whole).program
    assume(sum(sizes_of(program, program.outputs[0], MOST_PLACES)) <= MOST_PLACES)
    return whole
