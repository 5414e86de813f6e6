"""Checks `nonce >= expected` where equality is meant: a gap in the sender's nonces passes."""

import sys
from dataclasses import replace

from conformance.clients.spec.answers import Accept, Answer, JsonObject, to_bytes
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve
from spec.crypto.address import compute_key_address
from spec.ledger.codec import decode_signed_transaction
from spec.ledger.state import TreeReader, encode_account
from spec.lib.result import Ok


class NonceOffByOne(SpecClient):
    """Our client, but a nonce that is too high is taken for the next one."""

    name = "nonce-off-by-one"

    def apply(self, method: str, args: JsonObject) -> Answer:
        """As ours, but what only has a gap runs as if the sender had filled it."""
        before = self.state
        answer = super().apply(method, args)
        if isinstance(answer, Accept) or answer.rule != "tx.nonce_gap":
            return answer
        self._fill_gap(to_bytes(args["transaction"]))
        retried = super().apply(method, args)
        if not isinstance(retried, Accept):
            self.state = before
        return retried

    def _fill_gap(self, data: bytes) -> None:
        assert self.state is not None, "a transaction was refused by it"
        decoded = decode_signed_transaction(self.state.config, data)
        assert isinstance(decoded, Ok), "it was refused for its nonce"
        tx = decoded.value.transaction
        sender = compute_key_address(tx.sender.scheme, tx.sender.public_key)
        account = TreeReader(self.state.tree).get_account(sender)
        leaf = encode_account(replace(account, nonce=tx.nonce))
        self.state = replace(self.state, tree=self.state.tree.apply_batch(((sender, leaf),)))


sys.exit(serve(NonceOffByOne()))
