"""Names of what can go wrong with a contract: refused modules, malformed values, stopped runs.

Three families, never mixed. An `IrError` says why bytes or a module are refused before anything
runs. A `MachineError` names why the machine stopped a running contract; it is data in an outcome.
What a contract itself declares has a number, not a name here.

Source: IR.md 1 (rules of `validate`), LANGUAGE.md 2 (the three classes of failure).
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
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
    NO_ADDRESS = "contract.no_address"
    """`Pay` to the zero address, which is what an address reads as that was never assigned."""
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


class IrRule(Enum):
    """A rule that a module can break: its stable code, and what is found when it is broken.

    In the order of the table of contents, not of checking; `validate` documents that order.
    """

    # Module
    VERSION_UNKNOWN = ("ir.version_unknown", "the version is not `IR_VERSION`")
    TOO_MANY = ("ir.too_many", "a table or a list has more entries than its limit")
    NUMBER_OUT_OF_RANGE = ("ir.number_out_of_range", "a number is outside the range of its field")
    # Types, literals and tables
    TYPE_FORWARD = ("ir.type_forward", "a type names a type that does not stand before it")
    TYPE_UNKNOWN = ("ir.type_unknown", "an index names no type")
    TYPE_SIZE = ("ir.type_size", "a width, size or length is none that types have")
    ENUM_EMPTY = ("ir.enum_empty", "an enum has no members")
    ELEMENT_EMPTY = ("ir.element_empty", "the elements of a list have no bytes")
    MAP_MISPLACED = (
        "ir.map_misplaced",
        "a map stands elsewhere than in a cell, or too many are nested",
    )
    KEY_TYPE = ("ir.key_type", "a key or a quantified variable is no scalar of fixed size")
    MAP_DEFAULT = ("ir.map_default", "the values of a map have no default")
    TYPE_TOO_DEEP = ("ir.type_too_deep", "types are nested too deep")
    TYPE_TOO_LARGE = ("ir.type_too_large", "values of the type may be too large")
    TYPE_REPEATED = ("ir.type_repeated", "the type stands in the table already")
    TYPE_UNUSED = ("ir.type_unused", "nothing uses the type")
    LITERAL_MALFORMED = ("ir.literal_malformed", "a literal is no canonical encoding of its type")
    LITERAL_REPEATED = ("ir.literal_repeated", "the literal stands in the pool already")
    LITERAL_UNKNOWN = ("ir.literal_unknown", "an index names no literal")
    LITERAL_UNUSED = ("ir.literal_unused", "nothing uses the literal")
    SELECTOR_MALFORMED = (
        "ir.selector_malformed",
        "a selector is not 8 bytes, or zeros where it is not init's",
    )
    SELECTOR_REPEATED = ("ir.selector_repeated", "two functions or members have one selector")
    RESULT_COUNT = ("ir.result_count", "a function has more than one result, or init has one")
    STANDARD_CELL = (
        "ir.standard_cell",
        "the first two cells are not the plain u128 cells balance and inbox",
    )
    CHECKPOINT_TYPE = (
        "ir.checkpoint_type",
        "a checkpointed cell is neither a uint nor a map from a scalar to a uint",
    )
    INIT_MISPLACED = ("ir.init_misplaced", "an init is not the first function")
    VIEW_PAYABLE = ("ir.view_payable", "a view is payable")
    GUARD_COUNT = (
        "ir.guard_count",
        "the guard does not end between two top-level nodes before the last",
    )
    # Blocks
    CODE_EMPTY = ("ir.code_empty", "a node list is empty")
    BLOCK_OVERRUN = ("ir.block_overrun", "a block reaches beyond the block around it")
    NESTING_TOO_DEEP = ("ir.nesting_too_deep", "too many blocks are open")
    ARM_COUNT = ("ir.arm_count", "a match does not have one arm per member")
    ALL_ARMS_LEAVE = ("ir.all_arms_leave", "no arm goes on behind its header")
    LEAVE_MISSING = ("ir.leave_missing", "the last node of a scope or function is not its Leave")
    LEAVE_MISPLACED = ("ir.leave_misplaced", "a Leave is not the last node of its block")
    LEAVE_TARGET = ("ir.leave_target", "a Leave names no scope that it may leave")
    LEAVE_VALUES = (
        "ir.leave_values",
        "the values of a Leave differ from those of its scope or function",
    )
    NEXT_MISSING = ("ir.next_missing", "the last node of a fold's body is not its Next")
    NEXT_MISPLACED = ("ir.next_misplaced", "a Next is not the last node of the body of its fold")
    NEXT_VALUES = ("ir.next_values", "the values of a Next do not fit the carried values")
    FOR_ALL_VALUE = ("ir.for_all_value", "the last node of a ForAll's body is no bool")
    FOLD_RANGE = ("ir.fold_range", "a fold runs over no range or list")
    JOIN_MISPLACED = (
        "ir.join_misplaced",
        "a Join does not stand behind the last arm of its header",
    )
    JOIN_COUNT = ("ir.join_count", "a Join does not have one value per arm that goes on")
    JOIN_VALUES = ("ir.join_values", "the values of a Join have no common type")
    # Operands
    OPERAND_FORWARD = ("ir.operand_forward", "an operand is not before its node")
    OPERAND_NOT_VISIBLE = (
        "ir.operand_not_visible",
        "an operand stands in a block that is closed here",
    )
    OPERAND_WITHOUT_VALUE = ("ir.operand_without_value", "an operand is a node without a value")
    OPERAND_COUNT = ("ir.operand_count", "the number of operands is wrong")
    OPERAND_TYPE = ("ir.operand_type", "an operand is of another type than expected")
    IMMEDIATE_WRONG = (
        "ir.immediate_wrong",
        "an immediate of an operator is missing, too much or unknown",
    )
    INT_ESCAPES = ("ir.int_escapes", "an int is stored, passed, carried or encoded")
    INT_TOO_WIDE = ("ir.int_too_wide", "an int may be wider than its limit")
    DEAD_NODE = ("ir.dead_node", "nothing uses the value of a node that can not fail")
    # Names
    NODE_FORBIDDEN = ("ir.node_forbidden", "the node may not stand in this place")
    PARAM_UNKNOWN = ("ir.param_unknown", "there is no such parameter")
    CONTEXT_FORBIDDEN = ("ir.context_forbidden", "the fact is not known in this place")
    FIELD_UNKNOWN = ("ir.field_unknown", "there is no such field, member or payload")
    PAYLOAD_OUTSIDE_ARM = ("ir.payload_outside_arm", "a payload is read outside its member's arm")
    VAR_UNKNOWN = ("ir.var_unknown", "there is no such variable")
    OUT_UNKNOWN = (
        "ir.out_unknown",
        "there is no such closed fold or scope, or no such value of it",
    )
    CELL_UNKNOWN = ("ir.cell_unknown", "there is no such cell")
    CELL_PROTECTED = ("ir.cell_protected", "balance and inbox can not be set")
    PATH_KEYS = ("ir.path_keys", "a path does not have one key per map level")
    WHEN_FORBIDDEN = ("ir.when_forbidden", "that state can not be read in this place")
    ERROR_UNKNOWN = ("ir.error_unknown", "there is no such error")
    EVENT_UNKNOWN = ("ir.event_unknown", "there is no such event")
    INTERFACE_UNKNOWN = ("ir.interface_unknown", "there is no such interface or member")
    MESSAGE_TOO_SMALL = ("ir.message_too_small", "the arguments may not fit the message")
    GAS_BOUND = ("ir.gas_bound", "a function may use more gas than any block holds")
    # Properties
    SPEC_FUNCTIONS = ("ir.spec_functions", "the spec section has not one entry per function")
    AGGREGATE_UNKNOWN = ("ir.aggregate_unknown", "there is no such aggregate")
    AGGREGATE_KEYS = (
        "ir.aggregate_keys",
        "a read in an aggregate is not at prefixes, then exactly the bound keys",
    )
    AGGREGATE_PATTERN = (
        "ir.aggregate_pattern",
        "an aggregate reads one map at two patterns of keys",
    )
    AGGREGATE_SCALAR = ("ir.aggregate_scalar", "an aggregate reads a scalar cell")
    EXPRESSION_TYPE = (
        "ir.expression_type",
        "the last node of an expression is of another type than expected",
    )
    FRAME_MISSING = ("ir.frame_missing", "places are listed as modified without a frame")

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class IrError:
    """A module is refused: the first rule it breaks, and where."""

    rule: IrRule
    part: Part
    """The table it stands in…"""
    index: int
    """… the 0-based entry of it, in the section's own numbering…"""
    node: int
    """… and the node in that entry's list, or `NO_NODE`."""
    found: int
    """The number that breaks the rule: an operand, an index, a size, a count."""

    @property
    def code(self) -> str:
        """The stable name of the rule."""
        return self.rule.code

    @property
    def message(self) -> str:
        """One sentence for people."""
        node = "" if self.node == NO_NODE else f", node {self.node}"
        return f"{self.part.value}[{self.index}]{node}: {self.rule.text} (found {self.found})"


@dataclass(frozen=True, slots=True)
class ValueMalformed:
    """Bytes or JSON are no canonical form of a value of the type expected."""

    code: ClassVar[str] = "ir.value_malformed"
    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the value is not canonical: {self.reason}"
