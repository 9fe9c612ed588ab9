"""Random compositions of operations on vectors and matrices of declared shapes, from a seed."""

import random

import numpy as np

from chainrule import (
    concatenate,
    cumsum,
    det,
    diagonal,
    einsum,
    exp,
    expression,
    flip,
    inv,
    logsumexp,
    max,
    mean,
    norm,
    outer,
    roll,
    scan,
    sin,
    softmax,
    solve,
    sort,
    stack,
    sum,
    svdvals,
    take,
    tanh,
    tril,
    var,
    vmap,
    where,
)

__all__ = ["random_composition"]

STEPS = 10
SIZES = (1, 2, 3)
MOST_AXES, MOST_ELEMENTS = 3, 60


def random_composition(seed, steps=STEPS, *, declared=True):
    """Return an array-valued expression, and values for its variables, at which it is smooth.

    declared: whether the variables declare their shapes.
    """
    chooser = random.Random(seed)
    numbers = np.random.default_rng(seed)
    rows, columns = chooser.choice(SIZES), chooser.choice(SIZES)
    shapes = {"X": (rows, columns), "A": (rows, rows), "v": (columns,), "c": ()}
    values = {name: numbers.standard_normal(shape) for name, shape in shapes.items()}
    variables = [
        expression(name, shape=shape if declared or not shape else None)
        for name, shape in shapes.items()
    ]
    pool = [(item, shapes[item.name]) for item in variables]
    made = 0
    while made < steps:
        word = chooser.choice(WORDS)
        item, shape = chooser.choice(pool[-3:] if chooser.random() < 0.7 else pool)
        found = word(chooser, item, shape, pool)
        if found is None:
            continue
        # Near 1 it stays, and where it came from does not matter.
        value = np.asarray(found.eval(values))
        if value.ndim > MOST_AXES or not 0 < value.size <= MOST_ELEMENTS:
            continue
        if not (np.abs(value) < 3).all():
            found = tanh(found / float(np.abs(value).max()))
        pool.append((found, value.shape))
        made += 1
    whole = pool[-1][0]
    return whole, {name: values[name] for name in whole.variables}


def an_axis(chooser, shape):
    """Choose an axis, from either end."""
    return chooser.randrange(-len(shape), len(shape))


def partner(chooser, pool, fits):
    """Choose an operand of a shape that fits, or None."""
    known = [item for item, shape in pool if fits(shape)]
    return chooser.choice(known) if known else None


def well_conditioned(item, size):
    """Return a square matrix that is far from singular."""
    return tanh(item) / (2 * size) + np.eye(size) * 2


def is_square(shape):
    """Tell a square matrix, or a batch of them."""
    return len(shape) >= 2 and shape[-1] == shape[-2]


def same_shape_word(chooser, item, shape, _pool):
    """Apply what leaves a shape as it is."""
    plain = [
        sin,
        tanh,
        lambda x: exp(-x * x),
        lambda x: x * (1 - x),
        lambda x: where(x > 0, x, x**2),
    ]
    if not shape:
        return chooser.choice(plain)(item)
    axis = an_axis(chooser, shape)
    whole = [
        lambda x: softmax(x, axis),
        lambda x: cumsum(x, axis),
        lambda x: flip(x, axis),
        lambda x: roll(x, 1, axis),
        lambda x: sort(x, axis),
        vmap(lambda row: sum(row) * row),
        lambda x: scan(lambda s, row: (0.5 * s + tanh(row), sin(s)), x[0], x)[1],
    ]
    return chooser.choice(plain + whole)(item)


def folding_word(chooser, item, shape, _pool):
    """Fold an axis."""
    if not shape:
        return None
    axis, keepdims = an_axis(chooser, shape), chooser.random() < 0.5
    fold = chooser.choice([sum, mean, max, logsumexp, norm, var])
    if fold is norm and chooser.random() < 0.5:
        return norm(item, 1, axis=axis)
    return fold(item, axis=axis, keepdims=keepdims)


def pair_word(chooser, item, shape, pool):
    """Join two operands element by element, or along an axis."""
    other = partner(chooser, pool, lambda found: found == shape or not found)
    ways = [lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a / (2 + b * b)]
    if shape and chooser.random() < 0.5:
        other = partner(chooser, pool, lambda found: found == shape)
        axis = an_axis(chooser, shape)
        ways += [
            lambda a, b: concatenate((a, b), axis=axis),
            lambda a, b: stack((a, b), axis=axis),
            lambda a, b: where(a > b, a, sin(b)),
        ]
    return None if other is None else chooser.choice(ways)(item, other)


def product_word(chooser, item, shape, pool):
    """Multiply matrices and vectors."""
    if not shape:
        return None
    way = chooser.choice(["matmul", "outer", "einsum", "gram", "dot"])
    if way == "outer" and len(shape) == 1:
        other = partner(chooser, pool, lambda found: len(found) == 1)
        return None if other is None else outer(item, other)
    if way == "matmul":
        other = partner(chooser, pool, lambda found: found and found[-2:][0] == shape[-1])
        return None if other is None or len(shape) > 2 else item @ other
    if way == "einsum" and len(shape) == 2:
        said = chooser.choice(["ij,kj->ik", "ij,ij->j", "ij,ij->", "ij,kj->k", "ij,il->lj"])
        return einsum(said, item, sin(item))
    if way == "gram" and len(shape) >= 2:
        return item.mT @ item
    return (item * item).sum() if way == "dot" else None


def shape_word(chooser, item, shape, _pool):
    """Rearrange, select, insert axes."""
    if not shape:
        return item.reshape(1, 1)
    axis = an_axis(chooser, shape)
    places = [chooser.randrange(-shape[axis], shape[axis]) for _ in range(chooser.randint(1, 4))]
    ways = [
        lambda x: x.T,
        lambda x: x.reshape(-1),
        lambda x: x.reshape(*shape[::-1]),
        lambda x: x[..., None],
        lambda x: x[0],
        lambda x: x[::-1],
        lambda x: x[..., -1:],
        lambda x: take(x, places, axis),
    ]
    return chooser.choice(ways)(item)


def algebra_word(chooser, item, shape, pool):
    """Apply linear algebra to what is well conditioned."""
    if not is_square(shape) or len(shape) > 2:
        return None
    size = shape[-1]
    matrix = well_conditioned(item, size)
    right = partner(chooser, pool, lambda found: found and len(found) < 3 and found[0] == size)
    ways = [
        inv,
        det,
        tril,
        diagonal,
        lambda m: svdvals(m + np.diag(np.arange(size) * 3.0)),
        lambda m: solve(m, np.arange(1.0, size + 1)),
    ]
    if right is not None:
        ways.append(lambda m: solve(m, right))
    return chooser.choice(ways)(matrix)


WORDS = (same_shape_word, folding_word, pair_word, product_word, shape_word, algebra_word)
