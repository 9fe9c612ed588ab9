"""The calls on matrices: products, linear algebra, convolutions, and derivatives themselves."""

from tests.parity.calls import Call, Group

UP_TO_SIGN = "unique up to a sign: absolute values are compared"

PRODUCTS = Group(
    "Matrix products",
    (
        Call("torch.matmul(A, B)", "A @ B"),
        Call("torch.mm(A, M)", "A @ M"),
        Call("torch.mv(A, v)", "A @ v"),
        Call("torch.bmm(AA, BB)", "AA @ BB", "batched as in NumPy"),
        Call("torch.matmul(AA, M)", "matmul(AA, M)"),
        Call("torch.matmul(v, BB)", "v @ BB"),
        Call("torch.dot(v, w)", "dot(v, w)"),
        Call("torch.vdot(v, w)", "vdot(v, w)"),
        Call("torch.linalg.vecdot(x, y)", "sum(x * y, axis=-1)"),
        Call("torch.inner(x, row)", "inner(x, row)"),
        Call("torch.outer(v, row)", "outer(v, row)"),
        Call("torch.ger(v, w)", "outer(v, w)"),
        Call("torch.kron(A, M)", "kron(A, M)"),
        Call("torch.tensordot(T, M, ((1,), (0,)))", "tensordot(T, M, ([1], [0]))"),
        Call("torch.einsum('bij,bjk->bik', AA, BB)", "einsum('bij,bjk->bik', AA, BB)"),
        Call("torch.einsum('ii', A)", "einsum('ii', A)"),
        Call("torch.einsum('i,ij,j', v, A, w)", "einsum('i,ij,j', v, A, w)", "or `v @ A @ w`"),
        Call("torch.cross(x, y, dim=1)", "cross(x, y)"),
        Call("torch.linalg.cross(x, row[None])", "cross(x, row)"),
        Call("torch.addmm(M, A, M, beta=0.5, alpha=2)", "0.5*M + 2*(A @ M)"),
        Call("torch.addmv(v, A, w)", "v + A @ w"),
        Call("torch.addr(A, v, w)", "A + outer(v, w)"),
        Call("torch.baddbmm(BB, AA, BB)", "BB + AA @ BB"),
        Call("torch.addbmm(M, AA, BB)", "M + sum(AA @ BB, axis=0)"),
        Call("torch.linalg.multi_dot((v, A, B, w))", "v @ A @ B @ w", "from left to right"),
        Call("torch.linalg.matrix_power(A, 3)", "matrix_power(A, 3)"),
        Call("torch.linalg.matrix_power(A, -2)", "matrix_power(A, -2)"),
        Call("torch.trace(A)", "trace(A)"),
        Call("F.linear(x, A, row)", "x @ A.T + row"),
        Call("F.bilinear(x, y, form)", "einsum('ni,oij,nj->no', x, form, y)"),
        Call("torch.cartesian_prod(v, w)", "stack((repeat(v, 3), tile(w, 3)), axis=1)"),
        Call("torch.cdist(x, X)", "cdist(x, X)", "p=2 alone; slope 0 at distance 0", 1),
        Call("F.pdist(x)", "norm(x[:1] - x[1:], axis=1)", "here of two rows", 1),
        Call("F.cosine_similarity(x, y)", "cosine_similarity(x, y)", "the last axis"),
        Call(
            "F.cosine_embedding_loss(x, y, classes[:2] - 1)",
            "mean(stack((1 - cosine_similarity(x, y)[0], maximum(cosine_similarity(x, y)[1], 0))))",
        ),
        Call("F.pairwise_distance(x, y, eps=0.)", "norm(x - y, axis=-1)"),
        Call("F.normalize(x)", "normalize(x)", "the last axis"),
    ),
)

ALGEBRA = Group(
    "Linear algebra",
    (
        Call("torch.linalg.det(A)", "det(A)"),
        Call("torch.linalg.det(AA)", "det(AA)"),
        Call("torch.logdet(S)", "logdet(S)"),
        Call("torch.linalg.slogdet(A)", "slogdet(A)"),
        Call("torch.linalg.inv(A)", "inv(A)"),
        Call("torch.linalg.inv(AA)", "inv(AA)"),
        Call("torch.linalg.pinv(X)", "pinv(X)"),
        Call("torch.linalg.solve(A, v)", "solve(A, v)"),
        Call("torch.linalg.solve(AA, BB)", "solve(AA, BB)"),
        Call(
            "torch.linalg.solve_triangular(torch.triu(A), M, upper=True)",
            "solve_triangular(A, M)",
            "reads one triangle; lower=True for the other",
        ),
        Call(
            "torch.cholesky_solve(M, torch.tril(A))",
            "solve(tril(A) @ tril(A).T, M)",
        ),
        Call("torch.linalg.lstsq(X, X[:, :2]**2).solution", "lstsq(X, X[:, :2]**2)"),
        Call("torch.linalg.cholesky(S)", "cholesky(S)"),
        Call("torch.linalg.cholesky(SS, upper=True)", "cholesky(SS, upper=True)"),
        Call("torch.linalg.qr(X)", "qr(X)", UP_TO_SIGN, through="abs"),
        Call("torch.linalg.svd(X, full_matrices=False)", "svd(X)", UP_TO_SIGN, through="abs"),
        Call("torch.linalg.svdvals(X)", "svdvals(X)"),
        Call("torch.linalg.eigh(S)", "eigh(S)", UP_TO_SIGN, through="abs"),
        Call("torch.linalg.eigvalsh(SS)", "eigvalsh(SS)"),
        Call("torch.linalg.matrix_exp(A)", "matrix_exp(A)", "also `expm`"),
        Call("torch.matrix_exp(AA)", "expm(AA)"),
        Call("torch.linalg.matrix_rank(X)", "matrix_rank(X)", "a whole number", 0),
        Call("torch.linalg.cond(A)", "cond(A)"),
        Call("torch.linalg.norm(A)", "norm(A)"),
        Call("torch.linalg.norm(A, 'nuc')", "sum(svdvals(A))"),
        Call("torch.linalg.matrix_norm(A, 2)", "norm(A, 2)"),
        Call("torch.linalg.matrix_norm(AA, 1)", "norm(AA, 1, (-2, -1))"),
        Call("torch.linalg.matrix_norm(A, torch.inf)", "norm(A, inf)"),
        Call("torch.linalg.vector_norm(x, 3)", "norm(ravel(x), 3)"),
        Call("torch.linalg.vector_norm(x, torch.inf, 1)", "norm(x, inf, 1)"),
        Call("torch.linalg.vector_norm(x, 0, 1)", "norm(x, 0, 1)", "a number of elements", 0),
        Call("torch.linalg.tensorsolve(A.reshape(3, 1, 3), M[:, :1])", "solve(A, M[:, 0])"),
        Call("torch.linalg.diagonal(AA)", "diagonal(AA, axis1=-2, axis2=-1)"),
    ),
)

CONVOLUTION = Group(
    "Convolution, pooling, normalisation",
    (
        Call("F.conv1d(signal, kernel)", "conv1d(signal, kernel)"),
        Call(
            "F.conv1d(signal, kernel, bias, 2, 1, 2)",
            "conv1d(signal, kernel, 2, 1, 2) + bias[:, None]",
        ),
        Call(
            "F.conv1d(signal, thin, padding='same', groups=2)",
            "conv1d(signal, thin, padding='same', groups=2)",
        ),
        Call("F.conv2d(image, patch)", "conv2d(image, patch)"),
        Call(
            "F.conv2d(image, patch, stride=(2, 1), padding=(1, 0))",
            "conv2d(image, patch, stride=(2, 1), padding=(1, 0))",
        ),
        Call("F.avg_pool1d(signal, 3, 2)", "avg_pool1d(signal, 3, 2)"),
        Call("F.avg_pool2d(image, 2)", "avg_pool2d(image, 2)"),
        Call("F.max_pool1d(signal, 2)", "max_pool1d(signal, 2)"),
        Call("F.max_pool2d(image, (2, 3), 1)", "max_pool2d(image, (2, 3), 1)"),
        Call("F.adaptive_avg_pool2d(image, 1)", "mean(image, axis=(2, 3), keepdims=True)"),
        Call("F.layer_norm(x, (3,))", "layer_norm(x)", "the last axis"),
        Call("F.layer_norm(x, (3,), row, v)", "layer_norm(x) * row + v"),
        Call("F.instance_norm(signal)", "layer_norm(signal)"),
        Call(
            "F.rms_norm(x, (3,), eps=1e-5)", "x / sqrt(mean(x**2, axis=-1, keepdims=True) + 1e-5)"
        ),
        Call(
            "F.batch_norm(x, None, None, training=True)",
            "(x - mean(x, axis=0)) / sqrt(var(x, axis=0) + 1e-5)",
            "running means are the caller's",
        ),
        Call(
            "F.scaled_dot_product_attention(AA, AA, BB)",
            "softmax(AA @ AA.mT / sqrt(3), -1) @ BB",
        ),
    ),
)

AUTOGRAD = Group(
    "Derivatives themselves",
    (
        Call(
            "torch.func.grad(lambda x: torch.sum(torch.sin(x)))(x)",
            "gradient(sum(sin(x)), values)['x']",
            "`values`: numbers by name",
            0,
        ),
        Call(
            "torch.func.grad(lambda x, y: (x * y**2).sum(), (0, 1))(x, y)",
            "gradient(sum(x * y**2), values).values()",
            "all variables at once",
            0,
        ),
        Call(
            "torch.func.vjp(lambda x: x**3, x)[1](y)[0]",
            "vjp(x**3, values, y_values)['x']",
            "y_values: numbers, the cotangent",
            0,
        ),
        Call(
            "torch.func.jvp(lambda x: torch.exp(x), (x,), (da,))[1]",
            "jvp(exp(x), values, {'x': da_values})",
            "",
            0,
        ),
        Call(
            "torch.func.jacrev(lambda v: A @ torch.sin(v))(v)",
            "jacobian(A @ sin(v), values, 'v')",
            "forward or reverse, whichever is cheaper",
            0,
        ),
        Call(
            "torch.func.jacfwd(lambda v: torch.outer(v, v))(v)",
            "jacobian(outer(v, v), values, 'v')",
            "",
            0,
        ),
        Call(
            "torch.autograd.functional.jacobian(lambda A: torch.linalg.inv(A), A)",
            "jacobian(inv(A), values, 'A')",
            "",
            0,
        ),
        Call(
            "torch.func.hessian(lambda v: torch.prod(v) + torch.sum(v**3))(v)",
            "hessian(prod(v) + sum(v**3), values, 'v')['v']['v']",
            "",
            0,
        ),
        Call(
            "torch.autograd.functional.hvp(lambda x: torch.sum(x**4), x, da)[1]",
            "hvp(sum(x**4), values, {'x': da_values})['x']",
            "",
            0,
        ),
        Call(
            "torch.func.vmap(lambda row: torch.sum(torch.sin(row)))(x)",
            "vmap(lambda row: sum(sin(row)))(x)",
            "",
            0,
        ),
        Call(
            "torch.func.vmap(torch.func.grad(lambda w: torch.sin(w)**2))(line)",
            "per_row_gradients(sin(line)**2, values, 'line')['line']",
            "",
            0,
        ),
        Call(
            "torch.func.vmap(lambda A, v: torch.linalg.solve(A, v), (0, None))(AA, v)",
            "vmap(lambda A, v: solve(A, v), 'A')(AA, v)",
            "",
            0,
        ),
    ),
)

GROUPS = (PRODUCTS, ALGEBRA, CONVOLUTION, AUTOGRAD)
