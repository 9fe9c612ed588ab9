"""Which module declares each name of the language, by registry.

Written by `scripts/write_homes.py`, which `make check` runs; nobody edits it.
"""

from __future__ import annotations

OPERATIONS = {
    "arithmetic": (
        "addition subtraction negation multiplication division exponent absolute sign weighted "
        "natlog"
    ),
    "arrays.averages": "arithmetic_mean variance",
    "arrays.borders": "padding cropping",
    "arrays.cumulative": (
        "place_shift linear_recurrence running_sum running_product running_log_sum_exp "
        "running_maximum running_minimum"
    ),
    "arrays.gathering": (
        "selection_by_index addition_at_taken selection_along_axis addition_along_axis "
        "scattered_addition indexed_addition indicator"
    ),
    "arrays.joining": (
        "concatenation separation stacking more_axes stacking_of_columns stacking_of_rows"
    ),
    "arrays.making": "array_of_zeros array_of_ones identity_of_size",
    "arrays.positions": "place_of_largest place_of_smallest",
    "arrays.quantiles": "interpolated_quantile quantile_shares",
    "arrays.rearranging": "flipping rolling tiling tiling_sum repetition repetition_sum",
    "arrays.reductions": (
        "product products_of_others chosen_shares largest smallest middle standard_deviation"
    ),
    "arrays.reshaping": (
        "reshaping reshaping_as flattening axis_removal axis_insertion broadcasting_to"
    ),
    "arrays.selection": "item placement",
    "arrays.softmaxes": "shares_of_exponentials log_of_shares log_sum_exp_along log_sum_exp",
    "arrays.sorting": "ordering order_of_elements few_largest",
    "arrays.splitting": "splitting",
    "arrays.transposing": "transposition matrix_transposition axis_swap axis_move",
    "arrays.truths": "truth_of_any truth_of_all counting_nonzero",
    "convolving.convolution": "axis_apart axis_together convolution_1d convolution_2d",
    "convolving.correlation": "vector_convolution vector_convolution_cotangent vector_correlation",
    "convolving.pooling": (
        "largest_in_windows_1d largest_in_windows_2d mean_in_windows_1d mean_in_windows_2d"
    ),
    "convolving.windows": "sliding_windows sum_of_windows",
    "elements.activations": (
        "sigmoid relu leaky_relu linear smooth_relu exponential_linear scaled_exponential_linear "
        "gaussian_linear sigmoid_linear swish_linear log_of_sum"
    ),
    "elements.choice": (
        "less less_or_equal greater greater_or_equal equality inequality conjunction disjunction "
        "complement choice rounding_down rounding_up rounding"
    ),
    "elements.elementary": (
        "exponential exponential_minus_1 logarithm_2 logarithm_10 natlog_1_plus square_root "
        "cube_root sine cosine tangent inverse_sine inverse_cosine inverse_tangent "
        "inverse_tangent_2 hypotenuse direction_cosine"
    ),
    "elements.extremes": "larger smaller clipping",
    "elements.hyperbolic": (
        "hyperbolic_sine hyperbolic_cosine hyperbolic_tan hyperbolic_secant "
        "inverse_hyperbolic_sine inverse_hyperbolic_cosine inverse_hyperbolic_tan"
    ),
    "elements.probits": "inverse_error_function",
    "elements.ramps": (
        "piecewise_tanh cut_ramp piecewise_sigmoid piecewise_swish softsign_ramp mish_linear "
        "log_of_sigmoid"
    ),
    "elements.remainders": "floor_division remainder",
    "elements.shorthands": (
        "second_power multiplicative_inverse inverse_square_root power_of_2 to_radians to_degrees "
        "interpolation weighted_logarithm log_odds rounding_to_zero cardinal_sine nan_truth "
        "infinite_truth finite_truth"
    ),
    "elements.special": (
        "error_function complementary_error_function normal_share log_gamma digamma_function "
        "polygamma_function"
    ),
    "folds": "broadcasting summation_as spread_fold summation counting",
    "kinds": "named",
    "loops.conditional": "conditional_iteration conditional_scanning",
    "loops.iteration": "iteration scanning",
    "loops.mapping": "mapping",
    "loops.segments": "segmentation segment_joining",
    "losses.classes": (
        "binary_cross_entropy_of_logits binary_cross_entropy_of_probabilities shares_of_classes "
        "flow_to_alike categorical_cross_entropy hinge_error relative_entropy"
    ),
    "losses.regression": (
        "residual with_its_target mean_of_squared_errors mean_of_absolute_errors huber_error "
        "log_of_cosh log_cosh_error quantile_error poisson_error"
    ),
    "matrices.contraction": "contraction contraction_as",
    "matrices.cross": "cross_product",
    "matrices.determinants": (
        "determinant cofactor_matrix cofactor_derivative sign_and_log_determinant log_determinant"
    ),
    "matrices.diagonals": (
        "diagonal_part diagonal_placement matrix_trace diagonal_matrix diagonal_matrix_cotangent "
        "lower_triangle upper_triangle"
    ),
    "matrices.distances": "cosine_between normalized_vectors distances_of_pairs",
    "matrices.factorizations": (
        "cholesky_factor columns_until columns_behind side_by_side orthogonal_triangular"
    ),
    "matrices.inverses": (
        "columns_of given_form inverse matrix_solution linear_solution matrix_triangular_solution "
        "triangular_solution"
    ),
    "matrices.least_squares": (
        "matrix_least_squares normal_equations_solution least_squares_solution pseudo_inverse "
        "of_full_rank_only"
    ),
    "matrices.linear_algebra": "matrix_multiplication matrix_left_cotangent matrix_right_cotangent",
    "matrices.matrix_functions": (
        "power_of_matrix matrix_exponential matrix_block block_placement frechet_derivative"
    ),
    "matrices.norms": "euclidean_length unit_vector view_as_columns vector_norm",
    "matrices.products": (
        "product_cotangent dot_product inner_product outer_product vector_dot_product "
        "tensor_product kronecker_product"
    ),
    "matrices.spectra": (
        "reciprocal_gap symmetric_eigen_decomposition symmetric_eigenvalues "
        "singular_value_decomposition singular_values condition_number rank_of_matrix"
    ),
    "matrices.statistics": "covariance_matrix correlation_matrix standardized_layer",
    "parts": "part",
}

WORDS = {
    "arithmetic": "abs sign weighted log",
    "arrays.averages": "mean var",
    "arrays.borders": "pad crop",
    "arrays.cumulative": "place_shift linear_recurrence cumsum cumprod logcumsumexp cummax cummin",
    "arrays.gathering": "take taken_back take_along_axis added_along scatter_add index_add one_hot",
    "arrays.joining": "concatenate cut_as stack more_axes hstack vstack",
    "arrays.making": "zeros_like ones_like identity_like",
    "arrays.positions": "argmax argmin",
    "arrays.quantiles": "quantile shares_of_quantile",
    "arrays.rearranging": "flip roll tile tiling_sum repeat repetition_sum",
    "arrays.reductions": "prod product_of_others chosen_shares max min median std",
    "arrays.reshaping": "reshape reshape_as ravel squeeze expand_dims broadcast_to",
    "arrays.selection": "item placement",
    "arrays.softmaxes": "softmax log_softmax logsumexp",
    "arrays.sorting": "sort argsort topk",
    "arrays.splitting": "split",
    "arrays.transposing": "transpose matrix_transpose swapaxes moveaxis",
    "arrays.truths": "any all count_nonzero",
    "convolving.convolution": "axis_apart axis_together conv1d conv2d",
    "convolving.correlation": "convolve convolved_back correlate",
    "convolving.pooling": "max_pool1d max_pool2d avg_pool1d avg_pool2d",
    "convolving.windows": "windows windows_added_up",
    "elements.activations": (
        "sigmoid relu leaky_relu linear softplus elu selu gelu silu swish logaddexp"
    ),
    "elements.choice": "equal not_equal where floor ceil round",
    "elements.elementary": (
        "exp expm1 log2 log10 log1p sqrt cbrt sin cos tan arcsin arccos arctan arctan2 hypot "
        "direction"
    ),
    "elements.extremes": "maximum minimum clip",
    "elements.hyperbolic": "sinh cosh tanh sech arcsinh arccosh arctanh",
    "elements.probits": "erfinv",
    "elements.ramps": "hardtanh relu6 hardsigmoid hardswish softsign mish logsigmoid",
    "elements.shorthands": (
        "square reciprocal rsqrt exp2 deg2rad rad2deg lerp xlogy logit trunc sinc isnan isinf "
        "isfinite"
    ),
    "elements.special": "erf erfc normal_cdf loggamma digamma polygamma",
    "folds": "broadcast_as sum_as spread_fold sum count",
    "loops.conditional": "while_loop scan_while",
    "loops.iteration": "iteration scan",
    "loops.mapping": "vmap",
    "loops.segments": "segments join_segments",
    "losses.classes": (
        "binary_cross_entropy_with_logits binary_cross_entropy shares_of_classes flow_to_alike "
        "cross_entropy hinge_loss kl_divergence"
    ),
    "losses.regression": (
        "residual paired mean_squared_error mean_absolute_error huber_loss log_cosh log_cosh_loss "
        "quantile_loss poisson_loss"
    ),
    "matrices.contraction": "einsum einsum_as",
    "matrices.cross": "cross",
    "matrices.determinants": "det cofactors cofactor_change slogdet logdet",
    "matrices.diagonals": "diagonal placed_on_diagonal trace diag back_on_diagonal tril triu",
    "matrices.distances": "cosine_similarity normalize cdist",
    "matrices.factorizations": "cholesky columns_until columns_behind side_by_side qr",
    "matrices.inverses": (
        "as_columns as_given inv matrix_solution solve matrix_triangular_solution solve_triangular"
    ),
    "matrices.least_squares": "matrix_least_squares normal_solution lstsq pinv of_full_rank",
    "matrices.linear_algebra": "matrix_left_cotangent matrix_right_cotangent",
    "matrices.matrix_functions": "matrix_power expm matrix_block block_placement expm_frechet",
    "matrices.norms": "length unit view_as_columns norm",
    "matrices.products": "product_cotangent dot inner outer vdot tensordot kron",
    "matrices.spectra": "reciprocal_gaps eigh eigvalsh svd svdvals cond matrix_rank",
    "matrices.statistics": "cov corrcoef layer_norm",
    "parts": "part",
}

READINGS = {
    "elements.choice": "greater_equal less_equal logical_and logical_or logical_not",
    "elements.remainders": "floor_divide mod",
}

OPERATORS = {
    "arithmetic": "+ - negate * / ** abs weighted",
    "arrays.averages": "mean",
    "arrays.gathering": "take",
    "arrays.making": "identity",
    "arrays.reshaping": "reshape ravel squeeze",
    "arrays.selection": "[]",
    "arrays.transposing": ".T .mT transpose swapaxes",
    "constants": "constant",
    "elements.choice": "< <= > >= not_equal & | ~ where",
    "elements.remainders": "// %",
    "explaining.explanation": "explain",
    "folds": "spread sum",
    "matrices.determinants": "det cofactors",
    "matrices.diagonals": "trace",
    "matrices.inverses": "inv",
    "matrices.linear_algebra": "@",
    "matrices.norms": "length unit norm",
    "matrices.products": "outer",
}

UFUNCS = {
    "arithmetic": (
        "numpy.add numpy.subtract numpy.negative numpy.multiply numpy.divide numpy.power "
        "numpy.absolute numpy.sign numpy.log"
    ),
    "elements.activations": "numpy.positive numpy.logaddexp",
    "elements.choice": (
        "numpy.less numpy.less_equal numpy.greater numpy.greater_equal numpy.equal numpy.not_equal "
        "numpy.logical_and numpy.logical_or numpy.logical_not numpy.floor numpy.ceil numpy.rint"
    ),
    "elements.elementary": (
        "numpy.exp numpy.expm1 numpy.log2 numpy.log10 numpy.log1p numpy.sqrt numpy.cbrt numpy.sin "
        "numpy.cos numpy.tan numpy.arcsin numpy.arccos numpy.arctan numpy.arctan2 numpy.hypot"
    ),
    "elements.extremes": "numpy.maximum numpy.minimum",
    "elements.hyperbolic": (
        "numpy.sinh numpy.cosh numpy.tanh numpy.arcsinh numpy.arccosh numpy.arctanh"
    ),
    "elements.remainders": "numpy.floor_divide numpy.remainder",
    "elements.shorthands": "numpy.trunc",
    "from_numpy": (
        "numpy.square numpy.reciprocal numpy.exp2 numpy.fabs numpy.float_power numpy.isnan "
        "numpy.isinf numpy.isfinite numpy.radians numpy.deg2rad numpy.degrees numpy.rad2deg "
        "numpy.bitwise_and numpy.bitwise_or numpy.invert"
    ),
    "matrices.linear_algebra": "numpy.matmul",
}

ARRAY_FUNCTIONS = {
    "from_numpy": (
        "numpy.concatenate numpy.stack numpy.hstack numpy.vstack numpy.split numpy.array_split "
        "numpy.zeros_like numpy.ones_like numpy.full_like numpy.transpose numpy.matrix_transpose "
        "numpy.swapaxes numpy.moveaxis numpy.reshape numpy.ravel numpy.squeeze numpy.expand_dims "
        "numpy.broadcast_to numpy.flip numpy.roll numpy.tile numpy.repeat numpy.pad numpy.sum "
        "numpy.mean numpy.var numpy.std numpy.prod numpy.max numpy.amax numpy.min numpy.amin "
        "numpy.median numpy.quantile numpy.percentile numpy.cov numpy.corrcoef numpy.sinc "
        "numpy.any numpy.all numpy.argmax numpy.argmin numpy.count_nonzero numpy.cumsum "
        "numpy.cumprod numpy.linalg.norm numpy.sort numpy.argsort numpy.clip numpy.round "
        "numpy.where numpy.einsum numpy.convolve numpy.correlate numpy.dot numpy.vdot numpy.inner "
        "numpy.outer numpy.kron numpy.tensordot numpy.cross numpy.take numpy.take_along_axis "
        "numpy.trace numpy.diagonal numpy.diag numpy.tril numpy.triu"
    ),
    "matrices.numpy_linalg": (
        "numpy.linalg.det numpy.linalg.slogdet numpy.linalg.inv numpy.linalg.pinv "
        "numpy.linalg.solve numpy.linalg.lstsq numpy.linalg.cholesky numpy.linalg.qr "
        "numpy.linalg.eigh numpy.linalg.eigvalsh numpy.linalg.svd numpy.linalg.svdvals "
        "numpy.linalg.matrix_power numpy.linalg.matrix_rank numpy.linalg.cond"
    ),
}
