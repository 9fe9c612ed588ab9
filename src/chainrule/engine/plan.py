from chainrule.engine.compiled import Compiled as Plan, compiled_of as plan_of
from chainrule.engine.gradient import gradient_program
from chainrule.engine.targets.source import PAYS_AFTER

__all__ = ["Plan", "plan_of", "gradient_program", "PAYS_AFTER"]
