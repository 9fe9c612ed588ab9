"""chainrule: formulas with named variables, to see, differentiate, run and fit.

Every public name is here; the module behind a name is loaded when the name is first used.
"""

from __future__ import annotations

import builtins
import importlib
from typing import Any

__version__ = "0.1.0"

# Module -> the public names that live in it, in words.
_HOMES = {
    "language.expression": "expression",
    "language.constants": "constant",
    "language.kinds": "elementwise named operations reading structural",
    "language.composition": "composed",
    "language.arithmetic": (
        "absolute addition division exponent log multiplication natlog negation sign subtraction "
        "weighted"
    ),
    "language.elements.elementary": (
        "abs arccos arcsin arctan arctan2 cbrt cos cosine cube_root exp expm1 exponential "
        "exponential_minus_1 hypot hypotenuse inverse_cosine inverse_sine inverse_tangent "
        "inverse_tangent_2 log10 log1p log2 logarithm_10 logarithm_2 natlog_1_plus pow sin sine "
        "sqrt square_root tan tangent"
    ),
    "language.elements.hyperbolic": (
        "arccosh arcsinh arctanh cosh hyperbolic_cosine hyperbolic_secant hyperbolic_sine "
        "hyperbolic_tan inverse_hyperbolic_cosine inverse_hyperbolic_sine inverse_hyperbolic_tan "
        "sech sinh tanh"
    ),
    "language.elements.choice": (
        "ceil choice complement conjunction disjunction equal equality floor greater "
        "greater_equal greater_or_equal inequality less less_equal less_or_equal logical_and "
        "logical_not logical_or not_equal round rounding rounding_down rounding_up where"
    ),
    "language.elements.extremes": "clip clipping larger maximum minimum smaller",
    "language.shaped": "matrix vector",
    "language.elements.special": (
        "complementary_error_function digamma digamma_function erf erfc error_function log_gamma "
        "loggamma normal_cdf normal_share polygamma polygamma_function"
    ),
    "language.elements.activations": (
        "elu exponential_linear gaussian_linear gelu leaky_relu linear log_of_sum logaddexp relu "
        "scaled_exponential_linear selu sigmoid sigmoid_linear silu smooth_relu softplus swish "
        "swish_linear"
    ),
    "language.elements.ramps": (
        "cut_ramp hardsigmoid hardswish hardtanh log_of_sigmoid logsigmoid mish mish_linear "
        "piecewise_sigmoid piecewise_swish piecewise_tanh relu6 softsign softsign_ramp"
    ),
    "language.elements.shorthands": (
        "cardinal_sine clamp deg2rad exp2 finite_truth infinite_truth interpolation "
        "inverse_square_root isfinite isinf isnan lerp log_odds logit multiplicative_inverse "
        "nan_truth power_of_2 rad2deg reciprocal rounding_to_zero rsqrt second_power sinc square "
        "to_degrees to_radians trunc weighted_logarithm xlogy"
    ),
    "language.loops.conditional": "while_loop",
    "language.loops.mapping": "vmap",
    "language.loops.scanning": "fori_loop scan",
    "language.folds": "broadcast_as count counting sum sum_as summation",
    "language.convolving.convolution": "conv1d conv2d convolution_1d convolution_2d",
    "language.convolving.correlation": "convolve correlate vector_convolution vector_correlation",
    "language.matrices.cross": "cross cross_product",
    "language.matrices.diagonals": (
        "diag diagonal diagonal_matrix diagonal_part lower_triangle matrix_trace trace tril triu "
        "upper_triangle"
    ),
    "language.matrices.distances": (
        "cdist cosine_between cosine_similarity distances_of_pairs normalize normalized_vectors"
    ),
    "language.matrices.contraction": "contraction einsum",
    "language.arrays.gathering": (
        "gather index_add indexed_addition indicator one_hot scatter_add scattered_addition "
        "selection_along_axis selection_by_index take take_along_axis"
    ),
    "language.matrices.statistics": (
        "corrcoef correlation_matrix cov covariance_matrix layer_norm standardized_layer"
    ),
    "language.matrices.linear_algebra": "matmul matrix_multiplication",
    "language.matrices.determinants": "cofactors det determinant log_determinant logdet slogdet",
    "language.matrices.inverses": (
        "inv inverse linear_solution solve solve_triangular triangular_solution"
    ),
    "language.matrices.least_squares": "least_squares_solution lstsq pinv pseudo_inverse",
    "language.matrices.factorizations": "cholesky cholesky_factor qr",
    "language.matrices.spectra": (
        "cond condition_number eigh eigvalsh matrix_rank rank_of_matrix singular_values svd "
        "svdvals symmetric_eigenvalues"
    ),
    "language.matrices.matrix_functions": (
        "expm expm_frechet matrix_exp matrix_exponential matrix_power"
    ),
    "language.convolving.pooling": (
        "avg_pool1d avg_pool2d largest_in_windows_1d largest_in_windows_2d max_pool1d max_pool2d "
        "mean_in_windows_1d mean_in_windows_2d"
    ),
    "language.matrices.products": (
        "dot dot_product inner inner_product kron kronecker_product outer outer_product "
        "tensor_product tensordot vdot vector_dot_product"
    ),
    "language.elements.probits": "erfinv inverse_error_function",
    "language.arrays.quantiles": (
        "interpolated_quantile quantile quantile_shares shares_of_quantile"
    ),
    "language.elements.remainders": "floor_divide floor_division mod remainder",
    "language.arrays.selection": "item",
    "language.arrays.averages": "arithmetic_mean mean var variance",
    "language.arrays.joining": (
        "cat concatenate concatenation hstack stack stacking stacking_of_columns "
        "stacking_of_rows vstack"
    ),
    "language.arrays.splitting": "array_split split splitting unbind unstack",
    "language.arrays.making": (
        "arange array_of_ones array_of_zeros eye full full_like identity identity_like "
        "identity_of_size linspace ones ones_like zeros zeros_like"
    ),
    "language.arrays.transposing": (
        "axis_move axis_swap matrix_transpose matrix_transposition moveaxis permute swapaxes "
        "transpose transposition"
    ),
    "language.arrays.reshaping": (
        "axis_insertion axis_removal broadcast_to broadcasting_to expand_dims flatten flattening "
        "ravel reshape reshape_as reshaping reshaping_as squeeze unsqueeze"
    ),
    "language.arrays.rearranging": "flip flipping repeat repetition roll rolling tile tiling",
    "language.arrays.borders": "crop cropping pad padding",
    "language.arrays.softmaxes": (
        "log_of_shares log_softmax log_sum_exp log_sum_exp_along logsumexp "
        "shares_of_exponentials softmax"
    ),
    "language.arrays.cumulative": (
        "cummax cummin cumprod cumsum linear_recurrence logcumsumexp place_shift recurrence "
        "running_log_sum_exp running_maximum running_minimum running_product running_sum shifted"
    ),
    "language.arrays.reductions": (
        "amax amin chosen_shares largest max median middle min prod product product_of_others "
        "products_of_others shares_of_chosen smallest standard_deviation std"
    ),
    "language.arrays.positions": "argmax argmin place_of_largest place_of_smallest",
    "language.arrays.truths": "all any count_nonzero counting_nonzero truth_of_all truth_of_any",
    "language.losses.regression": (
        "huber_error huber_loss log_cosh log_cosh_error log_cosh_loss log_of_cosh "
        "mean_absolute_error mean_of_absolute_errors mean_of_squared_errors mean_squared_error "
        "poisson_error poisson_loss quantile_error quantile_loss residual with_its_target"
    ),
    "language.losses.classes": (
        "binary_cross_entropy binary_cross_entropy_of_logits "
        "binary_cross_entropy_of_probabilities binary_cross_entropy_with_logits "
        "categorical_cross_entropy cross_entropy hinge_error hinge_loss kl_divergence "
        "relative_entropy"
    ),
    "language.arrays.sorting": "argsort few_largest order_of_elements ordering sort topk",
    "language.matrices.norms": "euclidean_length norm unit unit_vector vector_norm view_as_columns",
    "language.text.parse": "parse",
    "calculus.derivatives": "gradient hessian hvp jacobian jvp vjp",
    "calculus.per_row": "per_row_gradients",
    "calculus.series": "taylor",
    "calculus.numerical": "numerical_derivative",
    "calculus.step_size": "step_size_study",
    "calculus.check": "check_gradient",
    "calculus.sparsity": "sparsity",
    "calculus.operation_check": "check_operation",
    "draw.animations": "animate_fit animate_race write_animation",
    "draw.contours": "plot_contour plot_race",
    "draw.curves": "loss_curve plot_rates plot_step_size_study",
    "draw.graph": "Graph",
    "draw.playground": "Playground playground",
    "draw.regressions": "plot_fit plot_parameter_path plot_residuals",
    "draw.slopes": "plot_curve",
    "draw.story": "nan_story",
    "draw.surfaces": "plot_surface",
    "optimize.running.checkpoint": "Checkpoint",
    "optimize.running.constrained": "solve_constrained",
    "optimize.methods": (
        "adagrad adam adamw amsgrad gradient_descent lion momentum nadam nesterov rmsprop"
    ),
    "optimize.running.resume": "resume",
    "optimize.running.run": "minimize",
    "optimize.schedules": (
        "ConstantLR ConstantRate CosineAnnealingLR CosineAnnealingWarmRestarts ExponentialLR "
        "InverseTimeLR LambdaLR LinearLR MultiStepLR OneCycleLR PolynomialLR StepLR WarmUp"
    ),
    "optimize.solvers": (
        "bfgs conjugate_gradient gauss_newton l_bfgs l_bfgs_b levenberg_marquardt "
        "line_search_descent nelder_mead newton newton_cg powell slsqp tnc trust_constr"
    ),
    "optimize.curvature.stability": "learning_rate_report",
    "optimize.running.stopping": "EarlyStopping",
    "optimize.running.sweep": "find_rate sweep",
    "optimize.running.symptoms": "diagnose",
    "optimize.running.trace": "Trace load_trace",
    "optimize.methods.transforms": (
        "chain clip_by_norm clip_by_value coupled_weight_decay decoupled_weight_decay"
    ),
    "optimize": "landscapes",
    "models.linear": "LinearRegression",
    "models.outcome": "DivergenceError DivergenceWarning",
    "models.rates": "learning_rate_study",
    "models.saved": "load_model",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

# A star import leaves Python's own sum, abs, min, max, round and pow alone.
__all__ = sorted(name for name in _HOME if not hasattr(builtins, name))  # noqa: PLE0605 - names come from one table


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"chainrule.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
