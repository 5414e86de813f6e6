"""Tendermint's light blocks, as its test suites write them, turned into ours.

Nothing is taken on trust in between: their header hash, set hash and sign bytes are computed here,
and a block of ours agrees with itself exactly where theirs does. Their signatures stay: our root of
a vote is looked up for the bytes that they signed.

Source: Tendermint's data structures and encoding (protobuf, RFC 6962 trees), v0.34.
"""

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from spec.consensus.bft.messages import compute_vote_root
from spec.consensus.bft.rules import get_precommit
from spec.consensus.bft.state import SEATS, Seat
from spec.crypto.signing import ED25519, validate_signature
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import Commit, CommitSignature, NoFields
from spec.ledger.types import Header
from spec.lib.ssz import hash_tree_root
from spec.light.bft import LightBlock

Json = dict[str, Any]

FLAG_COMMIT = 2
PRECOMMIT = 2
GENESIS_ID = sha256(b"test-chain").digest()
MASK_64 = (1 << 64) - 1


# Their encoding


def _varint(number: int) -> bytes:
    number &= MASK_64
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def _number(tag: int, number: int) -> bytes:
    return _varint(tag << 3) + _varint(number) if number else b""


def _fixed(tag: int, number: int) -> bytes:
    return _varint(tag << 3 | 1) + number.to_bytes(8, "little", signed=True) if number else b""


def _record(tag: int, data: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(data)) + data


def _bytes(tag: int, data: bytes) -> bytes:
    return _record(tag, data) if data else b""


def merkle_root(leaves: list[bytes]) -> bytes:
    """RFC 6962."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = merkle_root(leaves[:split]), merkle_root(leaves[split:])
    return sha256(b"\1" + left + right).digest()


def parse_time_ns(text: str) -> int:
    """Nanoseconds since 1970 of a time such as 2020-11-18T12:36:18.160570297Z."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 10**9 + int((fraction or "0").ljust(9, "0"))


def parse_time_ms(text: str) -> int:
    return parse_time_ns(text) // 10**6


def _time(text: str) -> bytes:
    seconds, nanos = divmod(parse_time_ns(text), 10**9)
    return _number(1, seconds) + _number(2, nanos)


def _block_id(block_id: Json | None) -> bytes:
    if block_id is None:
        return _record(2, b"")
    parts = block_id["part_set_header"]
    of_parts = _number(1, int(parts["total"])) + _bytes(2, bytes.fromhex(parts["hash"]))
    return _bytes(1, bytes.fromhex(block_id["hash"])) + _record(2, of_parts)


def compute_header_hash(header: Json) -> bytes:
    version = header["version"]
    hashes = (
        "last_commit_hash",
        "data_hash",
        "validators_hash",
        "next_validators_hash",
        "consensus_hash",
        "app_hash",
        "last_results_hash",
        "evidence_hash",
        "proposer_address",
    )
    return merkle_root(
        [
            _number(1, int(version["block"])) + _number(2, int(version["app"])),
            _bytes(1, header["chain_id"].encode()),
            _number(1, int(header["height"])),
            _time(header["time"]),
            _block_id(header["last_block_id"]),
            *(_bytes(1, bytes.fromhex(header[name])) for name in hashes),
        ]
    )


def compute_set_hash(validators: list[Json]) -> bytes:
    """Sets are ordered by falling power, then by address, however they are shown."""
    validators = sorted(validators, key=lambda v: (-int(v["voting_power"]), v["address"]))
    return merkle_root(
        [
            _record(1, _bytes(1, b64decode(v["pub_key"]["value"])))
            + _number(2, int(v["voting_power"]))
            for v in validators
        ]
    )


def compute_sign_bytes(chain_id: str, commit: Json, signature: Json) -> bytes:
    canonical = (
        _number(1, PRECOMMIT)
        + _fixed(2, int(commit["height"]))
        + _fixed(3, int(commit["round"]))
        + _record(4, _block_id(commit["block_id"]))
        + _record(5, _time(signature["timestamp"]))
        + _bytes(6, chain_id.encode())
    )
    return _varint(len(canonical)) + canonical


# Ours


@dataclass
class Adapter:
    """One of their chains in our types."""

    indices: dict[str, int]
    """Ours by their address."""
    signed: dict[bytes, set[bytes]] = field(default_factory=dict)
    """What they signed, by our root of the vote."""

    def verify(self, public_key: bytes, root: bytes, signature: bytes) -> bool:
        return any(
            validate_signature(ED25519, public_key, message, signature) is None
            for message in self.signed.get(root, ())
        )

    def convert_set(self, validators: list[Json]) -> tuple[Seat, ...]:
        seats = (
            Seat(
                self.indices[v["address"]],
                bytes(32),
                b64decode(v["pub_key"]["value"]),
                int(v["voting_power"]),
            )
            for v in validators
        )
        return tuple(sorted(seats, key=lambda seat: seat.validator))

    def convert_root(self, claimed: str, validators: list[Json]) -> bytes:
        """Our root of a set, if it is the one that their header names; else another root."""
        if compute_set_hash(validators) == bytes.fromhex(claimed):
            return hash_tree_root(SEATS, self.convert_set(validators))
        return bytes.fromhex(claimed)

    def convert_header(self, header: Json, parent: bytes, sets: tuple[list[Json], ...]) -> Header:
        """Their header hash stands where our state root does, so that the whole is covered."""
        height = int(header["height"])
        names = ("validators_hash", "next_validators_hash")
        roots = [self.convert_root(header[n], s) for n, s in zip(names, sets, strict=True)]
        return Header(
            version=1,
            parent=parent,
            height=height,
            slot=height,
            time_ms=parse_time_ms(header["time"]),
            proposer=bytes(32),
            state_root=compute_header_hash(header),
            txs_root=bytes(32),
            receipts_root=bytes(32),
            ops_root=bytes(32),
            validators_root=roots[0],
            next_validators_root=roots[1],
            base_fee=0,
            gas_used=0,
            consensus=NoFields(),
        )

    def convert_block(self, block: Json, parent: bytes) -> LightBlock:
        theirs = block["signed_header"]
        sets = (
            block["validator_set"]["validators"],
            block["next_validator_set"]["validators"],
        )
        header = self.convert_header(theirs["header"], parent, sets)
        is_for_it = bytes.fromhex(theirs["commit"]["block_id"]["hash"]) == header.state_root
        commit = self._convert_commit(theirs, compute_block_id(header) if is_for_it else bytes(32))
        return LightBlock(header, commit, self.convert_set(sets[0]), self.convert_set(sets[1]))

    def _convert_commit(self, theirs: Json, block_id: bytes) -> Commit:
        commit = theirs["commit"]
        signatures = [s for s in commit["signatures"] or () if s["block_id_flag"] == FLAG_COMMIT]
        votes = sorted(
            (
                CommitSignature(self.indices[s["validator_address"]], b64decode(s["signature"]))
                for s in signatures
            ),
            key=lambda vote: vote.validator,
        )
        ours = Commit(int(commit["height"]), int(commit["round"]), block_id, tuple(votes))
        by_index = {self.indices[s["validator_address"]]: s for s in signatures}
        for vote in votes:
            root = compute_vote_root(GENESIS_ID, get_precommit(ours, vote))
            message = compute_sign_bytes(
                theirs["header"]["chain_id"], commit, by_index[vote.validator]
            )
            self.signed.setdefault(root, set()).add(message)
        return ours


def _find_addresses(part: object) -> Iterable[str]:
    """Every validator's address in a test, in order."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name in {"address", "validator_address"}:
                yield inner
            else:
                yield from _find_addresses(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _find_addresses(inner)


def make_adapter(document: Json) -> Adapter:
    addresses = sorted(dict.fromkeys(_find_addresses(document)))
    return Adapter({address: index for index, address in enumerate(addresses)})
