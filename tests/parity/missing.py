"""What PyTorch has and chainrule has not, with the reason, and what is not looked for here.

Names of `torch` stand bare, those of `torch.nn.functional` begin with F., those of `torch.linalg`
with linalg.
"""

import re

__all__ = ["ALIASES", "MISSING", "OUT_OF_SCOPE", "is_out_of_scope"]

# What is missing: a title, the names, the reason or what to write instead.
MISSING = (
    (
        "Elementwise",
        (
            ("i0 igamma igammac", "no such special function yet"),
            ("gcd lcm", "of whole numbers: no derivative"),
            ("nextafter frexp signbit", "of the bits of a number: a zero has no sign here"),
            ("hash_tensor", "of the bits of numbers"),
        ),
    ),
    (
        "Reductions and counts",
        (
            (
                "nanquantile nanmedian",
                "not yet: `quantile` and `median` of an array with NaN are NaN",
            ),
            ("mode histc bincount", "counts of values: no derivative; NumPy has them"),
            ("unique_consecutive", "how many there are depends on the values"),
            ("searchsorted bucketize isin", "not yet: `sum(x > edges[:, None], axis=0)` counts"),
            (
                "renorm norm_except_dim",
                "write `x * minimum(1, most / norm(x, axis=1, keepdims=True))`",
            ),
            ("allclose equal", "a question about numbers: ask NumPy of the values"),
            ("gradient", "of samples, by differences: write it with slices"),
        ),
    ),
    (
        "Shapes and indices",
        (
            ("nonzero nonzero_static argwhere", "how many there are depends on the values"),
            (
                (
                    "scatter scatter_reduce put index_put index_copy index_fill index_reduce "
                    "masked_scatter diagonal_scatter select_scatter slice_scatter fill"
                ),
                "assignments: an expression does not change; `where`, `scatter_add`, `index_add`",
            ),
            ("atleast_1d atleast_2d atleast_3d broadcast_tensors", "`reshape`, `broadcast_to`"),
            ("dstack dsplit hsplit vsplit", "`stack`, `split` with an axis"),
            (
                "combinations tril_indices triu_indices",
                "whole numbers: NumPy's are taken as indices",
            ),
            ("unfold_copy F.unfold F.fold", "windows as an array: not public yet"),
            ("channel_shuffle pixel_unshuffle", "`reshape` and `transpose`"),
        ),
    ),
    (
        "Linear algebra",
        (
            (
                "linalg.eig linalg.eigvals",
                "eigenvalues of a matrix that is not symmetric are complex",
            ),
            (
                "linalg.lu linalg.lu_factor linalg.lu_factor_ex linalg.lu_solve lu_solve lu_unpack",
                "`solve` and `det` use it; the factors themselves not yet",
            ),
            ("linalg.ldl_factor linalg.ldl_factor_ex linalg.ldl_solve", "not yet"),
            (
                "linalg.inv_ex linalg.cholesky_ex linalg.solve_ex",
                "a singular matrix is an error that names it, not a number beside the result",
            ),
            ("linalg.tensorinv", "`inv` and `reshape`"),
            (
                "linalg.householder_product geqrf orgqr ormqr",
                "parts of a QR factorization; `qr` is the whole",
            ),
            ("cholesky_inverse", "`inv(S)`"),
        ),
    ),
    (
        "Networks",
        (
            (
                "F.conv3d F.conv_transpose1d F.conv_transpose2d F.conv_transpose3d F.conv_tbc",
                "not yet; `conv1d` and `conv2d` are there",
            ),
            ("F.avg_pool3d F.max_pool3d", "not yet; of one and two axes they are there"),
            (
                (
                    "F.adaptive_avg_pool1d F.adaptive_avg_pool3d F.adaptive_max_pool1d "
                    "F.adaptive_max_pool2d F.adaptive_max_pool3d"
                ),
                "windows of unequal size: not yet; to one number `mean` and `max` over axes",
            ),
            ("F.lp_pool1d F.lp_pool2d F.lp_pool3d", "`avg_pool1d(x**p, k)`, then the root"),
            ("F.max_unpool1d F.max_unpool2d F.max_unpool3d", "needs the places of a pooling"),
            (
                (
                    "F.interpolate F.upsample F.upsample_bilinear F.upsample_nearest F.grid_sample "
                    "F.affine_grid"
                ),
                "pictures are not resized yet",
            ),
            ("F.group_norm", "`reshape`, then `layer_norm`"),
            ("F.local_response_norm F.ctc_loss", "not yet"),
            ("F.embedding_bag", "`mean(X[indices], axis=1)`"),
            ("F.multi_head_attention_forward", "a layer: see the attention above for its core"),
            (
                "F.multi_margin_loss F.multilabel_margin_loss F.triplet_margin_with_distance_loss",
                "`maximum` and `mean`, as in the margin losses above",
            ),
        ),
    ),
)

# Another name of PyTorch's for one that is in the table.
ALIASES = {
    "F.hardtanh_": "F.hardtanh",
    "absolute": "abs",
    "adjoint": "mT",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "chain_matmul": "multi_dot",
    "cholesky": "linalg.cholesky",
    "clamp_max": "clamp",
    "clamp_min": "clamp",
    "concat": "cat",
    "concatenate": "cat",
    "constant_pad_nd": "F.pad",
    "det": "linalg.det",
    "divide": "div",
    "fix": "trunc",
    "fmin": "fmax",
    "frobenius_norm": "linalg.norm",
    "greater": "gt",
    "greater_equal": "ge",
    "inverse": "linalg.inv",
    "layer_norm": "F.layer_norm",
    "less": "lt",
    "less_equal": "le",
    "linalg.matmul": "matmul",
    "linalg.matrix_exp": "matrix_exp",
    "matrix_power": "linalg.matrix_power",
    "moveaxis": "movedim",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "nuclear_norm": "linalg.norm",
    "numel": "sum",
    "pinverse": "linalg.pinv",
    "pixel_shuffle": "F.pixel_shuffle",
    "qr": "linalg.qr",
    "range": "arange",
    "ravel": "flatten",
    "row_stack": "vstack",
    "scalar_tensor": "full",
    "slogdet": "linalg.slogdet",
    "split_with_sizes": "split",
    "subtract": "sub",
    "svd": "linalg.svd",
    "swapdims": "swapaxes",
    "trapz": "trapezoid",
    "triangular_solve": "linalg.solve_triangular",
    "vander": "linalg.vander",
}

OUT_OF_SCOPE = (
    (
        "Operations in place",
        r".*_",
        "an expression does not change: names that end in `_`, and `out=`",
    ),
    (
        "Numbers at random",
        (
            r"(F\.)?(rand|bernoulli|multinomial|normal|poisson$|binomial|.*dropout|rrelu|gumbel"
            r"|fractional).*"
        ),
        "nothing is drawn unless asked: draw with NumPy and pass the numbers in",
    ),
    (
        "Complex numbers",
        r"complex|polar|real|imag|angle|conj.*|view_as_.*|is_?(complex|real|conj)|resolve_.*",
        "values may be complex; functions of their parts and angles are not there",
    ),
    (
        "Fourier transforms and windows of signals",
        r"fft.*|i?stft|.*_window",
        "not yet",
    ),
    (
        "Bits of whole numbers",
        r"bitwise_.*|.*shift.*",
        "`&`, `|` and `~` of conditions are logic here",
    ),
    (
        "Sparse, quantized and nested tensors",
        (
            r".*(sparse|quant|crow|ccol|hspmm|sspaddmm).*|q_.*|col_indices|row_indices|hsmm|dsmm|spmm"
            r"|smm|saddmm|.*fbgemm.*|int_repr|choose_q.*|fake_.*|_?coalesce|indices|values|nested.*"
        ),
        "sparse are Jacobians and Hessians: `jacobian(..., sparse=True)`",
    ),
    (
        "Types, storage, devices and tracing",
        (
            r"(F\.)?(is_|can_|result_type|promote|set_|get_|init_|as_|asarray|from_|frombuffer|tensor$|empty|sym_"
            r"|clone|detach|view|alias|copy|.*_copy|unsafe_|to_|cudnn|mkldnn|miopen|native_|fused"
            r"|wait|segment|assert|handle_torch|has_torch|boolean|compiled|batch_norm_|slice_"
            r"|grouped_mm|scaled_(grouped_)?mm|linear_cross|log_softmax_|lift|resize|unravel"
            r"|embedding_renorm|histogram|affine_grid_g|grid_sampler|.*_with_indices|gru|lstm|rnn"
            r"|convolution$).*"
        ),
        "how numbers are stored is NumPy's affair",
    ),
)


def is_out_of_scope(name):
    """Tell whether a name belongs to one of the groups that are left out as a whole."""
    return any(re.fullmatch(pattern, name) for _, pattern, _ in OUT_OF_SCOPE)
