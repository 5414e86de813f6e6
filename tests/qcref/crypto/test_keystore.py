"""Key files: what other wallets wrote opens, one wrong bit doesn't, and no cost is unbounded."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcref.crypto.derivation import Pbkdf2, Scrypt, validate_derivation
from qcref.crypto.errors import (
    CostOutOfRange,
    KeyMismatch,
    NotKeystore,
    PassphraseWrong,
)
from qcref.crypto.keystore import decode_sealed, open_foreign_key, open_key, seal_key
from spec.crypto.signing import SECP256K1
from spec.crypto.signing_keys import SecretKey
from spec.lib.result import Err, Ok
from tests.foreign import get_vectors

CHEAP = Scrypt(n=2, r=1, p=1)
SEED = bytes(range(1, 33))
PASSPHRASE = "correct horse"
ENTROPY = bytes(range(64))


def _seal(scheme: int = 1) -> str:
    return seal_key(SecretKey(scheme, SEED), PASSPHRASE, CHEAP, ENTROPY)


def _change(path: str, value: object) -> str:
    """A good file with one field replaced, or removed where the value is `...`."""
    document: dict[str, Any] = json.loads(_seal())
    parent: dict[str, Any] = document
    *folders, name = path.split(".")
    for folder in folders:
        parent = parent[folder]
    if value is ...:
        del parent[name]
    else:
        parent[name] = value
    return json.dumps(document)


def test_files_of_other_wallets_open() -> None:
    cases = json.loads((get_vectors("keystore_v3") / "basic_tests.json").read_text())
    assert len(cases) == 5
    for name, case in cases.items():
        text = json.dumps(case["json"])
        expected = SecretKey(SECP256K1, bytes.fromhex(case["priv"]))
        assert open_foreign_key(text, case["password"]) == Ok(expected), name
        wrong = case["password"] + " "
        assert open_foreign_key(text, wrong) == Err(PassphraseWrong()), name


def test_files_of_bls_keys_are_refused_by_version() -> None:
    for path in sorted(get_vectors("eip2335_keystore").glob("test*.json")):
        assert open_key(path.read_text(), "any") == Err(NotKeystore("version", "3"))


@pytest.mark.parametrize("scheme", [1, 2, 3])
@pytest.mark.parametrize("derivation", [CHEAP, Pbkdf2(rounds=1)])
def test_opening_undoes_sealing(scheme: int, derivation: Scrypt | Pbkdf2) -> None:
    key = SecretKey(scheme, SEED)
    text = seal_key(key, PASSPHRASE, derivation, ENTROPY)
    assert open_key(text, PASSPHRASE) == Ok(key)
    assert open_key(text, PASSPHRASE.upper()) == Err(PassphraseWrong())
    sealed = decode_sealed(text)
    assert isinstance(sealed, Ok)
    assert (sealed.value.scheme, sealed.value.public_key) == (scheme, key.public_key)


def test_file_holds_neither_secret_nor_passphrase() -> None:
    text = _seal()
    assert SEED.hex() not in text
    assert PASSPHRASE not in text


@given(st.binary(min_size=64, max_size=64), st.text(min_size=1, max_size=20))
@settings(max_examples=30)
def test_any_passphrase_and_randomness_serve(entropy: bytes, passphrase: str) -> None:
    key = SecretKey(1, SEED)
    assert open_key(seal_key(key, passphrase, CHEAP, entropy), passphrase) == Ok(key)


@pytest.mark.parametrize("field", ["ciphertext", "mac", "kdfparams.salt"])
@pytest.mark.parametrize("bit", [0, 7, 100, 255])
def test_flipped_bit_of_what_the_mac_covers_is_noticed(field: str, bit: int) -> None:
    document: Any = json.loads(_seal())["crypto"]
    for name in field.split("."):
        document = document[name]
    data = bytearray.fromhex(document)
    data[bit // 8] ^= 1 << bit % 8
    assert open_key(_change(f"crypto.{field}", data.hex()), PASSPHRASE) == Err(PassphraseWrong())


def test_changed_iv_scheme_or_public_key_is_noticed_by_the_key() -> None:
    # The mac of the standard does not cover them; the public key does.
    for path, value in (
        ("crypto.cipherparams.iv", "00" * 16),
        ("scheme", 2),
        ("scheme", 9),
        ("public_key", "0x" + SecretKey(1, bytes(32)).public_key.hex()),
        ("public_key", "0x00"),
    ):
        assert open_key(_change(path, value), PASSPHRASE) == Err(KeyMismatch())


def test_secret_that_is_no_scalar_is_no_secp256k1_key() -> None:
    text = seal_key(SecretKey(1, bytes(32)), PASSPHRASE, CHEAP, ENTROPY)
    document = json.loads(text)
    del document["scheme"], document["public_key"]
    assert open_foreign_key(json.dumps(document), PASSPHRASE) == Err(KeyMismatch())


@pytest.mark.parametrize("missing", [["scheme"], ["public_key"], ["scheme", "public_key"]])
def test_lost_names_never_turn_a_key_into_another(missing: list[str]) -> None:
    document = json.loads(_seal())
    for name in missing:
        del document[name]
    result = open_key(json.dumps(document), PASSPHRASE)
    assert isinstance(result, Err)
    assert isinstance(result.error, NotKeystore)


def test_own_file_is_no_foreign_one() -> None:
    result = open_foreign_key(_seal(), PASSPHRASE)
    assert isinstance(result, Err)
    assert isinstance(result.error, NotKeystore)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 4),
        ("version", True),
        ("version", ...),
        ("crypto", []),
        ("crypto", ...),
        ("crypto.cipher", "aes-256-ctr"),
        ("crypto.cipherparams", None),
        ("crypto.cipherparams.iv", "00" * 15),
        ("crypto.ciphertext", "00" * 33),
        ("crypto.ciphertext", "zz" * 32),
        ("crypto.ciphertext", "\uff10\uff10" * 32),
        ("crypto.ciphertext", 5),
        ("crypto.mac", "00" * 31),
        ("crypto.kdf", "argon2id"),
        ("crypto.kdf", []),
        ("crypto.kdfparams.dklen", 16),
        ("crypto.kdfparams.n", "2"),
        ("crypto.kdfparams.n", True),
        ("crypto.kdfparams.n", ...),
        ("crypto.kdfparams.salt", "0"),
        ("scheme", "ed25519"),
        ("public_key", 3),
    ],
)
def test_malformed_field_is_named(path: str, value: object) -> None:
    result = open_key(_change(path, value), PASSPHRASE)
    assert isinstance(result, Err)
    assert isinstance(result.error, NotKeystore)
    assert result.error.field == path
    assert path in result.error.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 10_000,
        '{"a":' * 3_000,
        "9" * 5_000,
        '{"version": NaN}',
        '{"version": 3.0}',
        '{"version": 3, "version": 3}',
        " " * 20_000,
        '"\ud800"',
    ],
)
def test_text_that_is_no_json_of_ours_is_refused(text: str) -> None:
    result = open_key(text, PASSPHRASE)
    assert isinstance(result, Err)
    assert isinstance(result.error, NotKeystore)


@pytest.mark.parametrize(
    "derivation",
    [
        Scrypt(n=1, r=8, p=1),
        Scrypt(n=0, r=8, p=1),
        Scrypt(n=-2, r=8, p=1),
        Scrypt(n=3, r=8, p=1),
        Scrypt(n=1 << 21, r=1, p=1),
        Scrypt(n=1 << 18, r=9, p=1),
        Scrypt(n=1 << 18, r=8, p=5),
        Scrypt(n=2, r=0, p=1),
        Scrypt(n=2, r=33, p=1),
        Scrypt(n=2, r=1, p=17),
        Scrypt(n=2, r=1, p=0),
        Scrypt(n=1 << 4_000, r=1, p=1),
        Pbkdf2(rounds=0),
        Pbkdf2(rounds=10_000_001),
    ],
)
def test_cost_beyond_limits_is_refused_before_it_is_spent(derivation: Scrypt | Pbkdf2) -> None:
    error = validate_derivation(derivation)
    assert isinstance(error, CostOutOfRange)
    assert error.code == "keystore.cost_out_of_range"
    if isinstance(derivation, Scrypt):
        document = json.loads(_seal())
        document["crypto"]["kdfparams"] |= {
            "n": derivation.n,
            "r": derivation.r,
            "p": derivation.p,
        }
        assert open_key(json.dumps(document), PASSPHRASE) == Err(error)


@pytest.mark.parametrize("derivation", [Scrypt(1 << 18, 8, 1), Scrypt(1 << 18, 1, 8)])
def test_cost_that_wallets_choose_is_within_limits(derivation: Scrypt) -> None:
    assert validate_derivation(derivation) is None


@given(st.data())
@settings(max_examples=300)
def test_mutated_file_gives_the_key_or_an_error(data: st.DataObject) -> None:
    text = list(_seal())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place] = data.draw(st.sampled_from([*'0123456789abcdef{}[]",: ', "", "\0", "é"]))
    result = open_key("".join(text), PASSPHRASE)
    if isinstance(result, Ok):
        assert result.value == SecretKey(1, SEED)
    else:
        assert result.error.code.startswith("keystore.")
        assert SEED.hex() not in result.error.message
