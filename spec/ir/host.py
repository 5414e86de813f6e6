"""What a running contract may see and do outside its own code, and how a run ends.

The machine knows nothing of ledgers. It is given a `World`: a window on one transaction's working
state. The ledger implements it over its overlay, the tests over a dictionary. A failed run leaves
the overlay to be dropped by whoever made it, so nothing here undoes anything.
"""

from dataclasses import dataclass
from typing import Protocol

from spec.ir.values import Value


@dataclass(frozen=True, slots=True)
class BlockContext:
    """The block a call runs in."""

    genesis_id: bytes
    height: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class CallInput:
    """One call from outside.

    `selector` names the function (init's is eight zeros); `arguments` is the canonical encoding of
    its parameters as one record. `value` coins have been promised by the caller, who can afford
    them: the machine has them credited by `World.receive_value` once the guard has passed.
    """

    contract: bytes
    selector: bytes
    caller: bytes
    value: int
    arguments: bytes
    gas_limit: int
    is_view: bool
    """Only a view may run, and nothing may change."""


class World(Protocol):
    """Working state of one transaction; addresses and storage keys are 32 bytes."""

    def get_code(self, contract: bytes) -> object | None:
        """The `LinkedModule` deployed at an address, or None."""

    def get_leaf(self, key: bytes) -> bytes | None:
        """The encoded value under a storage key (`spec.ir.storage`), None for the default."""

    def set_leaf(self, key: bytes, value: bytes | None) -> None:
        """Stores an encoded value; None (the default) deletes the leaf."""

    def get_balance(self, contract: bytes) -> int:
        """Spendable coins of a contract."""

    def get_inbox(self, contract: bytes) -> int:
        """Coins received and not yet collected."""

    def receive_value(self, payer: bytes, contract: bytes, amount: int) -> None:
        """Moves the value of a call from the payer's balance to the contract's balance."""

    def pay(self, contract: bytes, to: bytes, amount: int) -> None:
        """Moves coins from a contract's balance, known to suffice.

        They reach a key's balance, or a contract's inbox.
        """

    def collect(self, contract: bytes) -> None:
        """Moves a contract's whole inbox to its balance."""

    def emit(self, contract: bytes, event: int, data: bytes) -> None:
        """Records an event with its encoded fields."""


@dataclass(frozen=True, slots=True)
class DeclaredFailure:
    """The contract failed with an error it names: a guard, or a `Fail` in its body."""

    contract: bytes
    error: int
    """Error number: below `STANDARD_ERROR_COUNT` a standard error."""
    data: bytes
    """The encoded arguments, as one record."""


@dataclass(frozen=True, slots=True)
class MachineFailure:
    """The machine stopped the contract: `code` is a `MachineError` ("contract.overflow")."""

    contract: bytes
    code: str
    cause: "Failure | None"
    """Of "contract.call_failed": how the contract failed that was called. Else None."""


Failure = DeclaredFailure | MachineFailure


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The run ended; `result` is empty for functions that return nothing."""

    result: tuple[Value, ...]
    result_data: bytes
    """The encoded result, as one record."""
    gas_used: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The run failed; the working state must be dropped. Gas is what was charged until then."""

    failure: Failure
    gas_used: int


Outcome = Succeeded | Failed
