"""State that an aggregate's body reads at none of its bound keys becomes a parameter of it.

`count(a: address if paid[round][a])` is the aggregate of `paid[r][a]` at r = `round`: the verifier
follows what writes change at each r, and a new `round` asks for another r.
"""

from dataclasses import replace

from dsl import typed
from dsl.names import Program
from dsl.types import MapType, is_key


class Lifter:
    """Takes what does not depend on the bound keys out of one aggregate's body."""

    def __init__(self, program: Program, keys: set[int], *, old: bool) -> None:
        self._program = program
        self._keys = keys
        self._old = old
        self.found: list[tuple[typed.Local, typed.Read]] = []
        """The new parameters and what they stand for."""

    def lift(self, expr: typed.Expr) -> typed.Expr:
        """The body, its foreign reads replaced by locals."""
        match expr:
            case typed.Read():
                return self._lift_read(expr)
            case typed.Prim() | typed.MakeVariant() | typed.MakeRecord():
                return replace(expr, args=tuple(self.lift(each) for each in expr.args))
            case typed.Logic():
                return replace(expr, left=self.lift(expr.left), right=self.lift(expr.right))
            case typed.Choice():
                yes, no = self.lift(expr.yes), self.lift(expr.no)
                return replace(expr, condition=self.lift(expr.condition), yes=yes, no=no)
            case typed.FieldOf():
                return replace(expr, value=self.lift(expr.value))
            case _:
                return expr

    def _lift_read(self, expr: typed.Read) -> typed.Expr:
        if self._is_bound(expr):
            return replace(expr, keys=tuple(self.lift(each) for each in expr.keys))
        if isinstance(expr.type, MapType) or not is_key(expr.type):
            return expr
        local = self._program.make_local("at", expr.type)
        self.found.append((local, replace(expr, old=expr.old or self._old)))
        return typed.Use(expr.span, expr.type, local)

    def _is_bound(self, expr: typed.Expr) -> bool:
        """Whether an expression depends on a bound key, as far as keys of maps may."""
        match expr:
            case typed.Use(local=local):
                return local.id in self._keys
            case typed.Read(keys=parts) | typed.Prim(args=parts):
                return any(self._is_bound(each) for each in parts)
            case typed.Constant() | typed.Context():
                return False
            case _:
                return True
