"""The node's signature checks return what the specification's return: same verdict, same error."""

import itertools
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcref.crypto import signing as fast
from spec.crypto import signing as spec
from spec.crypto.signing import ED25519, ML_DSA_65, SECP256K1
from spec.crypto.signing_keys import compute_public_key, sign
from tests.foreign import ROOT
from tests.spec.crypto import forge
from tests.spec.crypto.wycheproof import Vector, read_ecdsa, read_ed25519

MESSAGE = b"a signing root of thirty-two by."
SEED = bytes(range(1, 33))


def _agree(scheme: int, key: bytes, message: bytes, signature: bytes) -> None:
    expected = spec.validate_signature(scheme, key, message, signature)
    assert fast.validate_signature(scheme, key, message, signature) == expected


def test_fast_libraries_are_what_is_tested_here() -> None:
    assert fast.get_backend_name(ED25519) == "libsodium"
    assert fast.get_backend_name(SECP256K1) == "libsecp256k1"
    assert fast.get_backend_name(ML_DSA_65) == "pycryptodome"
    assert fast.get_backend_name(0) is None


def _agree_on(vectors: tuple[Vector, ...]) -> None:
    for vector in vectors:
        if vector.signature is not None:
            _agree(vector.scheme, vector.public_key, vector.message, vector.signature)


def test_backends_agree_on_wycheproof_ed25519() -> None:
    _agree_on(read_ed25519())


@pytest.mark.parametrize("suite", ["", "_bitcoin", "_p1363"])
def test_backends_agree_on_wycheproof_ecdsa(suite: str) -> None:
    _agree_on(read_ecdsa(f"ecdsa_secp256k1_sha256{suite}_test"))


def test_backends_agree_on_small_and_not_canonical_points() -> None:
    key = compute_public_key(ED25519, SEED)
    signature = sign(ED25519, SEED, MESSAGE)
    odd = (
        *sorted(spec.ed25519.SMALL_ORDER_ENCODINGS),
        *forge.NOT_CANONICAL,
        (2).to_bytes(32, "little"),
    )
    for a, r in itertools.product((key, *odd), (signature[:32], *odd)):
        for s in (bytes(32), signature[32:], spec.ed25519.ORDER.to_bytes(32, "little")):
            _agree(ED25519, a, MESSAGE, r + s)


def test_backends_agree_without_the_cofactor() -> None:
    key = forge.make_torsioned_key()
    accepted = 0
    for nonce in range(1, 65):
        signature, holds = forge.sign_torsioned(nonce, MESSAGE)
        _agree(ED25519, key, MESSAGE, signature)
        accepted += holds
    assert 0 < accepted < 64


@pytest.mark.parametrize("scheme", [1, 2, 3])
@given(data=st.data())
@settings(max_examples=150)
def test_backends_agree_on_mutations(scheme: int, data: st.DataObject) -> None:
    """Flipped bits, cut and lengthened parts, and other bytes in place of a half."""
    key = compute_public_key(scheme, SEED)
    signature = sign(scheme, SEED, MESSAGE)
    _agree(scheme, _mutate(data, key), MESSAGE, _mutate(data, signature))


def _mutate(data: st.DataObject, original: bytes) -> bytes:
    kind = data.draw(st.sampled_from(["keep", "flip", "length", "half"]))
    if kind == "flip":
        changed = bytearray(original)
        for bit in data.draw(st.sets(st.integers(0, 8 * len(original) - 1), max_size=3)):
            changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)
    if kind == "length":
        return (original + bytes(8))[: data.draw(st.integers(0, len(original) + 8))]
    if kind == "half":
        half = data.draw(st.binary(min_size=32, max_size=32))
        return half + original[32:] if data.draw(st.booleans()) else original[:-32] + half
    return original


@given(st.integers(-1, 5), st.binary(max_size=70), st.binary(max_size=70))
def test_backends_agree_on_arbitrary_bytes(scheme: int, key: bytes, signature: bytes) -> None:
    _agree(scheme, key, MESSAGE, signature)


@given(st.binary(min_size=32, max_size=32), st.sampled_from([2, 3]))
@settings(max_examples=50)
def test_backends_agree_on_which_keys_are_on_the_curve(x: bytes, prefix: int) -> None:
    _agree(SECP256K1, bytes([prefix]) + x, MESSAGE, sign(SECP256K1, SEED, MESSAGE))
    _agree(ED25519, x, MESSAGE, sign(ED25519, SEED, MESSAGE))


def test_without_the_extra_the_specification_serves() -> None:
    program = """
import sys
sys.modules["nacl"] = sys.modules["coincurve"] = None
from qcref.crypto import signing
from spec.crypto.signing_keys import compute_public_key, sign
for scheme in (1, 2, 3):
    assert signing.get_backend_name(scheme) == "pycryptodome"
    key, signature = compute_public_key(scheme, b"s" * 32), sign(scheme, b"s" * 32, b"m")
    assert signing.validate_signature(scheme, key, b"m", signature) is None
    assert signing.validate_signature(scheme, key, b"n", signature) is not None
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_broken_library_is_reported_and_not_replaced() -> None:
    with pytest.raises(ModuleNotFoundError):
        fast._check_missing(ModuleNotFoundError("no cffi", name="_cffi_backend"), "nacl")
    fast._check_missing(ModuleNotFoundError("no nacl", name="nacl.bindings"), "nacl")
