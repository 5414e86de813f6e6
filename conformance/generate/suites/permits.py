"""Level 5: signed actions; a permission counts once, for what it was signed for."""

from dataclasses import dataclass, replace
from typing import Final

from conformance.clients.spec.state import State, render_state
from conformance.generate.case import Case, Suite
from conformance.generate.library import Pinned, load_pinned
from conformance.generate.suites.library import DECLARED, HOME, Step, install, make_args, perform
from conformance.generate.world import ALICE, BOB, CAROL, GENESIS_ID, NOW_MS, STRANGER, Signer
from spec.crypto.address import compute_contract_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signing_keys import sign
from spec.ir.linked import LinkedModule
from spec.ir.permits import compute_permit_digest
from spec.ir.validate import link
from spec.ir.values import EnumValue, Value
from spec.lib.result import Ok

WHY: Final = "A permission counts once, here, in time, and for exactly what its owner signed."


@dataclass(frozen=True, slots=True)
class Permission:
    """What is signed, by whom, and where."""

    signer: Signer = ALICE
    action: str = "permit"
    contract: bytes = HOME
    chain: bytes = GENESIS_ID
    amount: int = 5
    nonce: int = 0
    deadline: int = NOW_MS
    domain: Domain = Domain.CONTRACT_PERMIT


GOOD: Final = Permission()


def build() -> tuple[Suite, ...]:
    """The suite of signed actions."""
    pinned = load_pinned("permits")
    linked = link(pinned.module)
    assert isinstance(linked, Ok), "a pinned module is valid"
    table = _Table(pinned, linked.value)
    return (Suite("contract/permit", "contract", "contract.call", table.build()),)


class _Table:
    """The cases of one module."""

    def __init__(self, pinned: Pinned, linked: LinkedModule) -> None:
        self._pinned = pinned
        self._linked = linked

    def build(self) -> tuple[Case, ...]:
        fresh = install(self._pinned)
        used = perform(self._pinned, fresh, self._send(GOOD, GOOD))
        other = compute_contract_address(ALICE.address, 4)
        cases = [
            self._case(f"good_{signer.scheme}", replace(GOOD, signer=signer), None)
            for signer in (ALICE, BOB, CAROL)
        ]
        wrong = (
            ("other_amount", replace(GOOD, amount=6)),
            ("other_action", replace(GOOD, action="limit")),
            ("other_contract", replace(GOOD, contract=other)),
            ("other_chain", replace(GOOD, chain=bytes(31) + b"\x01")),
            ("other_deadline", replace(GOOD, deadline=NOW_MS + 1)),
            ("other_nonce", replace(GOOD, nonce=1)),
            ("other_domain", replace(GOOD, domain=Domain.TRANSACTION)),
            ("other_signer", replace(GOOD, signer=STRANGER)),
        )
        cases += [self._case(f"signed_{name}", each, DECLARED, sent=GOOD) for name, each in wrong]
        late = replace(GOOD, deadline=NOW_MS - 1)
        cases.append(self._case("too_late", late, DECLARED))
        cases.append(self._case("wrong_nonce", replace(GOOD, nonce=7), DECLARED))
        again = self._send(GOOD, GOOD)
        cases.append(self._make("used_before", again, DECLARED, used))
        second = replace(GOOD, nonce=1)
        cases.append(self._make("the_next", self._send(second, second), None, used))
        return tuple(cases)

    def _case(
        self, name: str, signed: Permission, outcome: str | None, sent: Permission | None = None
    ) -> Case:
        step = self._send(signed, sent or signed)
        return self._make(name, step, outcome, install(self._pinned))

    def _make(self, name: str, step: Step, outcome: str | None, state: State) -> Case:
        args = make_args(self._pinned, step)
        bug_class = "contract" if outcome is None else "authority"
        pre = render_state(state)
        view = {"function": step.function}
        return Case(
            name, WHY, bug_class, "contract.call", args, view=view, pre=pre, outcome=outcome
        )

    def _send(self, signed: Permission, sent: Permission) -> Step:
        """The call that uses `sent`, with the signature of `signed`."""
        owner = sent.signer.address
        moment = (signed.nonce, signed.deadline)
        arguments: tuple[Value, ...] = (owner, STRANGER.address, signed.amount)
        names = list(self._pinned.functions)
        function = self._linked.functions[names.index(signed.action)]
        digest = compute_permit_digest(self._linked, function, signed.contract, arguments, moment)
        root = compute_signing_root(signed.domain, signed.chain, digest)
        signature = sign(signed.signer.scheme, signed.signer.seed, root)
        proof = EnumValue(signed.signer.scheme - 1, (signed.signer.public_key, signature))
        values = (owner, STRANGER.address, sent.amount, (sent.nonce, sent.deadline, proof))
        return Step(sent.action, values, caller=BOB.address)
