"""Long runs of seeded mutations; `make test-slow` runs the long ones, each has a short twin."""

from random import Random

import pytest

from qcref.crypto import signing as fast
from qcref.crypto.derivation import Scrypt
from qcref.crypto.keystore import open_key, seal_key
from spec.crypto import signing as spec
from spec.crypto.address import decode_address_text, render_address
from spec.crypto.signing_keys import SecretKey, compute_public_key, sign
from spec.lib.result import Err, Ok

short_and_long = pytest.mark.parametrize(
    "count", [10_000, pytest.param(1_000_000, marks=pytest.mark.slow)]
)
MESSAGE = b"a signing root of thirty-two by."
SEED = bytes(range(1, 33))


def _mutate(random: Random, original: bytes) -> bytes:
    data = bytearray(original)
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(data) + 1)
        match random.randrange(4):
            case 0:
                data[place : place + 1] = b""
            case 1:
                data[place:place] = random.randbytes(1)
            case 2 if place < len(data):
                data[place] ^= 1 << random.randrange(8)
            case _:
                data[place : place + 8] = random.randbytes(len(data[place : place + 8]))
    return bytes(data)


@short_and_long
def test_mutated_address_text_gives_the_address_or_an_error(count: int) -> None:
    random = Random(count)
    address = b"\1" + bytes(range(31))
    text = render_address("qcdev", address)
    for _ in range(count):
        result = decode_address_text("qcdev", _mutate(random, text.encode()).decode("latin-1"))
        assert isinstance(result, Err) or result == Ok(address)


@pytest.mark.parametrize("count", [2_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_mutated_key_file_gives_the_key_or_an_error(count: int) -> None:
    random = Random(count)
    key = SecretKey(1, SEED)
    text = seal_key(key, "secret", Scrypt(n=2, r=1, p=1), bytes(range(64))).encode()
    for _ in range(count):
        result = open_key(_mutate(random, text).decode("latin-1"), "secret")
        assert isinstance(result, Err) or result == Ok(key)


@pytest.mark.parametrize("scheme", [1, 2, 3])
@pytest.mark.parametrize("count", [300, pytest.param(100_000, marks=pytest.mark.slow)])
def test_backends_agree_on_mutated_keys_and_signatures(scheme: int, count: int) -> None:
    random = Random(count)
    key, signature = compute_public_key(scheme, SEED), sign(scheme, SEED, MESSAGE)
    for _ in range(count):
        parts = (
            (key, _mutate(random, signature))
            if random.random() < 0.7
            else (_mutate(random, key), signature)
        )
        arguments = (scheme, parts[0], MESSAGE, parts[1])
        assert fast.validate_signature(*arguments) == spec.validate_signature(*arguments)
