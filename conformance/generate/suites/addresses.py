"""Addresses, their text, and signing roots: level 2."""

from typing import Final

from conformance.clients.spec.answers import to_hex
from conformance.generate.case import ACCEPT, Case, Suite
from conformance.generate.suites.signing import ROOT, make_seed
from spec.crypto.address import compute_contract_address, compute_key_address, render_address
from spec.crypto.bech32m import ALPHABET, CHECKSUM_CONSTANT, Bech32m, encode_bech32m, encode_symbols
from spec.crypto.domains import Domain
from spec.crypto.hashing import sha256

KEY: Final = compute_key_address(1, sha256(b"a public key"))
CONTRACT: Final = compute_contract_address(KEY, 0)
PREFIX: Final = "qct"
TEXT: Final = render_address(PREFIX, KEY)
NONCE_MAX: Final = 2**64 - 1


def build() -> tuple[Suite, ...]:
    """The suites of addresses and signing roots."""
    return (
        Suite("hash/address", "hash", "hash", (*_build_derived(), *_build_checks())),
        Suite("hash/address_text", "hash", "hash", (*_build_texts(), *_build_bad_texts())),
        Suite("hash/signing_root", "hash", "hash", _build_signing_roots()),
    )


def _build_derived() -> tuple[Case, ...]:
    cases = []
    why = "The scheme is hashed too: one key under two schemes is two accounts."
    for name, scheme, size in (("ed25519", 1, 32), ("secp256k1", 2, 33), ("ml_dsa_65", 3, 1952)):
        key = (make_seed(name) * 61)[:size]
        args = {"scheme": scheme, "public_key": to_hex(key)}
        cases.append(Case(f"of_key_{name}", why, "derivation", "address.of_key", args))
    args = {"scheme": 2, "public_key": to_hex((make_seed("ed25519") * 61)[:32])}
    cases.append(Case("of_key_other_scheme", why, "derivation", "address.of_key", args))
    for name, deployer, nonce in (
        ("first", KEY, 0),
        ("second", KEY, 1),
        ("byte_order", KEY, 256),
        ("last", KEY, NONCE_MAX),
        ("by_contract", CONTRACT, 0),
    ):
        args = {"deployer": to_hex(deployer), "nonce": str(nonce)}
        why = "The nonce is eight bytes, little-endian, behind the deployer's address."
        cases.append(Case(f"of_contract_{name}", why, "derivation", "address.of_contract", args))
    return tuple(cases)


def _build_checks() -> tuple[Case, ...]:
    rows = (
        ("key", KEY, ACCEPT),
        ("contract", CONTRACT, ACCEPT),
        ("short", KEY[:31], "address.length_wrong"),
        ("long", KEY + b"\0", "address.length_wrong"),
        ("empty", b"", "address.length_wrong"),
        ("kind_0", b"\0" + KEY[1:], "address.kind_unknown"),
        ("kind_3", b"\3" + KEY[1:], "address.kind_unknown"),
        ("kind_255", b"\xff" + KEY[1:], "address.kind_unknown"),
    )
    why = "Coins sent to what is no address are lost."
    rules = ("address.kind_unknown", "address.length_wrong")
    return tuple(
        Case(
            f"check_{name}",
            why,
            "address",
            "address.check",
            {"address": to_hex(address)},
            expected,
            rules if expected == ACCEPT else (),
        )
        for name, address, expected in rows
    )


def _build_texts() -> tuple[Case, ...]:
    cases = []
    rules = ("bech32m.checksum_wrong", "address.prefix_wrong")
    for name, prefix, address in (
        ("key", PREFIX, KEY),
        ("contract", PREFIX, CONTRACT),
        ("other_prefix", "qcdev", KEY),
        ("long_prefix", "abcdefghijklmnop", KEY),
        ("prefix_with_1", "q1q", KEY),
        ("short_prefix", "q", KEY),
    ):
        args = {"prefix": prefix, "address": to_hex(address)}
        why = "The checksum is Bech32m's, not Bech32's."
        cases.append(Case(f"to_text_{name}", why, "checksum", "address.to_text", args))
        text = {"prefix": prefix, "text": render_address(prefix, address)}
        why = "The last 1 separates the prefix."
        method = "address.from_text"
        cases.append(Case(f"from_text_{name}", why, "checksum", method, text, rules=rules))
    args = {"prefix": PREFIX, "text": TEXT.upper()}
    why = "A text of capitals only is the same text."
    cases.append(Case("from_text_upper", why, "case", "address.from_text", args, rules=rules))
    return tuple(cases)


def _build_bad_texts() -> tuple[Case, ...]:
    symbols = encode_symbols(KEY)
    short = encode_bech32m(Bech32m(PREFIX, encode_symbols(KEY[:31])))
    unknown = render_address(PREFIX, b"\7" + KEY[1:])
    padded = encode_bech32m(Bech32m(PREFIX, (*symbols[:-1], symbols[-1] | 1)))
    foreign = encode_bech32m(Bech32m("qcdev", (*symbols[:-1], symbols[-1] | 1)))
    surplus = encode_bech32m(Bech32m(PREFIX, (*symbols, 0)))
    other = ALPHABET[(ALPHABET.index(TEXT[10]) + 1) % len(ALPHABET)]
    rows = (
        ("typing_error", TEXT[:10] + other + TEXT[11:], "bech32m.checksum_wrong"),
        ("swapped", TEXT[:-2] + TEXT[-1] + TEXT[-2], "bech32m.checksum_wrong"),
        ("bech32_constant", _encode_bech32(), "bech32m.checksum_wrong"),
        ("other_chain", render_address("qcdev", KEY), "address.prefix_wrong"),
        ("mixed_case", TEXT[:20] + TEXT[20:].upper(), "bech32m.case_mixed"),
        ("no_separator", TEXT.replace("1", ""), "bech32m.separator_missing"),
        ("no_prefix", TEXT[3:], "bech32m.separator_missing"),
        ("short_checksum", "qct1qqqqq", "bech32m.separator_missing"),
        ("empty", "", "bech32m.separator_missing"),
        ("no_symbol", TEXT[:12] + "b" + TEXT[13:], "bech32m.character_invalid"),
        ("space", " " + TEXT, "bech32m.character_invalid"),
        ("beyond_ascii", TEXT[:12] + "é" + TEXT[13:], "bech32m.character_invalid"),
        ("beyond_16_bits", "\U0001d42a" * 46, "bech32m.character_invalid"),
        ("outer_characters", render_address("!~", KEY), "address.prefix_wrong"),
        ("longest", render_address("q" * 31, KEY), "address.prefix_wrong"),
        ("one_too_long", render_address("q" * 32, KEY), "bech32m.too_long"),
        ("too_long", "q" * 33 + TEXT, "bech32m.too_long"),
        ("padding_set", padded, "bech32m.padding_wrong"),
        ("other_chain_padding_set", foreign, "address.prefix_wrong"),
        ("surplus_symbol", surplus, "address.length_wrong"),
        ("no_data", encode_bech32m(Bech32m(PREFIX, ())), "address.length_wrong"),
        ("lone_symbol", encode_bech32m(Bech32m(PREFIX, (0,))), "bech32m.padding_wrong"),
        ("short_address", short, "address.length_wrong"),
        ("unknown_kind", unknown, "address.kind_unknown"),
    )
    why = "A mistyped or foreign address is refused where it is entered."
    return tuple(
        Case(
            f"from_text_{name}",
            why,
            "checksum",
            "address.from_text",
            {"prefix": PREFIX, "text": text},
            expected,
        )
        for name, text, expected in rows
    )


def _encode_bech32() -> str:
    """The address under Bech32's checksum constant: 1, where Bech32m has another."""
    data = [ALPHABET.index(character) for character in TEXT[len(PREFIX) + 1 :]]
    difference = CHECKSUM_CONSTANT ^ 1
    for place in range(6):
        data[-1 - place] ^= difference >> 5 * place & 31
    return PREFIX + "1" + "".join(ALPHABET[symbol] for symbol in data)


def _build_signing_roots() -> tuple[Case, ...]:
    chain = sha256(b"a genesis")
    why = "A signature for one kind of object, or one chain, must not hold for another."
    cases = [
        Case(
            domain.name.lower(),
            why,
            "domain",
            "signing.root",
            {
                "domain": domain.name.lower(),
                "genesis_id": to_hex(chain),
                "object_root": to_hex(ROOT),
            },
        )
        for domain in Domain
    ]
    args = {"domain": "transaction", "genesis_id": to_hex(bytes(32)), "object_root": to_hex(ROOT)}
    cases.append(Case("other_chain", why, "domain", "signing.root", args))
    return tuple(cases)
