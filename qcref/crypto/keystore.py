"""Encrypted keys as text: Web3 secret storage, version 3.

    derived    = scrypt or PBKDF2 (passphrase, salt), 32 bytes
    ciphertext = AES-128-CTR (derived[:16], iv, seed)
    mac        = Keccak-256 (derived[16:], ciphertext)

Beside the standard's fields a file names its scheme and public key, so that a wallet can list keys
without a passphrase; the mac doesn't cover them, so opening a file checks them against the secret.
A file of another program has neither and holds a secp256k1 key; it opens by a function of its own,
so that damage to the two fields never turns one key into another. This module computes only:
randomness comes in as an argument, and files are `keyfile`'s.

Source: Web3 Secret Storage Definition, version 3.
"""

import hmac
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from Crypto.Cipher import AES
from Crypto.Hash import keccak

from qcref.crypto.derivation import (
    DERIVED_SIZE_BYTES,
    SALT_SIZE_BYTES_MAX,
    Derivation,
    Pbkdf2,
    Scrypt,
    derive_key,
    validate_derivation,
)
from qcref.crypto.errors import KeyMismatch, KeystoreError, NotKeystore, PassphraseWrong
from spec.crypto.signing import SECP256K1
from spec.crypto.signing_keys import SEED_SIZE_BYTES, SecretKey, decode_secret_key
from spec.lib.result import Err, Ok, Result

VERSION: Final = 3
TEXT_SIZE_BYTES_MAX: Final = 16_384
"""A file with an ML-DSA public key has a third of it."""
BRACKETS_MAX: Final = 32
"""Opening brackets of a text, hence its depth; a key file has five."""
IV_SIZE_BYTES: Final = 16
MAC_SIZE_BYTES: Final = 32
ENTROPY_SIZE_BYTES: Final = 64
"""Randomness that a file takes: salt 32, iv 16, id 16."""
HEX: Final = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})*)")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a key file holds."""

    derivation: Derivation
    salt: bytes
    iv: bytes
    ciphertext: bytes
    mac: bytes
    scheme: int | None
    """Number of the signature scheme; None where the file is another program's."""
    public_key: bytes | None
    """None likewise."""


def seal_key(key: SecretKey, passphrase: str, derivation: Derivation, entropy: bytes) -> str:
    """The text of a key file, JSON with a final newline.

    Args:
        key: what is encrypted.
        passphrase: not empty.
        derivation: parameters within the limits of `validate_derivation`.
        entropy: 64 bytes never used for another file.
    """
    assert len(entropy) == ENTROPY_SIZE_BYTES, "a file takes 64 random bytes"
    salt, iv, file_id = entropy[:32], entropy[32:48], entropy[48:]
    derived = derive_key(derivation, passphrase.encode(), salt)
    ciphertext = _apply_cipher(derived, iv, key.seed)
    kdf, parameters = _render_derivation(derivation)
    document = {
        "version": VERSION,
        "id": str(uuid.UUID(bytes=file_id, version=4)),
        "scheme": key.scheme,
        "public_key": "0x" + key.public_key.hex(),
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": iv.hex()},
            "ciphertext": ciphertext.hex(),
            "kdf": kdf,
            "kdfparams": {"dklen": DERIVED_SIZE_BYTES, **parameters, "salt": salt.hex()},
            "mac": _compute_mac(derived, ciphertext).hex(),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def open_key(text: str, passphrase: str) -> Result[SecretKey, KeystoreError]:
    """The secret key of a key file's text.

    Ok: the key, which is that of the file's scheme and public key. Err: the text is no key file of
    ours, its derivation costs too much, the passphrase is another, or the secret is no such key.
    """
    sealed = decode_sealed(text)
    if isinstance(sealed, Err):
        return sealed
    if sealed.value.scheme is None or sealed.value.public_key is None:
        return Err(NotKeystore("scheme and public_key", "there; import other wallets' files"))
    key = _open_sealed(sealed.value, sealed.value.scheme, passphrase)
    if isinstance(key, Ok) and key.value.public_key != sealed.value.public_key:
        return Err(KeyMismatch())
    return key


def open_foreign_key(text: str, passphrase: str) -> Result[SecretKey, KeystoreError]:
    """The secp256k1 key of a text that another wallet wrote.

    Ok and Err: as `open_key`, but the file names neither scheme nor public key, so only the mac
    speaks for the secret.
    """
    sealed = decode_sealed(text)
    if isinstance(sealed, Err):
        return sealed
    if sealed.value.scheme is not None or sealed.value.public_key is not None:
        return Err(NotKeystore("scheme and public_key", "absent in another wallet's file"))
    return _open_sealed(sealed.value, SECP256K1, passphrase)


def _open_sealed(sealed: Sealed, scheme: int, passphrase: str) -> Result[SecretKey, KeystoreError]:
    derived = derive_key(sealed.derivation, passphrase.encode(), sealed.salt)
    if not hmac.compare_digest(_compute_mac(derived, sealed.ciphertext), sealed.mac):
        return Err(PassphraseWrong())
    key = decode_secret_key(scheme, _apply_cipher(derived, sealed.iv, sealed.ciphertext))
    return key if isinstance(key, Ok) else Err(KeyMismatch())


def _apply_cipher(derived: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-128 in counter mode, the iv being the first counter block: its own inverse."""
    cipher = AES.new(derived[:16], AES.MODE_CTR, nonce=b"", initial_value=iv)
    return cipher.encrypt(data)


def _compute_mac(derived: bytes, ciphertext: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=derived[16:32] + ciphertext).digest()


def _render_derivation(derivation: Derivation) -> tuple[str, dict[str, int | str]]:
    if isinstance(derivation, Pbkdf2):
        return "pbkdf2", {"c": derivation.rounds, "prf": "hmac-sha256"}
    return "scrypt", {"n": derivation.n, "r": derivation.r, "p": derivation.p}


# Reading


class _MalformedError(Exception):
    """A field is not what it must be; private to this section."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(field, expected)
        self.error = NotKeystore(field, expected)


def decode_sealed(text: str) -> Result[Sealed, KeystoreError]:
    """What a key file holds, without opening it.

    Args:
        text: any string; length and nesting are bounded before it is parsed.
    """
    if len(text) > TEXT_SIZE_BYTES_MAX:
        return Err(NotKeystore("the text", f"at most {TEXT_SIZE_BYTES_MAX} characters"))
    if text.count("{") + text.count("[") > BRACKETS_MAX:
        return Err(NotKeystore("the text", f"JSON with at most {BRACKETS_MAX} brackets"))
    try:
        document = json.loads(
            text,
            object_pairs_hook=_build_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except ValueError:
        return Err(NotKeystore("the text", "JSON"))
    except _MalformedError as malformed:
        return Err(malformed.error)
    try:
        sealed = _read_document(_require_object("the text", document))
    except _MalformedError as malformed:
        return Err(malformed.error)
    cost = validate_derivation(sealed.derivation)
    return Ok(sealed) if cost is None else Err(cost)


def _build_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise _MalformedError("an object", "one without repeated names")
    return built


def _refuse_number(_literal: str) -> NoReturn:
    raise _MalformedError("a number", "an integer")


def _read_document(document: Mapping[str, object]) -> Sealed:
    _require_text("version", document.get("version"), VERSION)
    crypto = _require_object("crypto", document.get("crypto", document.get("Crypto")))
    _require_text("crypto.cipher", crypto.get("cipher"), "aes-128-ctr")
    cipher = _require_object("crypto.cipherparams", crypto.get("cipherparams"))
    parameters = _require_object("crypto.kdfparams", crypto.get("kdfparams"))
    _require_text("crypto.kdfparams.dklen", parameters.get("dklen"), DERIVED_SIZE_BYTES)
    scheme, public_key = document.get("scheme"), document.get("public_key")
    return Sealed(
        derivation=_read_derivation(crypto.get("kdf"), parameters),
        salt=_require_bytes("crypto.kdfparams.salt", parameters, 0, SALT_SIZE_BYTES_MAX),
        iv=_require_bytes("crypto.cipherparams.iv", cipher, IV_SIZE_BYTES, IV_SIZE_BYTES),
        ciphertext=_require_bytes("crypto.ciphertext", crypto, SEED_SIZE_BYTES, SEED_SIZE_BYTES),
        mac=_require_bytes("crypto.mac", crypto, MAC_SIZE_BYTES, MAC_SIZE_BYTES),
        scheme=None if scheme is None else _require_integer("scheme", scheme),
        public_key=None
        if public_key is None
        else _require_bytes("public_key", document, 1, TEXT_SIZE_BYTES_MAX),
    )


def _read_derivation(name: object, parameters: Mapping[str, object]) -> Derivation:
    def read(field: str) -> int:
        return _require_integer(f"crypto.kdfparams.{field}", parameters.get(field))

    if name == "scrypt":
        return Scrypt(n=read("n"), r=read("r"), p=read("p"))
    if name == "pbkdf2":
        _require_text("crypto.kdfparams.prf", parameters.get("prf"), "hmac-sha256")
        return Pbkdf2(rounds=read("c"))
    raise _MalformedError("crypto.kdf", '"scrypt" or "pbkdf2"')


def _require_object(field: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _MalformedError(field, "an object")
    return value


def _require_text(field: str, value: object, expected: str | int) -> None:
    if isinstance(value, bool) or value != expected:
        raise _MalformedError(field, json.dumps(expected))


def _require_integer(field: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _MalformedError(field, "an integer")
    return value


def _require_bytes(field: str, parent: Mapping[str, object], low: int, high: int) -> bytes:
    """The hexadecimal bytes that the parent holds under the last name of the dotted field."""
    value = parent.get(field.rpartition(".")[2])
    match = HEX.fullmatch(value) if isinstance(value, str) else None
    if match is None or not low <= len(match[1]) // 2 <= high:
        size = f"{low}" if low == high else f"{low} to {high}"
        raise _MalformedError(field, f"{size} bytes in hexadecimal")
    return bytes.fromhex(match[1])
