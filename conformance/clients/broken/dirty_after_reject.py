"""Takes the fee before it checks, and keeps it when the check fails; its answers look right."""

import sys
from dataclasses import replace

from conformance.clients.spec.answers import JsonObject
from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve
from conformance.clients.spec.state import is_account_key
from spec.ledger.state import decode_account, encode_account


class DirtyAfterReject(SpecClient):
    """Our client, but a reject costs the first account one unit."""

    name = "dirty-after-reject"

    def answer(self, request: JsonObject) -> JsonObject:
        """As ours, but the state is spoiled once the answer has been made."""
        answer = super().answer(request)
        if answer.get("result") == "reject":
            self._spoil()
        return answer

    def _spoil(self) -> None:
        if self.state is None:
            return
        key, leaf = next(pair for pair in self.state.tree.items() if is_account_key(pair[0]))
        account = decode_account(leaf)
        spoiled = encode_account(replace(account, balance=account.balance - 1))
        self.state = replace(self.state, tree=self.state.tree.apply_batch(((key, spoiled),)))


sys.exit(serve(DirtyAfterReject()))
