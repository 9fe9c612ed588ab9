"""The Palmer penguins: 333 birds, seven measured features and a mass to predict.

May import `separated` and `table`, so that the example needs nothing but the core; it must not know
of models.

Data were collected and made available by Kristen Gorman and the Palmer Station, Antarctica LTER,
a member of the Long Term Ecological Research Network.

Source: K. B. Gorman, T. D. Williams and W. R. Fraser (2014), Ecological sexual dimorphism and
environmental variability within a community of Antarctic penguins (genus Pygoscelis), PLoS ONE
9(3): e90081, https://doi.org/10.1371/journal.pone.0090081; as put together by A. M. Horst,
A. P. Hill and K. B. Gorman (2020), palmerpenguins: Palmer Archipelago (Antarctica) penguin data,
https://allisonhorst.github.io/palmerpenguins/.

Licence: CC0 1.0 (public domain dedication), https://creativecommons.org/publicdomain/zero/1.0/.

How `penguins.csv` was made, from `penguins.csv` of the package palmerpenguins 0.1.6 on PyPI (344
rows; SHA-256 f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93):

1. The 11 rows in which any cell is `NA` were dropped; the order of the other 333 is unchanged.
2. `bill_length_mm`, `bill_depth_mm`, `flipper_length_mm` and `year` were copied as written.
3. `male` is 1 where `sex` is `male`, 0 where it is `female`.
4. `chinstrap` and `gentoo` are 1 where `species` is `Chinstrap`, `Gentoo`, else 0; Adelie penguins
   are 0 in both. A third indicator would make the columns linearly dependent.
5. `island` was left out, and `body_mass_g`, the target, copied to the end.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from chainrule.tables.dialect import PLAIN
from chainrule.tables.separated import read_separated
from chainrule.tables.table import Table, as_table

__all__ = ["load_penguins"]


def load_penguins() -> Table:
    """Load the Palmer penguins: 333 rows; lengths in mm, indicators 0 or 1, body mass in g.

    Features: bill_length_mm, bill_depth_mm, flipper_length_mm, male, chinstrap, gentoo, year.
    Target: body_mass_g. Source and licence (CC0) stand at the top of this module.

    >>> penguins = load_penguins()
    >>> penguins
    Table(333 rows, 8 columns: 'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'male', ...)
    >>> float(penguins["body_mass_g"].mean().round(1))
    4207.1
    """
    with as_file(files("chainrule.tables") / "penguins.csv") as path:
        columns = read_separated(path, PLAIN._replace(separator=","))
        return as_table(dict(columns), called=path.name)
