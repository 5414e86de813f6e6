"""The table of methods: what a vector may ask, and who answers."""

from collections.abc import Callable
from typing import Final

from conformance.clients.spec import (
    codec_methods,
    compile_methods,
    contract_methods,
    crypto_methods,
    ledger_methods,
    number_methods,
    scenario_methods,
    trie_methods,
)
from conformance.clients.spec.answers import Answer, JsonObject
from conformance.clients.spec.state import State

Method = Callable[[State | None, JsonObject], tuple[Answer, State | None]]
PureMethod = Callable[[JsonObject], Answer]

PURE_METHODS: Final[dict[str, PureMethod]] = {
    "ssz.decode": codec_methods.decode_value,
    "ssz.encode": codec_methods.encode_value,
    "ssz.root": codec_methods.compute_root,
    "address.check": crypto_methods.check_address,
    "address.from_text": crypto_methods.decode_address,
    "address.of_contract": crypto_methods.derive_contract_address,
    "address.of_key": crypto_methods.derive_key_address,
    "address.to_text": crypto_methods.encode_address,
    "contract.compile": compile_methods.compile_text,
    "contract.validate": contract_methods.validate_module,
    "consensus.asert": number_methods.compute_asert,
    "consensus.compact": number_methods.read_compact,
    "consensus.finalise": scenario_methods.finalise,
    "consensus.play": scenario_methods.play,
    "consensus.retarget": number_methods.compute_retarget,
    "consensus.weigh": scenario_methods.weigh,
    "consensus.work": number_methods.measure_target,
    "signature.verify": crypto_methods.verify_signature,
    "signing.root": crypto_methods.derive_signing_root,
    "trie.prove": trie_methods.prove,
    "trie.root": trie_methods.compute_root,
    "trie.verify": trie_methods.verify,
}
"""Methods that neither read nor change a state."""


def _keep_state(method: PureMethod) -> Method:
    return lambda state, args: (method(args), state)


METHODS: Final[dict[str, Method]] = {
    **{name: _keep_state(method) for name, method in PURE_METHODS.items()},
    "contract.call": contract_methods.call_contract,
    "contract.play": contract_methods.play_calls,
    "ledger.apply_block": ledger_methods.run_block,
    "ledger.apply_transaction": ledger_methods.run_transaction,
}
"""Every method, from (state, arguments) to (answer, state afterwards)."""
