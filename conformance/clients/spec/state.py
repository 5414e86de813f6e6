"""The client's state and its view: the leaves of the state tree, and what lies beside them.

    {"chain": {"config", "genesis_id", "parent"},      the chain, and the header of the last block
     "accounts": {address: account},                   leaves of kinds 1 and 2, by their key
     "code": {key: bytes}, "storage": {key: bytes},    leaves of kinds 2 and 3 of the tree
     "supply": {"minted", "burnt"},                    the ledger's reserved leaf
     "reserved": {key: bytes}}                         leaves of stake and of the consensus

`chain` isn't part of the root; everything else is, and every leaf stands in exactly one place.
"""

from dataclasses import dataclass
from typing import Any, Final

from conformance.clients.spec.answers import JsonObject, RequestError, to_bytes, to_hex
from conformance.clients.spec.views import read_view, render_view
from spec.config import ChainConfig
from spec.config.chain import CHAIN_CONFIG
from spec.config.presets import DEVNET, TINY
from spec.crypto.address import is_address
from spec.ledger.state import CODE_KIND, STORAGE_KIND, SUPPLY_KEY, Change, decode_account
from spec.ledger.types import ACCOUNT, HEADER, SUPPLY, Header
from spec.lib.result import Ok
from spec.lib.ssz import decode, encode
from spec.lib.trie import EMPTY, StateTree

PROFILES: Final = {"tiny": TINY, "full": DEVNET}


@dataclass(frozen=True, slots=True)
class State:
    """All that a step starts from."""

    config: ChainConfig
    genesis_id: bytes
    parent: Header
    tree: StateTree


def compute_root(state: State) -> str:
    """The root of the state tree."""
    return to_hex(state.tree.root)


def load_state(profile: str, view: JsonObject) -> State:
    """The state of a view.

    Raises:
        RequestError: the view is none, or of another configuration than its profile.
    """
    chain = view["chain"]
    config = read_view(CHAIN_CONFIG, chain["config"])
    if config != PROFILES.get(profile):
        raise RequestError(f"the configuration is not that of profile {profile!r}")
    writes: list[Change] = []
    for address, account in view["accounts"].items():
        writes.append((to_bytes(address), encode(ACCOUNT, read_view(ACCOUNT, account))))
    for part in ("code", "storage", "reserved"):
        writes += [(to_bytes(key), to_bytes(leaf)) for key, leaf in view[part].items()]
    writes.append((SUPPLY_KEY, encode(SUPPLY, read_view(SUPPLY, view["supply"]))))
    tree = EMPTY.apply_batch(sorted(writes))
    return State(config, to_bytes(chain["genesis_id"]), read_view(HEADER, chain["parent"]), tree)


def render_state(state: State) -> JsonObject:
    """The view of a state."""
    view: dict[str, Any] = {
        "chain": {
            "config": render_view(CHAIN_CONFIG, state.config),
            "genesis_id": to_hex(state.genesis_id),
            "parent": render_view(HEADER, state.parent),
        },
        "accounts": {},
        "code": {},
        "storage": {},
        "supply": {},
        "reserved": {},
    }
    for key, leaf in state.tree.items():
        if key == SUPPLY_KEY:
            supply = decode(SUPPLY, leaf)
            assert isinstance(supply, Ok), "the supply leaf is written by the ledger alone"
            view["supply"] = render_view(SUPPLY, supply.value)
        elif is_account_key(key):
            view["accounts"][to_hex(key)] = render_view(ACCOUNT, decode_account(leaf))
        else:
            view[_get_part(key)][to_hex(key)] = to_hex(leaf)
    return view


def is_account_key(key: bytes) -> bool:
    """Whether a leaf's key is an address."""
    return is_address(key)


def _get_part(key: bytes) -> str:
    return {CODE_KIND: "code", STORAGE_KIND: "storage"}.get(key[0], "reserved")
