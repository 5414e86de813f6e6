"""Signed actions: `action permit(owner: address, …) signed by owner`.

Anybody may submit such a call; the owner's signature is what counts. The compiler adds the last
parameter, three declared failures in front of all others, and the step of the owner's nonce; the
cell `nonces`, the view `nonce(owner)` and a transition come with the first signed action. What is
signed, and how, is `spec.ir.permits`. To the verifier acceptance is an uninterpreted predicate.
"""

from collections.abc import Sequence

from dsl import ast_members as decl
from dsl import typed
from dsl.lower_pool import compute_selector
from dsl.names import Program, Scope
from dsl.source import Span
from dsl.types import (
    ADDRESS,
    BOOL,
    INT,
    U64,
    AddressType,
    BytesType,
    EnumMember,
    EnumType,
    MapType,
    RecordType,
    Type,
    compute_max,
)
from spec.crypto.signature_sizes import ED25519_SIZES, ML_DSA_65_SIZES, SECP256K1_SIZES

NONCES = "nonces"
"""The cell that counts each signer's permissions."""
SIGNED = "signed"
"""The parameter that the compiler adds; authors can't use the word as a name."""
SCHEMES = (("Ed25519", ED25519_SIZES), ("Secp256k1", SECP256K1_SIZES), ("MlDsa65", ML_DSA_65_SIZES))
"""The members of `Signature`, in order, and the schemes they stand for."""
SIGNATURE = EnumType(
    "Signature",
    tuple(
        EnumMember(
            name,
            (
                ("key", BytesType(sizes.public_key_size_bytes)),
                ("signature", BytesType(sizes.signature_size_bytes)),
            ),
        )
        for name, sizes in SCHEMES
    ),
    None,
)
PROOF = RecordType("Signed", (("nonce", U64), ("deadline", U64), ("signature", SIGNATURE)))
"""Type of the parameter."""
PARTS = 256
"""A bound on the parts of these types, 32 bytes counting as one."""
ERRORS: tuple[tuple[str, tuple[tuple[str, Type], ...]], ...] = (
    ("SignatureExpired", (("deadline", U64),)),
    ("WrongNonce", (("expected", U64),)),
    ("BadSignature", ()),
)
"""Errors of every contract that has signed actions."""
_MEMBERS = """contract Generated:
    view nonce(owner: address) -> u64:
        return nonces[owner]
"""


def get_signed_source() -> str:
    """Return the source of the members that come with signed actions."""
    return _MEMBERS


def find_signed(members: Sequence[decl.Declaration]) -> list[decl.Function]:
    """Return the signed actions among members."""
    return [each for each in members if isinstance(each, decl.Function) and each.signed]


def declare_signed(program: Program, span: Span) -> None:
    """Add what signed actions share: types, errors, and the cell of nonces.

    A name that the contract declares itself has been reported, and its declaration stays.
    """
    for named in (SIGNATURE, PROOF):
        program.types.setdefault(named.name, named)
        program.measures.setdefault(named.name, (3, PARTS))
        program.type_spans.setdefault(named.name, span)
        program.used.add(named.name)
    for name, params in ERRORS:
        program.errors.setdefault(name, typed.Signature(span, name, params))
        program.used.add(name)
    program.cell_numbers[NONCES] = len(program.cells)
    kind = MapType(ADDRESS, U64)
    program.cells.append(typed.Cell(span, NONCES, kind, role=True, checkpointed=False))
    program.used.add(NONCES)


def find_signer(program: Program, node: decl.Function, scope: Scope) -> typed.Local | None:
    """Return the parameter that a signed action names, None (reported) if it is none."""
    if len(node.signed) > 1:
        program.report("QC0452", "an action is signed by one account", node.signed[1].span)
    name = node.signed[0].name
    local = scope.locals.get(name.text)
    if local is None:
        known = [each.name.text for each in node.params]
        program.report_unknown(name.text, name.span, known, "parameter")
        return None
    if not isinstance(local.type, AddressType):
        message = f"`{name.text}` is no address, so it can't sign"
        program.report("QC0452", message, name.span, "name a parameter of type address")
        return None
    program.used_locals.add(local.id)
    return local


def make_signed_guard(
    program: Program, node: decl.Function, params: Sequence[typed.Local], signer: typed.Local
) -> tuple[typed.Stmt, ...]:
    """Return the failures of a signed action: too late, another nonce, no signature.

    `params` are all parameters, the compiler's own last.
    """
    span = node.signed[0].span
    proof = typed.Use(span, PROOF, params[-1])
    nonce = typed.FieldOf(span, U64, proof, 0)
    deadline = typed.FieldOf(span, U64, proof, 1)
    owner = typed.Use(span, ADDRESS, signer)
    stored = read_nonce(program, span, owner, old=False)
    last = typed.Constant(span, U64, compute_max(U64))
    in_time = typed.Prim(span, BOOL, "le", (typed.Context(span, U64, "now"), deadline))
    is_next = typed.Prim(span, BOOL, "eq", (nonce, stored))
    can_step = typed.Prim(span, BOOL, "lt", (nonce, last))
    selector = compute_selector(node.name.text, [each.type for each in params])
    digest = program.make_local("permit_digest", BytesType(32))
    hashed: tuple[typed.Expr, ...] = (
        typed.Context(span, ADDRESS, "this"),
        typed.Constant(span, BytesType(len(selector)), selector),
        *(typed.Use(span, each.type, each) for each in params[:-1]),
        nonce,
        deadline,
    )
    shown = f"signed by {signer.name}"

    def fail(holds: typed.Expr, error: str, args: tuple[typed.Expr, ...]) -> typed.Stmt:
        return typed.Fail(span, holds, error, args, declared=True, text=shown)

    return (
        fail(in_time, "SignatureExpired", (deadline,)),
        fail(typed.Logic(span, BOOL, True, is_next, can_step), "WrongNonce", (stored,)),
        typed.Let(span, digest, typed.Prim(span, BytesType(32), "permit_digest", hashed)),
        fail(_verify(program, span, proof, (owner, digest)), "BadSignature", ()),
    )


def _verify(
    program: Program, span: Span, proof: typed.Expr, about: tuple[typed.Expr, typed.Local]
) -> typed.Expr:
    owner, digest = about
    arms: list[tuple[tuple[typed.Local, ...], typed.Expr]] = []
    for member, (_, sizes) in zip(SIGNATURE.members, SCHEMES, strict=True):
        locals_ = tuple(program.make_local(name, kind) for name, kind in member.fields)
        parts = tuple(typed.Use(span, each.type, each) for each in locals_)
        operands = (owner, typed.Use(span, digest.type, digest), *parts)
        arms.append((locals_, typed.Prim(span, BOOL, f"is_signed_{sizes.number}", operands)))
    return typed.MatchValue(span, BOOL, typed.FieldOf(span, SIGNATURE, proof, 2), tuple(arms))


def make_nonce_step(program: Program, span: Span, signer: typed.Local) -> typed.Stmt:
    """Return what a signed action does first: the signer's nonce rises by one."""
    owner = typed.Use(span, ADDRESS, signer)
    place = read_nonce(program, span, owner, old=False)
    return typed.Update(span, place, minus=False, amount=typed.Constant(span, U64, 1))


def read_nonce(program: Program, span: Span, owner: typed.Expr, *, old: bool) -> typed.Read:
    """Return the nonce of an account."""
    return typed.Read(span, U64, program.cell_numbers[NONCES], (owner,), (), old)


def make_step_claim(program: Program, names: tuple[str, ...], span: Span) -> typed.Claim:
    """Return the transition that comes along: nonces rise one by one, by signed actions alone."""
    who = program.make_local("owner", ADDRESS)
    owner = typed.Use(span, ADDRESS, who)
    now = read_nonce(program, span, owner, old=False)
    old = read_nonce(program, span, owner, old=True)
    is_same = typed.Prim(span, BOOL, "eq", (now, old))
    more = typed.Prim(span, INT, "add", (old, typed.Constant(span, U64, 1)))
    steps = typed.Prim(span, BOOL, "eq", (now, more))
    by_signed = typed.ActionIn(span, BOOL, names)
    moved = typed.Logic(span, BOOL, True, steps, by_signed)
    condition = typed.ForAll(span, BOOL, (who,), typed.Logic(span, BOOL, False, is_same, moved))
    text = f"nonces rise one by one, by {', '.join(names)} alone"
    return typed.Claim(span, "nonces_step_by_signature", text, condition, lemma=False)


def make_authorized(
    program: Program, span: Span, who: typed.Expr, *, has_old: bool, signer: typed.Local | None
) -> typed.Expr | None:
    """Return that an account has signed, None where signatures play no part.

    A permission was used exactly where the account's nonce has risen.
    """
    if has_old and NONCES in program.cell_numbers:
        now = read_nonce(program, span, who, old=False)
        old = read_nonce(program, span, who, old=True)
        return typed.Prim(span, BOOL, "lt", (old, now))
    if signer is None:
        return None
    return typed.Prim(span, BOOL, "eq", (who, typed.Use(span, ADDRESS, signer)))
