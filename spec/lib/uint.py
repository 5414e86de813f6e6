"""The greatest values of unsigned numbers of each width.

A number is an `int` whose width is checked where it comes in: by the codec, by `validate_`
functions. What a number means has a NewType of its own in the chapter that owns it.
"""

U8_MAX = (1 << 8) - 1
U16_MAX = (1 << 16) - 1
U32_MAX = (1 << 32) - 1
U64_MAX = (1 << 64) - 1
U128_MAX = (1 << 128) - 1
U256_MAX = (1 << 256) - 1
