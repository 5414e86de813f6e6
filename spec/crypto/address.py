"""Addresses: 32 bytes that say what they name, and their text.

    byte 0        kind: 1 a key, 2 a contract
    bytes 1..31   the first 31 bytes of a SHA-256 digest

    key        SHA-256( "qc/address/key" 00 | scheme, 1 byte | public key )
    contract   SHA-256( "qc/address/contract" 00 | deployer, 32 bytes | nonce, uint64 )

The nonce is little-endian. The tags end in a zero byte and neither begins the other, so no key's
preimage is a contract's. The kind stands in the address, so that a payment knows whether it goes to
a balance or to an inbox before the receiver exists. The text is bech32m with the chain's prefix: an
address of another chain, or a mistyped one, is refused where it is entered.

Source: DESIGN.md 2.10; docs/adr/0017-addresses-carry-their-kind.md.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from spec.crypto.bech32m import (
    Bech32m,
    Bech32mError,
    decode_bech32m,
    decode_symbols,
    encode_bech32m,
    encode_symbols,
)
from spec.crypto.hashing import sha256
from spec.lib.result import Err, Ok, Result

ADDRESS_SIZE_BYTES: Final = 32
"""Of every address."""
DIGEST_SIZE_BYTES: Final = 31
"""How much of the digest an address holds: 248 bits resist collisions up to 2^124 work."""
KEY_TAG: Final = b"qc/address/key\0"
CONTRACT_TAG: Final = b"qc/address/contract\0"


class AddressKind(IntEnum):
    """What an address names: its first byte."""

    KEY = 1
    """An account that a public key controls."""
    CONTRACT = 2
    """A contract, deployed or not yet."""


@dataclass(frozen=True, slots=True)
class AddressLengthWrong:
    """An address doesn't have 32 bytes."""

    code: ClassVar[str] = "address.length_wrong"
    found_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the address has {self.found_bytes} bytes, and an address has {ADDRESS_SIZE_BYTES}"


@dataclass(frozen=True, slots=True)
class AddressKindUnknown:
    """An address's first byte is no kind."""

    code: ClassVar[str] = "address.kind_unknown"
    kind: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the address begins with {self.kind}, and must with 1 (key) or 2 (contract)"


AddressError = AddressLengthWrong | AddressKindUnknown


@dataclass(frozen=True, slots=True)
class PrefixWrong:
    """A text is an address's on another chain."""

    code: ClassVar[str] = "address.prefix_wrong"
    found: str
    expected: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the address begins with {self.found!r}, and on this chain with {self.expected!r}"


AddressTextError = Bech32mError | PrefixWrong | AddressError


def validate_address(address: bytes) -> AddressError | None:
    """Why these bytes are no address, or None."""
    if len(address) != ADDRESS_SIZE_BYTES:
        return AddressLengthWrong(len(address))
    if address[0] not in (AddressKind.KEY, AddressKind.CONTRACT):
        return AddressKindUnknown(address[0])
    return None


def is_address(address: bytes) -> bool:
    """Whether these bytes are an address of either kind."""
    return validate_address(address) is None


def is_key_address(address: bytes) -> bool:
    """Whether these bytes are the address of a key."""
    return is_address(address) and address[0] == AddressKind.KEY


def is_contract_address(address: bytes) -> bool:
    """Whether these bytes are the address of a contract, deployed or not."""
    return is_address(address) and address[0] == AddressKind.CONTRACT


def compute_key_address(scheme: int, public_key: bytes) -> bytes:
    """The address, 32 bytes, of the account that a key controls.

    Args:
        scheme: number of the signature scheme, 1 to 255: one key under two schemes is two accounts.
        public_key: of the scheme's length.
    """
    digest = sha256(KEY_TAG, bytes([scheme]), public_key)
    return bytes([AddressKind.KEY]) + digest[:DIGEST_SIZE_BYTES]


def compute_contract_address(deployer: bytes, nonce: int) -> bytes:
    """The address, 32 bytes, of a contract.

    Args:
        deployer: address, 32 bytes.
        nonce: the deploying transaction's nonce, 64 bits.
    """
    assert len(deployer) == ADDRESS_SIZE_BYTES, "an address has 32 bytes"
    digest = sha256(CONTRACT_TAG, deployer, nonce.to_bytes(8, "little"))
    return bytes([AddressKind.CONTRACT]) + digest[:DIGEST_SIZE_BYTES]


def render_address(prefix: str, address: bytes) -> str:
    """The text of an address, in lower case.

    Args:
        prefix: the chain's, 1 to 16 letters a-z.
        address: 32 bytes.
    """
    return encode_bech32m(Bech32m(prefix, encode_symbols(address)))


def decode_address_text(prefix: str, text: str) -> Result[bytes, AddressTextError]:
    """The address that a text names on the chain of this prefix.

    Args:
        prefix: the chain's, 1 to 16 letters a-z.
        text: any string; all upper case is permitted, as bech32m has it.

    Ok: 32 bytes, of a known kind. Err: the first of: what `decode_bech32m` refuses, another prefix,
    symbols that are no whole bytes (`bech32m.padding_wrong`), the length, the kind.
    """
    parts = decode_bech32m(text)
    if isinstance(parts, Err):
        return parts
    if parts.value.prefix != prefix:
        return Err(PrefixWrong(parts.value.prefix, prefix))
    address = decode_symbols(parts.value.symbols)
    if isinstance(address, Err):
        return address
    error = validate_address(address.value)
    return Ok(address.value) if error is None else Err(error)
