import pytest

from spec.lib import uint
from spec.lib.result import Ok
from spec.lib.ssz import Uint, decode, encode

MAXIMA = {
    8: uint.U8_MAX,
    16: uint.U16_MAX,
    32: uint.U32_MAX,
    64: uint.U64_MAX,
    128: uint.U128_MAX,
    256: uint.U256_MAX,
}


@pytest.mark.parametrize("bits", list(MAXIMA))
def test_a_maximum_is_the_last_number_the_codec_takes(bits: int) -> None:
    encoded = encode(Uint(bits), MAXIMA[bits])
    assert encoded == b"\xff" * (bits // 8)
    assert decode(Uint(bits), encoded) == Ok(MAXIMA[bits])
    with pytest.raises(AssertionError):
        encode(Uint(bits), MAXIMA[bits] + 1)
