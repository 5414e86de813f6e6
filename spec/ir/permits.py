"""What a signed action asks its signer to sign.

An action `… signed by owner` is an ordinary function whose last parameter is a record

    nonce       u64, the signer's next one in this contract
    deadline    u64, the last time (ms) at which the permission counts
    signature   an enum by scheme: Ed25519, Secp256k1, MlDsa65, each with (public key, signature)

Its guard fails unless `now <= deadline`, the nonce is the stored one and `VERIFY_SIGNATURE`
accepts; its body begins by raising the stored nonce. The digest that is verified is the typed
hash, in the domain `PERMIT_DOMAIN`, of the contract's address, the function's selector, every
other parameter in order, the nonce and the deadline. The signing root adds the domain of permits
and the chain's genesis id (`operators.is_signed`), so a permission counts for one contract, action,
set of arguments, nonce and chain.

Source: LANGUAGE.md 2 (signed actions); record 0125.
"""

from spec.ir.linked import LinkedFunction, LinkedModule
from spec.ir.operators import compute_hash
from spec.ir.syntax import PERMIT_DOMAIN, AddressType, BytesType, UintType
from spec.ir.values import Value

SELECTOR_SIZE_BYTES = 8


def compute_permit_digest(
    linked: LinkedModule,
    function: LinkedFunction,
    contract: bytes,
    arguments: tuple[Value, ...],
    moment: tuple[int, int],
) -> bytes:
    """The 32 bytes that the signer's key signs, as the object root of a permit.

    Args:
        linked: the contract's module.
        function: the signed action.
        contract: the contract's address, 32 bytes.
        arguments: of all parameters but the last.
        moment: the nonce (u64) and the deadline (u64, ms).
    """
    kinds = function.params[:-1]
    return compute_hash(
        linked,
        PERMIT_DOMAIN,
        (AddressType(), BytesType(SELECTOR_SIZE_BYTES), *kinds, UintType(64), UintType(64)),
        (contract, function.declared.selector, *arguments, *moment),
    )
