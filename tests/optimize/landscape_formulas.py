"""The landscapes once more, as plain NumPy formulas of a point: what the expressions must equal.

Written from the literature's formulas, term by term, apart from the expressions.
"""

import numpy as np
from numpy import abs, arctan2, cos, e, exp, pi, prod, sin, sqrt, sum


def ranks(p):
    return np.arange(1, len(p) + 1)


def r2(p):
    return sum(p**2)


def in_two(formula):
    return lambda p: formula(*p)


def levy(p):
    w = 1 + (p - 1) / 4
    inner = (w[:-1] - 1) ** 2 * (1 + 10 * sin(pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + sin(2 * pi * w[-1]) ** 2)
    return sin(pi * w[0]) ** 2 + sum(inner) + last


def goldstein_price(x, y):
    near = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    far = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * near) * (30 + (2 * x - 3 * y) ** 2 * far)


def eggholder(x, y):
    first = -(y + 47) * sin(sqrt(abs(x / 2 + y + 47)))
    return first - x * sin(sqrt(abs(x - (y + 47))))


HOLES = ["4444", "1111", "8888", "6666", "3737", "2929", "5533", "8181", "6262"]
A = np.array([*[[int(digit) for digit in row] for row in HOLES], [7, 3.6, 7, 3.6]])
C = np.array([0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5])


def shekel(p):
    return -sum(1 / (C + sum((p - A) ** 2, axis=1)))


def hartmann(a, centres):
    a, centres = np.array(a), 1e-4 * np.array(centres)
    heights = np.array([1, 1.2, 3, 3.2])
    return lambda p: -sum(heights * exp(-sum(a * (p - centres) ** 2, axis=1)))


def rosenbrock(p):
    return sum(100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2)


def colville(a, b, c, d):
    return (
        100 * (a**2 - b) ** 2
        + (a - 1) ** 2
        + (c - 1) ** 2
        + 90 * (c**2 - d) ** 2
        + 10.1 * ((b - 1) ** 2 + (d - 1) ** 2)
        + 19.8 * (b - 1) * (d - 1)
    )


def zakharov(p):
    slant = sum(0.5 * ranks(p) * p)
    return r2(p) + slant**2 + slant**4


def branin(x, y):
    bent = y - 5.1 / (4 * pi**2) * x**2 + 5 * x / pi - 6
    return bent**2 + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10


def bird(x, y):
    return sin(y) * exp((1 - cos(x)) ** 2) + cos(x) * exp((1 - sin(y)) ** 2) + (x - y) ** 2


def keane(p):
    return -abs((sum(cos(p) ** 4) - 2 * prod(cos(p) ** 2)) / sqrt(sum(ranks(p) * p**2)))


def tray(x, y):
    return -0.0001 * (abs(sin(x) * sin(y) * exp(abs(100 - sqrt(x**2 + y**2) / pi))) + 1) ** 0.1


def damped(wave, x, y):
    return 0.5 + (wave - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


def ackley(p):
    return -20 * exp(-0.2 * sqrt(r2(p) / len(p))) - exp(sum(cos(2 * pi * p)) / len(p)) + e + 20


ONE = {
    "rastrigin": lambda p: 10 * len(p) + sum(p**2 - 10 * cos(2 * pi * p)),
    "ackley": ackley,
    "sphere": r2,
    "rosenbrock": rosenbrock,
    "beale": in_two(
        lambda x, y: (
            (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
        )
    ),
    "goldstein_price": in_two(goldstein_price),
    "booth": in_two(lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2),
    "bukin_n6": in_two(lambda x, y: 100 * sqrt(abs(y - 0.01 * x**2)) + 0.01 * abs(x + 10)),
    "matyas": in_two(lambda x, y: 0.26 * (x**2 + y**2) - 0.48 * x * y),
    "levi_n13": in_two(
        lambda x, y: (
            sin(3 * pi * x) ** 2
            + (x - 1) ** 2 * (1 + sin(3 * pi * y) ** 2)
            + (y - 1) ** 2 * (1 + sin(2 * pi * y) ** 2)
        )
    ),
    "griewank": lambda p: 1 + r2(p) / 4000 - prod(cos(p / sqrt(ranks(p)))),
    "himmelblau": in_two(lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2),
    "three_hump_camel": in_two(lambda x, y: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2),
    "easom": in_two(lambda x, y: -cos(x) * cos(y) * exp(-((x - pi) ** 2 + (y - pi) ** 2))),
    "cross_in_tray": in_two(tray),
    "eggholder": in_two(eggholder),
    "hoelder_table": in_two(
        lambda x, y: -abs(sin(x) * cos(y) * exp(abs(1 - sqrt(x**2 + y**2) / pi)))
    ),
    "mccormick": in_two(lambda x, y: sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1),
    "schaffer_n2": in_two(lambda x, y: damped(sin(x**2 - y**2) ** 2, x, y)),
    "schaffer_n4": in_two(lambda x, y: damped(cos(sin(abs(x**2 - y**2))) ** 2, x, y)),
    "styblinski_tang": lambda p: 0.5 * sum(p**4 - 16 * p**2 + 5 * p),
    "shekel": shekel,
    "branin": in_two(branin),
    "six_hump_camel": in_two(
        lambda x, y: (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2
    ),
    "hartmann_3": hartmann(
        [(3, 10, 30), (0.1, 10, 35), (3, 10, 30), (0.1, 10, 35)],
        [(3689, 1170, 2673), (4699, 4387, 7470), (1091, 8732, 5547), (381, 5743, 8828)],
    ),
    "hartmann_6": hartmann(
        [
            (10, 3, 17, 3.5, 1.7, 8),
            (0.05, 10, 17, 0.1, 8, 14),
            (3, 3.5, 1.7, 10, 17, 8),
            (17, 8, 0.05, 10, 0.1, 14),
        ],
        [
            (1312, 1696, 5569, 124, 8283, 5886),
            (2329, 4135, 8307, 3736, 1004, 9991),
            (2348, 1451, 3522, 2883, 3047, 6650),
            (4047, 8828, 8732, 5743, 1091, 381),
        ],
    ),
    "michalewicz": lambda p: -sum(sin(p) * sin(ranks(p) * p**2 / pi) ** 20),
    "zakharov": zakharov,
    "dixon_price": lambda p: (p[0] - 1) ** 2 + sum(ranks(p)[1:] * (2 * p[1:] ** 2 - p[:-1]) ** 2),
    "levy": levy,
    "schwefel": lambda p: 418.9828872724338 * len(p) - sum(p * sin(sqrt(abs(p)))),
    "drop_wave": lambda p: -(1 + cos(12 * sqrt(r2(p)))) / (0.5 * r2(p) + 2),
    "bohachevsky": in_two(
        lambda x, y: x**2 + 2 * y**2 - 0.3 * cos(3 * pi * x) - 0.4 * cos(4 * pi * y) + 0.7
    ),
    "trid": lambda p: sum((p - 1) ** 2) - sum(p[1:] * p[:-1]),
    "powell_singular": in_two(
        lambda a, b, c, d: (
            (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4
        )
    ),
    "colville": in_two(colville),
    "sum_squares": lambda p: sum(ranks(p) * p**2),
    "forrester": in_two(lambda x: (6 * x - 2) ** 2 * sin(12 * x - 4)),
    "gramacy_lee": in_two(lambda x: sin(10 * pi * x) / (2 * x) + (x - 1) ** 4),
    "saddle": in_two(lambda x, y: x**2 - y**2),
    "rosenbrock_cubic_and_line": rosenbrock,
    "rosenbrock_disk": rosenbrock,
    "mishra_bird": in_two(bird),
    "townsend": in_two(lambda x, y: -(cos((x - 0.1) * y) ** 2) - x * sin(3 * x + y)),
    "keane_bump": keane,
    "gomez_levy": in_two(
        lambda x, y: 4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4
    ),
    "simionescu": in_two(lambda x, y: 0.1 * x * y),
}


def zdt(g, curve, first=lambda x1: x1):
    def both(p):
        f1, lifted = first(p[0]), g(p[1:])
        return f1, lifted * curve(f1, f1 / lifted)

    return both


def tilted(others):
    return 1 + 9 / 29 * sum(others)


def waved(others):
    return 91 + sum(others**2 - 10 * cos(4 * pi * others))


def zigzag(x):
    return -x if x <= 1 else x - 2 if x <= 3 else 4 - x if x <= 4 else x - 4


def poloni(x, y):
    a1 = 0.5 * sin(1) - 2 * cos(1) + sin(2) - 1.5 * cos(2)
    a2 = 1.5 * sin(1) - cos(1) + 2 * sin(2) - 0.5 * cos(2)
    b1 = 0.5 * sin(x) - 2 * cos(x) + sin(y) - 1.5 * cos(y)
    b2 = 1.5 * sin(x) - cos(x) + 2 * sin(y) - 0.5 * cos(y)
    return 1 + (a1 - b1) ** 2 + (a2 - b2) ** 2, (x + 3) ** 2 + (y + 1) ** 2


def pulled(x1, x2, x3, x4, x5):
    return -25 * (x1 - 2) ** 2 - (x2 - 2) ** 2 - (x3 - 1) ** 2 - (x4 - 4) ** 2 - (x5 - 1) ** 2


SEVERAL = {
    "binh_korn": in_two(lambda x, y: (4 * x**2 + 4 * y**2, (x - 5) ** 2 + (y - 5) ** 2)),
    "chankong_haimes": in_two(lambda x, y: (2 + (x - 2) ** 2 + (y - 1) ** 2, 9 * x - (y - 1) ** 2)),
    "fonseca_fleming": lambda p: (
        1 - exp(-sum((p - 1 / sqrt(len(p))) ** 2)),
        1 - exp(-sum((p + 1 / sqrt(len(p))) ** 2)),
    ),
    "function_4": in_two(lambda x, y: (x**2 - y, -0.5 * x - y - 1)),
    "kursawe": lambda p: (
        sum(-10 * exp(-0.2 * sqrt(p[:-1] ** 2 + p[1:] ** 2))),
        sum(abs(p) ** 0.8 + 5 * sin(p**3)),
    ),
    "schaffer_pair_n1": in_two(lambda x: (x**2, (x - 2) ** 2)),
    "schaffer_pair_n2": in_two(lambda x: (zigzag(x), (x - 5) ** 2)),
    "poloni": in_two(poloni),
    "zdt1": zdt(tilted, lambda f1, h: 1 - sqrt(h)),
    "zdt2": zdt(tilted, lambda f1, h: 1 - h**2),
    "zdt3": zdt(tilted, lambda f1, h: 1 - sqrt(h) - h * sin(10 * pi * f1)),
    "zdt4": zdt(waved, lambda f1, h: 1 - sqrt(h)),
    "zdt6": zdt(
        lambda others: 1 + 9 * (sum(others) / 9) ** 0.25,
        lambda f1, h: 1 - h**2,
        lambda x1: 1 - exp(-4 * x1) * sin(6 * pi * x1) ** 6,
    ),
    "osyczka_kundu": lambda p: (pulled(*p[:5]), r2(p)),
    "ctp1": in_two(lambda x, y: (x, (1 + y) * exp(-x / (1 + y)))),
    "constr_ex": in_two(lambda x, y: (x, (1 + y) / x)),
    "viennet": in_two(
        lambda x, y: (
            0.5 * (x**2 + y**2) + sin(x**2 + y**2),
            (3 * x - 2 * y + 4) ** 2 / 8 + (x - y + 1) ** 2 / 27 + 15,
            1 / (x**2 + y**2 + 1) - 1.1 * exp(-(x**2 + y**2)),
        )
    ),
}


def heart(x, y):
    t = arctan2(x, y)
    across = 2 * cos(t) - 0.5 * cos(2 * t) - 0.25 * cos(3 * t) - 0.125 * cos(4 * t)
    return across**2 + (2 * sin(t)) ** 2


# How far within each constraint a point is.
MARGINS = {
    "rosenbrock_cubic_and_line": in_two(lambda x, y: (-((x - 1) ** 3) + y - 1, 2 - x - y)),
    "rosenbrock_disk": in_two(lambda x, y: (2 - x**2 - y**2,)),
    "mishra_bird": in_two(lambda x, y: (25 - (x + 5) ** 2 - (y + 5) ** 2,)),
    "townsend": in_two(lambda x, y: (heart(x, y) - x**2 - y**2,)),
    "keane_bump": lambda p: (prod(p) - 0.75, 7.5 * len(p) - sum(p)),
    "gomez_levy": in_two(lambda x, y: (1.5 + sin(4 * pi * x) - 2 * sin(2 * pi * y) ** 2,)),
    "simionescu": in_two(lambda x, y: ((1 + 0.2 * cos(8 * np.arctan(x / y))) ** 2 - x**2 - y**2,)),
    "binh_korn": in_two(lambda x, y: (25 - (x - 5) ** 2 - y**2, (x - 8) ** 2 + (y + 3) ** 2 - 7.7)),
    "chankong_haimes": in_two(lambda x, y: (225 - x**2 - y**2, -x + 3 * y - 10)),
    "function_4": in_two(lambda x, y: (6.5 - x / 6 - y, 7.5 - 0.5 * x - y, 30 - 5 * x - y)),
    "osyczka_kundu": in_two(
        lambda a, b, c, d, e, f: (
            a + b - 2,
            6 - a - b,
            2 - b + a,
            2 - a + 3 * b,
            4 - (c - 3) ** 2 - d,
            (e - 3) ** 2 + f - 4,
        )
    ),
    "ctp1": in_two(
        lambda x, y: (
            (1 + y) * exp(-x / (1 + y)) / (0.858 * exp(-0.541 * x)) - 1,
            (1 + y) * exp(-x / (1 + y)) / (0.728 * exp(-0.295 * x)) - 1,
        )
    ),
    "constr_ex": in_two(lambda x, y: (y + 9 * x - 6, 9 * x - y - 1)),
}
