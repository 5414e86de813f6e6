"""The SSZ type of a module, of everything in it, and of every node kind.

Numbers are as narrow as their limits let them be: indices, counts and tags have 16 bits, sizes and
the range of a fold 32, gas 64, what an `IntEnum` names 8. The selector of a type or node is its
place in the list here, which is that of `syntax`.

Source: DESIGN.md 2.3 (SSZ is the one encoding); decision record 0043.
"""

from spec.ir.syntax import (
    AddressType,
    Agg,
    Aggregate,
    BoolType,
    BytesType,
    Call,
    Cell,
    Check,
    CodeSection,
    Collect,
    Const,
    Context,
    Emit,
    EnumType,
    Error,
    Event,
    Fail,
    Field,
    Fold,
    ForAll,
    Function,
    FunctionSpec,
    Get,
    If,
    Interface,
    Item,
    Join,
    Leave,
    ListType,
    Literal,
    MakeList,
    MakeRecord,
    MapType,
    Match,
    Member,
    MessageType,
    Modified,
    Module,
    Next,
    Node,
    Out,
    Param,
    Pay,
    Payload,
    Prim,
    Property,
    RecordType,
    Scope,
    Send,
    Set,
    SpecSection,
    StringType,
    Type,
    UintType,
    Update,
    Var,
    Variant,
)
from spec.lib.ssz import Boolean, ByteList, ByteVector, Container, List, Uint, Union
from spec.limits import (
    IR_AGGREGATE_KEYS_MAX,
    IR_AGGREGATES_MAX,
    IR_CELLS_MAX,
    IR_ERRORS_MAX,
    IR_EVENTS_MAX,
    IR_FUNCTIONS_MAX,
    IR_IMMEDIATES_MAX,
    IR_INTERFACES_MAX,
    IR_LITERALS_MAX,
    IR_MAP_DEPTH_MAX,
    IR_MEMBERS_MAX,
    IR_MODIFIED_MAX,
    IR_NODES_MAX,
    IR_OPERANDS_MAX,
    IR_PARAMS_MAX,
    IR_PROPERTIES_MAX,
    IR_TYPE_DEPTH_MAX,
    IR_TYPE_FIELDS_MAX,
    IR_TYPES_MAX,
    IR_VALUE_SIZE_BYTES_MAX,
)

U8 = Uint(8)
U16 = Uint(16)
U32 = Uint(32)
U64 = Uint(64)
FLAG = Boolean()
SELECTOR = ByteVector(8)
FIELDS = List(U16, IR_TYPE_FIELDS_MAX)
MEMBERS = List(FIELDS, IR_TYPE_FIELDS_MAX)
COUNTS = List(U16, IR_TYPE_FIELDS_MAX)
OPERANDS = List(U16, IR_OPERANDS_MAX)
IMMEDIATES = List(U32, IR_IMMEDIATES_MAX)
PATH = List(U16, IR_TYPE_DEPTH_MAX)
QUANTIFIED = List(U16, IR_AGGREGATE_KEYS_MAX)
PARAMS = List(U16, IR_PARAMS_MAX)
RESULT = List(U16, 1)

# Types

UINT_TYPE = Container(UintType, (("bits", U16),))
BOOL_TYPE = Container(BoolType, ())
ADDRESS_TYPE = Container(AddressType, ())
BYTES_TYPE = Container(BytesType, (("size_bytes", U32),))
STRING_TYPE = Container(StringType, (("size_bytes_max", U32),))
ENUM_TYPE = Container(EnumType, (("members", MEMBERS),))
RECORD_TYPE = Container(RecordType, (("fields", FIELDS),))
LIST_TYPE = Container(ListType, (("element", U16), ("length_max", U32)))
MAP_TYPE = Container(MapType, (("key", U16), ("value", U16)))
MESSAGE_TYPE = Container(MessageType, (("size_bytes_max", U32),))
TYPE: Union[Type] = Union(
    (
        (UintType, UINT_TYPE),
        (BoolType, BOOL_TYPE),
        (AddressType, ADDRESS_TYPE),
        (BytesType, BYTES_TYPE),
        (StringType, STRING_TYPE),
        (EnumType, ENUM_TYPE),
        (RecordType, RECORD_TYPE),
        (ListType, LIST_TYPE),
        (MapType, MAP_TYPE),
        (MessageType, MESSAGE_TYPE),
    )
)

# Nodes

CONST = Container(Const, (("literal", U16),))
PARAM = Container(Param, (("index", U16),))
CONTEXT = Container(Context, (("which", U8),))
PRIM = Container(Prim, (("op", U8), ("immediates", IMMEDIATES), ("args", OPERANDS)))
CHECK = Container(Check, (("type", U16), ("value", U16)))
MAKE_RECORD = Container(MakeRecord, (("type", U16), ("args", OPERANDS)))
FIELD = Container(Field, (("value", U16), ("index", U16)))
VARIANT = Container(Variant, (("type", U16), ("tag", U16), ("args", OPERANDS)))
PAYLOAD = Container(Payload, (("value", U16), ("tag", U16), ("index", U16)))
MAKE_LIST = Container(MakeList, (("type", U16), ("args", OPERANDS)))
ITEM = Container(Item, (("value", U16), ("index", U16)))
GET = Container(Get, (("cell", U16), ("when", U8), ("keys", OPERANDS), ("fields", PATH)))
SET_ = Container(Set, (("cell", U16), ("keys", OPERANDS), ("fields", PATH), ("value", U16)))
UPDATE = Container(
    Update, (("cell", U16), ("keys", OPERANDS), ("fields", PATH), ("sign", U8), ("amount", U16))
)
IF = Container(If, (("condition", U16), ("then_count", U16), ("else_count", U16)))
MATCH = Container(Match, (("subject", U16), ("arm_counts", COUNTS)))
JOIN = Container(Join, (("header", U16), ("values", OPERANDS)))
FOLD = Container(
    Fold,
    (("source", U16), ("low", U32), ("high", U32), ("initials", OPERANDS), ("body_count", U16)),
)
VAR = Container(Var, (("header", U16), ("index", U16)))
NEXT = Container(Next, (("header", U16), ("values", OPERANDS)))
SCOPE = Container(Scope, (("body_count", U16),))
LEAVE = Container(Leave, (("header", U16), ("values", OPERANDS)))
OUT = Container(Out, (("header", U16), ("index", U16)))
FAIL = Container(Fail, (("condition", U16), ("error", U16), ("args", OPERANDS)))
PAY = Container(Pay, (("to", U16), ("amount", U16)))
COLLECT = Container(Collect, ())
CALL = Container(
    Call,
    (
        ("interface", U16),
        ("member", U16),
        ("target", U16),
        ("args", OPERANDS),
        ("gas", U64),
        ("value", U16),
    ),
)
SEND = Container(Send, (("message", U16), ("gas", U64)))
EMIT = Container(Emit, (("event", U16), ("args", OPERANDS)))
FOR_ALL = Container(ForAll, (("types", QUANTIFIED), ("body_count", U16)))
AGG = Container(Agg, (("aggregate", U16), ("when", U8), ("args", OPERANDS)))
NODE: Union[Node] = Union(
    (
        (Const, CONST),
        (Param, PARAM),
        (Context, CONTEXT),
        (Prim, PRIM),
        (Check, CHECK),
        (MakeRecord, MAKE_RECORD),
        (Field, FIELD),
        (Variant, VARIANT),
        (Payload, PAYLOAD),
        (MakeList, MAKE_LIST),
        (Item, ITEM),
        (Get, GET),
        (Set, SET_),
        (Update, UPDATE),
        (If, IF),
        (Match, MATCH),
        (Join, JOIN),
        (Fold, FOLD),
        (Var, VAR),
        (Next, NEXT),
        (Scope, SCOPE),
        (Leave, LEAVE),
        (Out, OUT),
        (Fail, FAIL),
        (Pay, PAY),
        (Collect, COLLECT),
        (Call, CALL),
        (Send, SEND),
        (Emit, EMIT),
        (ForAll, FOR_ALL),
        (Agg, AGG),
    )
)
CODE = List(NODE, IR_NODES_MAX)

# The code section

LITERAL = Container(Literal, (("type", U16), ("data", ByteList(IR_VALUE_SIZE_BYTES_MAX))))
MEMBER = Container(
    Member, (("selector", SELECTOR), ("params", PARAMS), ("result", RESULT), ("is_view", FLAG))
)
INTERFACE = Container(Interface, (("members", List(MEMBER, IR_MEMBERS_MAX)),))
CELL = Container(Cell, (("type", U16), ("is_checkpointed", FLAG)))
EVENT = Container(Event, (("fields", FIELDS),))
ERROR = Container(Error, (("fields", FIELDS),))
FUNCTION = Container(
    Function,
    (
        ("kind", U8),
        ("selector", SELECTOR),
        ("params", PARAMS),
        ("result", RESULT),
        ("is_payable", FLAG),
        ("guard_count", U16),
        ("code", CODE),
    ),
)
TYPES = List(TYPE, IR_TYPES_MAX)
LITERALS = List(LITERAL, IR_LITERALS_MAX)
CODE_SECTION = Container(
    CodeSection,
    (
        ("version", U16),
        ("types", TYPES),
        ("literals", LITERALS),
        ("interfaces", List(INTERFACE, IR_INTERFACES_MAX)),
        ("cells", List(CELL, IR_CELLS_MAX)),
        ("events", List(EVENT, IR_EVENTS_MAX)),
        ("errors", List(ERROR, IR_ERRORS_MAX)),
        ("functions", List(FUNCTION, IR_FUNCTIONS_MAX)),
    ),
)

# The spec section

AGGREGATE = Container(Aggregate, (("params", PARAMS), ("keys", QUANTIFIED), ("body", CODE)))
PROPERTY = Container(Property, (("code", CODE), ("is_lemma", FLAG)))
PROPERTIES = List(PROPERTY, IR_PROPERTIES_MAX)
MODIFIED = Container(
    Modified, (("cell", U16), ("keys", List(CODE, IR_MAP_DEPTH_MAX)), ("fields", PATH))
)
FUNCTION_SPEC = Container(
    FunctionSpec,
    (
        ("is_complete", FLAG),
        ("open_errors", List(U16, IR_MODIFIED_MAX)),
        ("has_frame", FLAG),
        ("modifies", List(MODIFIED, IR_MODIFIED_MAX)),
        ("ensures", List(CODE, IR_PROPERTIES_MAX)),
    ),
)
SPEC_SECTION = Container(
    SpecSection,
    (
        ("types", TYPES),
        ("literals", LITERALS),
        ("aggregates", List(AGGREGATE, IR_AGGREGATES_MAX)),
        ("functions", List(FUNCTION_SPEC, IR_FUNCTIONS_MAX)),
        ("invariants", PROPERTIES),
        ("transitions", PROPERTIES),
    ),
)
MODULE = Container(Module, (("code", CODE_SECTION), ("spec", SPEC_SECTION)))
