"""Names of what can go wrong with a contract: refused modules, malformed values, stopped runs.

Three families, never mixed. An `IrError` says why bytes or a module are refused before anything
runs. A `MachineError` names why the machine stopped a running contract; it is data in an outcome.
What a contract itself declares has a number, not a name here.

Source: IR.md 1 (rules of `validate`), LANGUAGE.md 2 (the three classes of failure).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class MachineError(StrEnum):
    """Why the machine stopped a contract that may be deployed."""

    NO_CODE = "contract.no_code"
    """No code is deployed at the address called."""
    REENTERED = "contract.reentered"
    """The contract called is already active."""
    CALL_DEPTH = "contract.call_depth"
    """`CALL_DEPTH_MAX` contracts are active already."""
    UNKNOWN_FUNCTION = "contract.unknown_function"
    """No function has the selector, or the one that has it differs from the member expected."""
    NOT_A_VIEW = "contract.not_a_view"
    """The call may change nothing, the function is no view."""
    ARGUMENTS_MALFORMED = "contract.arguments_malformed"
    """The arguments are no canonical encoding of the parameters."""
    GAS_BELOW_BOUND = "contract.gas_below_bound"
    """The gas limit of a call from outside is below the function's static bound."""
    OUT_OF_GAS = "contract.out_of_gas"
    """A called contract needs more gas than its caller gave."""
    OVERFLOW = "contract.overflow"
    """A `Check` or an `Update` met a number outside its type."""
    DIVISION_BY_ZERO = "contract.division_by_zero"
    """A divisor is not positive."""
    INDEX_OUT_OF_RANGE = "contract.index_out_of_range"
    """A list has no element at the index."""
    LIST_FULL = "contract.list_full"
    """`APPEND` to a list of maximal length."""
    LIST_EMPTY = "contract.list_empty"
    """`POP` from an empty list."""
    BALANCE_SHORT = "contract.balance_short"
    """`Pay` or `Send` of more than the balance."""
    CHECKPOINT_NOT_PAST = "contract.checkpoint_not_past"
    """A read at a height that is not below the current one."""
    CALL_FAILED = "contract.call_failed"
    """A contract called failed; why is kept as the cause."""


class Part(StrEnum):
    """The part of a module that an error stands in."""

    MODULE = "module"
    TYPES = "types"
    LITERALS = "literals"
    INTERFACES = "interfaces"
    CELLS = "cells"
    EVENTS = "events"
    ERRORS = "errors"
    FUNCTIONS = "functions"
    SPEC_TYPES = "spec.types"
    SPEC_LITERALS = "spec.literals"
    AGGREGATES = "spec.aggregates"
    SPEC_FUNCTIONS = "spec.functions"
    INVARIANTS = "spec.invariants"
    TRANSITIONS = "spec.transitions"


NO_NODE = -1
"""`IrError.node` of an error that stands in no node list."""


@dataclass(frozen=True, slots=True)
class IrError:
    """A module is refused; each subclass is one rule."""

    code: ClassVar[str] = "ir.refused"
    rule: ClassVar[str] = "a module is refused"

    part: Part
    """Where: the table…"""
    index: int
    """… the 0-based entry in it (in the spec section's own numbering)…"""
    node: int
    """… and the node in that entry's list, or `NO_NODE`."""
    found: int
    """The number that breaks the rule: an operand, an index, a size, a count."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        node = "" if self.node == NO_NODE else f", node {self.node}"
        return f"{self.part.value}[{self.index}]{node}: {self.rule} (found {self.found})"


@dataclass(frozen=True, slots=True)
class ValueMalformed:
    """Bytes or JSON are no canonical form of a value of the type expected."""

    code: ClassVar[str] = "ir.value_malformed"
    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the value is not canonical: {self.reason}"
