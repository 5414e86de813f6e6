"""Mutated encodings: 10,000 in the fast lane, a million in the slow one."""

from random import Random
from typing import Final

import pytest

from spec.lib.result import Err
from spec.lib.ssz import Bitlist, Bitvector, Descriptor, List, Uint, Vector, encode
from spec.lib.trie import EMPTY
from spec.lib.trie_proof import TRIE_PROOF, compute_proof
from tests.spec.lib.test_ssz import CHOICE, OPTION, TEXTS, Mark, Pair, Texts, check_strict
from tests.spec.lib.test_ssz_proofs import LEDGER, VALUE
from tests.spec.lib.test_ssz_vectors import FIXED, STRUCTS, Complex, Fixed, Var

VAR: Final = Var(1, (2, 3), 4)
SAMPLES: Final[tuple[tuple[Descriptor[object], object], ...]] = (
    (LEDGER, VALUE),
    (TEXTS, Texts(b"ab", b"c")),
    (List(CHOICE, 4), (Mark(), Pair(1, b"x"), Mark())),
    (Vector(OPTION, 2), (None, Pair(2, b""))),
    (Bitlist(20), (True, False) * 9),
    (Bitvector(13), (True,) * 13),
    (List(List(List(Uint(8), 3), 3), 3), (((1,), (2, 3)), (), ((), ()))),
    (
        STRUCTS["ComplexTestStruct"],
        Complex(1, (2,), 3, b"d", VAR, (Fixed(1, 2, 3),) * 4, (VAR, VAR)),
    ),
    (List(FIXED, 3), (Fixed(1, 2, 3),)),
    (
        TRIE_PROOF,
        compute_proof(EMPTY.apply_batch([(bytes(32), b"v"), (b"\1" * 32, b"w")]), bytes(32)),
    ),
)
TELLING_BYTES: Final = (0, 1, 2, 3, 4, 5, 8, 12, 0x7F, 0x80, 0xFF)


def mutate(data: bytearray, random: Random) -> bytes:
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data) + 1)
        byte = random.choice((*TELLING_BYTES, random.randrange(256)))
        match random.randrange(4):
            case 0:
                data[at : at + 1] = bytes((byte,))
            case 1:
                del data[at : at + random.randint(1, 8)]
            case 2:
                data[at:at] = bytes((byte,)) * random.randint(1, 4)
            case _:
                data[at : at + 4] = (byte + random.choice((0, 0, 1 << 16))).to_bytes(4, "little")
    return bytes(data)


def run_campaign(count: int, seed: int) -> None:
    random = Random(seed)
    encodings = [(descriptor, encode(descriptor, value)) for descriptor, value in SAMPLES]
    refused = 0
    for _ in range(count):
        descriptor, encoded = random.choice(encodings)
        refused += isinstance(check_strict(descriptor, mutate(bytearray(encoded), random)), Err)
    assert count // 10 < refused < count - count // 100  # both answers are met, often


def test_ten_thousand_mutated_encodings_are_one_value_or_a_coded_error() -> None:
    run_campaign(10_000, seed=1)


@pytest.mark.slow
def test_a_million_mutated_encodings_are_one_value_or_a_coded_error() -> None:
    run_campaign(1_000_000, seed=2)
