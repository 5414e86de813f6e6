"""Signatures in models: to the solver a predicate, in a replay what a real key signs.

To a proof it does not matter when a signature is accepted. A model that is to be replayed must show
one: there every accepted signature is Ed25519's, by an account of tests, and once the digest is
known that account really signs it.
"""

from collections.abc import Iterable, Mapping

from dsl.accounts import compute_account_address, find_account, get_public_key, sign_permit
from dsl.names import ACCOUNTS
from dsl.verify.terms import Pool, Term
from spec.crypto.signature_sizes import ED25519
from spec.ir.syntax import PrimOp

SIGNERS = ACCOUNTS[:3]
"""Accounts that sign in replays."""
WORD_BYTES = 32
"""Of an address, a digest and a genesis id."""


def find_scheme(functions: Mapping[tuple[object, ...], int], term: Term) -> int | None:
    """The scheme of a term that says whether a signature is accepted, None for other terms."""
    if term.symbol is None or term.symbol.group != "predicate":
        return None
    for key, number in functions.items():
        if number == term.symbol.key[0] and key[0] is PrimOp.VERIFY_SIGNATURE:
            immediates = key[1]
            assert isinstance(immediates, tuple), "the scheme is an immediate"
            return int(immediates[0])
    return None


def list_signable(
    pool: Pool, functions: Mapping[tuple[object, ...], int], terms: Iterable[Term]
) -> list[Term]:
    """That every signature that is accepted can be made by one of `SIGNERS`."""
    facts: list[Term] = []
    for term in terms:
        scheme = find_scheme(functions, term)
        if scheme is None:
            continue
        is_refused = pool.equal(term, pool.zero)
        if scheme != ED25519:
            facts.append(is_refused)
            continue
        address, _, key, _ = term.args
        ways = (
            pool.and_(
                pool.equal(address, _make_number(pool, compute_account_address(name))),
                pool.equal(key, _make_number(pool, get_public_key(name))),
            )
            for name in SIGNERS
        )
        facts.append(pool.or_(is_refused, *ways))
    return facts


def _make_number(pool: Pool, data: bytes) -> Term:
    return pool.number(int.from_bytes(data, "big"))


def make_signature(address: int, digest: int, genesis: int) -> int | None:
    """The signature of a digest by the account of an address, None if it is none of tests."""
    account = find_account(address.to_bytes(WORD_BYTES, "big"))
    if account is None:
        return None
    signed = digest.to_bytes(WORD_BYTES, "big"), genesis.to_bytes(WORD_BYTES, "big")
    return int.from_bytes(sign_permit(account, *signed), "big")
