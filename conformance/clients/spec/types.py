"""The types that codec and root methods speak of, by name.

Elementary types cover what the protocol's own types use but rarely, so that a codec can be finished
before the first transaction is.
"""

from typing import Any, Final

from conformance.clients.spec.answers import RequestError
from spec.config.chain import CHAIN_CONFIG, GENESIS
from spec.ledger.ops import (
    COMMIT,
    DOUBLE_FFG_VOTE,
    DOUBLE_PRODUCTION,
    DOUBLE_PROPOSAL,
    DOUBLE_VOTE,
    FFG_VOTE,
    ROUND_VOTE,
)
from spec.ledger.types import (
    ACCOUNT,
    BLOCK,
    BODY,
    HEADER,
    RECEIPT,
    SIGNED_TRANSACTION,
    SUPPLY,
    TRANSACTION,
)
from spec.lib.ssz import (
    Bitlist,
    Bitvector,
    Boolean,
    ByteList,
    ByteVector,
    Descriptor,
    List,
    Uint,
    Vector,
)

ELEMENTARY: Final[dict[str, Descriptor[Any]]] = {
    "uint8": Uint(8),
    "uint16": Uint(16),
    "uint32": Uint(32),
    "uint64": Uint(64),
    "uint128": Uint(128),
    "uint256": Uint(256),
    "boolean": Boolean(),
    "bytes32": ByteVector(32),
    "byte_list_5": ByteList(5),
    "bitvector_10": Bitvector(10),
    "bitvector_16": Bitvector(16),
    "bitlist_10": Bitlist(10),
    "vector_uint16_3": Vector(Uint(16), 3),
    "list_uint16_3": List(Uint(16), 3),
    "list_byte_list_5_3": List(ByteList(5), 3),
    "vector_byte_list_5_2": Vector(ByteList(5), 2),
}
OF_PROTOCOL: Final[dict[str, Descriptor[Any]]] = {
    "account": ACCOUNT,
    "supply": SUPPLY,
    "transaction": TRANSACTION,
    "signed_transaction": SIGNED_TRANSACTION,
    "header": HEADER,
    "body": BODY,
    "block": BLOCK,
    "receipt": RECEIPT,
    "round_vote": ROUND_VOTE,
    "commit": COMMIT,
    "double_vote": DOUBLE_VOTE,
    "ffg_vote": FFG_VOTE,
    "double_ffg_vote": DOUBLE_FFG_VOTE,
    "double_production": DOUBLE_PRODUCTION,
    "double_proposal": DOUBLE_PROPOSAL,
    "chain_config": CHAIN_CONFIG,
    "genesis": GENESIS,
}
_TYPES: Final = {**ELEMENTARY, **OF_PROTOCOL}


def get_type(name: object) -> Descriptor[Any]:
    """The type of a name.

    Raises:
        RequestError: there is none.
    """
    found = _TYPES.get(str(name))
    if found is None:
        raise RequestError(f"there is no type {name!r}")
    return found
