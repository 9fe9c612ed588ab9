"""The calls on whole arrays: reductions, running folds, shapes, indices, joining, sorting."""

from tests.parity.calls import Call, Group

PLACE = "a place has no derivative, said so when asked"

REDUCTIONS = Group(
    "Reductions",
    (
        Call("torch.sum(x)", "sum(x)"),
        Call("torch.sum(T, (0, 2))", "sum(T, axis=(0, 2))"),
        Call("torch.sum(x, 1, keepdim=True)", "sum(x, axis=1, keepdims=True)"),
        Call("torch.nansum(special[:2])", "sum(where(isnan(special[:2]), 0, special[:2]))", "", 0),
        Call(
            "torch.nanmean(special[:2])",
            "sum(where(isnan(special[:2]), 0, special[:2])) / sum(1 - isnan(special[:2]))",
            "",
            0,
        ),
        Call("torch.mean(x)", "mean(x)"),
        Call("torch.mean(T, 1)", "mean(T, axis=1)"),
        Call("torch.prod(x)", "prod(x)", "exact with zeros too"),
        Call("torch.prod(x, 1)", "prod(x, 1)"),
        Call("torch.var(x)", "var(x, ddof=1)", "NumPy's default: ddof=0"),
        Call("torch.var(x, 1, correction=0)", "var(x, axis=1)"),
        Call("torch.std(X, 0)", "std(X, 0, ddof=1)"),
        Call("torch.var_mean(x)", "(var(x, ddof=1), mean(x))"),
        Call("torch.std_mean(x, 1)", "(std(x, 1, ddof=1), mean(x, axis=1))"),
        Call("torch.max(x)", "max(x)", "at a tie the slope is shared"),
        Call("torch.min(x)", "min(x)"),
        Call("torch.amax(x, 1)", "amax(x, 1)"),
        Call("torch.amin(T, (0, 2))", "amin(T, (0, 2))"),
        Call("torch.max(x, 1).values", "max(x, 1)", "the places: `argmax`"),
        Call("torch.aminmax(x, dim=1)", "(amin(x, 1), amax(x, 1))"),
        Call("torch.argmax(x, 1)", "argmax(x, 1)", PLACE, 0),
        Call("torch.argmin(x)", "argmin(x)", PLACE, 0),
        Call("torch.median(row)", "median(row)", "of an even number, the mean of the two"),
        Call("torch.median(x, 1).values", "median(x, 1)"),
        Call("torch.quantile(x, 0.3, 1)", "quantile(x, 0.3, 1)", "one `q` at a time"),
        Call("torch.quantile(line, 0.8)", "quantile(line, 0.8)"),
        Call("torch.logsumexp(x, 1)", "logsumexp(x, axis=1)"),
        Call("torch.logsumexp(large, (0, 1))", "logsumexp(large)"),
        Call("torch.norm(x)", "norm(x)"),
        Call("torch.norm(x, 1, 1)", "norm(x, 1, 1)"),
        Call("torch.dist(x, y, 3)", "norm(ravel(x - y), 3)"),
        Call("torch.all(whole, 1)", "all(whole, 1)", "", 0),
        Call("torch.any(whole > 3)", "any(whole > 3)", "", 0),
        Call("torch.count_nonzero(whole, 1)", "count_nonzero(whole, 1)", "", 0),
        Call("torch.cov(X.T)", "cov(X.T)", "a row is a variable, as in NumPy"),
        Call("torch.corrcoef(X.T)", "corrcoef(X.T)"),
        Call("torch.trapezoid(x, dx=0.5)", "sum(0.25*(x[:, 1:] + x[:, :-1]), axis=1)"),
    ),
)

CUMULATIVE = Group(
    "Running folds",
    (
        Call("torch.cumsum(x, 1)", "cumsum(x, 1)"),
        Call("torch.cumprod(x, 1)", "cumprod(x, 1)"),
        Call("torch.cumprod(line, 0)", "cumprod(line)"),
        Call("torch.cummax(line, 0).values", "cummax(line)", "without the places"),
        Call("torch.cummin(x, 1).values", "cummin(x, 1)"),
        Call("torch.logcumsumexp(x, 1)", "logcumsumexp(x, 1)"),
        Call("torch.diff(x)", "x[:, 1:] - x[:, :-1]"),
        Call("torch.cumulative_trapezoid(line)", "cumsum((line[1:] + line[:-1]) / 2)"),
    ),
)

SHAPES = Group(
    "Shapes and indices",
    (
        Call("torch.reshape(x, (3, 2))", "reshape(x, (3, 2))"),
        Call("x.view(-1, 2)", "x.reshape(-1, 2)"),
        Call("torch.flatten(T)", "flatten(T)", "also `ravel`"),
        Call("torch.flatten(T, 1)", "reshape(T, (2, -1))"),
        Call("torch.unflatten(line, 0, (2, 3))", "reshape(line, (2, 3))"),
        Call("torch.squeeze(col)", "squeeze(col)"),
        Call("torch.unsqueeze(x, 1)", "unsqueeze(x, 1)", "also `expand_dims`"),
        Call("x.T", "x.T"),
        Call("T.mT", "T.mT"),
        Call("torch.t(x)", "transpose(x)"),
        Call("torch.transpose(T, 0, 2)", "swapaxes(T, 0, 2)", "`transpose` is NumPy's"),
        Call("torch.swapaxes(T, 1, 2)", "swapaxes(T, 1, 2)"),
        Call("torch.permute(T, (2, 0, 1))", "permute(T, (2, 0, 1))"),
        Call("torch.movedim(T, 0, -1)", "moveaxis(T, 0, -1)"),
        Call("torch.broadcast_to(row, (2, 3))", "broadcast_to(row, (2, 3))"),
        Call("col.expand(2, 3)", "broadcast_to(col, (2, 3))"),
        Call("row.expand_as(x)", "broadcast_to(row, (2, 3))"),
        Call("torch.tile(x, (2, 1))", "tile(x, (2, 1))"),
        Call("x.repeat(2, 2)", "tile(x, (2, 2))"),
        Call("torch.repeat_interleave(x, 2, 1)", "repeat(x, 2, 1)", "`repeat` is NumPy's"),
        Call("torch.flip(x, (0, 1))", "flip(x, (0, 1))"),
        Call("torch.fliplr(x)", "flip(x, 1)"),
        Call("torch.flipud(x)", "flip(x, 0)"),
        Call("torch.rot90(x)", "flip(x.T, 0)"),
        Call("torch.roll(x, 1, 1)", "roll(x, 1, 1)"),
        Call("F.pad(x, (1, 2))", "pad(x, ((0, 0), (1, 2)))", "pairs by axis, first axis first"),
        Call("x[1]", "x[1]"),
        Call("x[:, ::2]", "x[:, ::2]"),
        Call("T[..., None, -1]", "T[..., None, -1]"),
        Call("x[:, few]", "x[:, few]"),
        Call("x[truth]", "x[truth]"),
        Call("torch.masked_select(x, truth)", "x[truth]"),
        Call("torch.index_select(x, 1, few)", "take(x, few, 1)"),
        Call("torch.take(x, few)", "take(x, few)"),
        Call("torch.gather(x, 0, places)", "gather(x, places, 0)"),
        Call("torch.take_along_dim(x, places, 1)", "take_along_axis(x, places, 1)"),
        Call("torch.select(T, 1, 2)", "T[:, 2]"),
        Call("torch.narrow(x, 1, 1, 2)", "x[:, 1:3]"),
        Call("torch.scatter_add(x, 0, places, y)", "scatter_add(x, places, y, 0)"),
        Call("torch.index_add(x, 1, few, y)", "index_add(x, few, y, 1)"),
        Call("torch.diagonal(A, 1)", "diagonal(A, 1)"),
        Call("torch.diagonal(AA, 0, 1, 2)", "diagonal(AA, 0, 1, 2)"),
        Call("torch.diag(v)", "diag(v)"),
        Call("torch.diag(A)", "diag(A)"),
        Call("torch.diag_embed(x)", "x[..., None] * eye(3)"),
        Call("torch.diagflat(x)", "diag(ravel(x))"),
        Call("torch.tril(A, -1)", "tril(A, -1)"),
        Call("torch.triu(AA)", "triu(AA)"),
        Call("F.one_hot(classes, 3)", "one_hot(classes, 3)", PLACE, 0),
        Call("F.embedding(few, X)", "X[few]"),
        Call(
            "F.pixel_shuffle(image[:, :, :2].reshape(2, 4, 2, 3), 2)",
            "image[:, :, :2].reshape(2, 1, 2, 2, 2, 3).transpose(0, 1, 4, 2, 5, 3)"
            ".reshape(2, 1, 4, 6)",
        ),
    ),
)

JOINING = Group(
    "Joining and splitting",
    (
        Call("torch.cat((x, y))", "cat((x, y))", "also `concatenate`"),
        Call("torch.cat((x, col), 1)", "concatenate((x, col), axis=1)"),
        Call("torch.stack((x, y, z), 1)", "stack((x, y, z), axis=1)"),
        Call("torch.hstack((x, col))", "hstack((x, col))"),
        Call("torch.vstack((x, row))", "vstack((x, row))"),
        Call("torch.column_stack((v, w))", "stack((v, w), axis=1)"),
        Call("torch.split(line, (2, 4))", "split(line, [2])", "places to cut at, as in NumPy"),
        Call("torch.tensor_split(line, 4)", "array_split(line, 4)"),
        Call("torch.chunk(line, 3)", "split(line, 3)"),
        Call("torch.unbind(x, 1)", "unbind(x, 1)"),
        Call(
            "torch.meshgrid(v, w, indexing='ij')",
            "(broadcast_to(v[:, None], (3, 3)), broadcast_to(w, (3, 3)))",
        ),
        Call(
            "torch.block_diag(A, M)", "vstack((pad(A, ((0, 0), (0, 2))), pad(M, ((0, 0), (3, 0)))))"
        ),
    ),
)

SORTING = Group(
    "Sorting",
    (
        Call("torch.sort(x, 1).values", "sort(x, 1)"),
        Call("torch.sort(x, 0, descending=True).values", "sort(x, 0, descending=True)"),
        Call("torch.argsort(x, 1)", "argsort(x, 1)", PLACE, 0),
        Call("torch.topk(line, 3).values", "topk(line, 3).values"),
        Call("torch.topk(x, 2, 1).indices", "topk(x, 2, 1).indices", PLACE, 0),
        Call("torch.topk(x, 2, 1, largest=False).values", "topk(x, 2, 1, largest=False).values"),
        Call("torch.kthvalue(line, 2).values", "sort(line)[1]"),
        Call("torch.msort(x)", "sort(x, 0)"),
    ),
)

CREATION = Group(
    "Making arrays",
    (
        Call("torch.zeros(2, 3)", "zeros((2, 3))", "", 0),
        Call("torch.ones(2, 3)", "ones((2, 3))", "", 0),
        Call("torch.full((2, 3), 1.5)", "full((2, 3), 1.5)", "also of a variable", 0),
        Call("torch.zeros_like(x)", "zeros_like(x)", "", 0),
        Call("torch.ones_like(x)", "ones_like(x)", "", 0),
        Call("torch.full_like(x, 2.5)", "full_like(x, 2.5)", "", 0),
        Call("torch.eye(3)", "eye(3)", "also `identity`", 0),
        Call("torch.arange(1, 7, 2)", "arange(1, 7, 2)", "", 0),
        Call("torch.linspace(0, 1, 5)", "linspace(0, 1, 5)", "", 0),
        Call("torch.logspace(0, 2, 5, dtype=torch.float64)", "10**linspace(0, 2, 5)", "", 0),
        Call("torch.linalg.vander(v, N=3)", "v[:, None]**arange(3)"),
    ),
)

GROUPS = (REDUCTIONS, CUMULATIVE, SHAPES, JOINING, SORTING, CREATION)
