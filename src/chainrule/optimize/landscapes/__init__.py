"""Test functions for optimizers, each an expression with all that is known of it.

A function here returns a `Landscape`; `catalogue()` lists them, `find` takes one by name. One
variable is x, two are x and y, more are x1, x2, ...

>>> himmelblau().value({"x": 3, "y": 2})
0.0
>>> rosenbrock(n=3).variables
('x1', 'x2', 'x3')
>>> find("zdt1").objectives[0]
expression('x1')
"""

from __future__ import annotations

from chainrule.optimize.landscapes.basins import (
    branin,
    forrester,
    gramacy_lee,
    hartmann_3,
    hartmann_6,
    himmelblau,
    mccormick,
    shekel,
    six_hump_camel,
    styblinski_tang,
    three_hump_camel,
)
from chainrule.optimize.landscapes.catalogue import Catalogue, catalogue, find
from chainrule.optimize.landscapes.constrained import (
    gomez_levy,
    keane_bump,
    mishra_bird,
    rosenbrock_cubic_and_line,
    rosenbrock_disk,
    simionescu,
    townsend,
)
from chainrule.optimize.landscapes.constraint import Constraint
from chainrule.optimize.landscapes.creased import (
    bukin_n6,
    cross_in_tray,
    eggholder,
    hoelder_table,
)
from chainrule.optimize.landscapes.landscape import Landscape
from chainrule.optimize.landscapes.pareto import (
    binh_korn,
    chankong_haimes,
    constr_ex,
    ctp1,
    fonseca_fleming,
    function_4,
    kursawe,
    osyczka_kundu,
    poloni,
    schaffer_pair_n1,
    schaffer_pair_n2,
    viennet,
)
from chainrule.optimize.landscapes.rugged import (
    ackley,
    bohachevsky,
    drop_wave,
    easom,
    griewank,
    levi_n13,
    levy,
    michalewicz,
    rastrigin,
    schaffer_n2,
    schaffer_n4,
    schwefel,
)
from chainrule.optimize.landscapes.valleys import (
    beale,
    booth,
    colville,
    dixon_price,
    goldstein_price,
    matyas,
    powell_singular,
    rosenbrock,
    saddle,
    sphere,
    sum_squares,
    trid,
    zakharov,
)
from chainrule.optimize.landscapes.zdt import zdt1, zdt2, zdt3, zdt4, zdt6

__all__ = [
    "Catalogue",
    "Constraint",
    "Landscape",
    "ackley",
    "beale",
    "binh_korn",
    "bohachevsky",
    "booth",
    "branin",
    "bukin_n6",
    "catalogue",
    "chankong_haimes",
    "colville",
    "constr_ex",
    "cross_in_tray",
    "ctp1",
    "dixon_price",
    "drop_wave",
    "easom",
    "eggholder",
    "find",
    "fonseca_fleming",
    "forrester",
    "function_4",
    "goldstein_price",
    "gomez_levy",
    "gramacy_lee",
    "griewank",
    "hartmann_3",
    "hartmann_6",
    "himmelblau",
    "hoelder_table",
    "keane_bump",
    "kursawe",
    "levi_n13",
    "levy",
    "matyas",
    "mccormick",
    "michalewicz",
    "mishra_bird",
    "osyczka_kundu",
    "poloni",
    "powell_singular",
    "rastrigin",
    "rosenbrock",
    "rosenbrock_cubic_and_line",
    "rosenbrock_disk",
    "saddle",
    "schaffer_n2",
    "schaffer_n4",
    "schaffer_pair_n1",
    "schaffer_pair_n2",
    "schwefel",
    "shekel",
    "simionescu",
    "six_hump_camel",
    "sphere",
    "styblinski_tang",
    "sum_squares",
    "three_hump_camel",
    "townsend",
    "trid",
    "viennet",
    "zakharov",
    "zdt1",
    "zdt2",
    "zdt3",
    "zdt4",
    "zdt6",
]
