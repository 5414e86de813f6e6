"""The worked example of docs/economics.md, row by row, as the ledger performs it."""

from collections.abc import Callable
from pathlib import Path

from spec.ledger.ledger_ops import Reward, Slash
from spec.ledger.stake_actions import StakeAction, Unbond
from spec.ledger.staking.registry import Pool, get_validator
from tests.spec.ledger.staking.support import World, bond, delegate, make_world
from tests.spec.ledger.support import ALICE, BOB, CAROL, Person

PAGE = Path(__file__).resolve().parents[4] / "docs" / "economics.md"
HOLDERS = (ALICE, CAROL, BOB)
UNBONDING_MS = 100


def read_rows() -> list[list[str]]:
    """The cells of the example's table, its head left out."""
    text = PAGE.read_text(encoding="utf-8").split("## A worked example")[1]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


class Example:
    """A world whose figures are shown as the page shows them."""

    def __init__(self) -> None:
        self.world: World = make_world()
        self.wealth = {p.address: self.world.balance(p) for p in HOLDERS}
        self.supply = self.world.supply
        self.fees = 0

    def send(self, sender: Person, action: StakeAction) -> None:
        receipt = self.world.must(sender, action)
        fee = receipt.gas_used * receipt.gas_price
        self.wealth[sender.address] -= fee
        self.fees += fee

    def show(self) -> list[str]:
        validator = get_validator(self.world.layer, 1)
        pools = ("gone", "gone")
        if validator is not None:
            pools = (show_pool(validator.pool), show_pool(validator.unbonding))
        gains = [str(self.world.balance(p) - self.wealth[p.address]) for p in HOLDERS]
        minted = self.world.supply.minted - self.supply.minted
        burnt = self.world.supply.burnt - self.supply.burnt - self.fees
        return [*pools, *gains, str(minted), str(burnt)]


def show_pool(pool: Pool) -> str:
    return f"{pool.tokens} / {pool.shares}"


STEPS: tuple[Callable[[Example], None], ...] = (
    lambda e: e.send(ALICE, bond(ALICE, 1, 1_000)),
    lambda e: e.send(CAROL, delegate((1, 500))),
    lambda e: e.world.op(Reward(1, 101)),
    lambda e: e.send(CAROL, delegate((1, 10))),
    lambda e: e.send(CAROL, Unbond(1, 300)),
    lambda e: e.world.op(Slash(1, 401, BOB.address, is_offence=True)),
    lambda e: e.world.pass_ms(UNBONDING_MS),
    lambda e: e.send(CAROL, Unbond(1, 209)),
    lambda e: e.send(ALICE, Unbond(1, 1_000)),
    lambda e: e.world.pass_ms(UNBONDING_MS),
)


def test_each_row_of_the_worked_example_is_what_the_ledger_does() -> None:
    rows, example = read_rows(), Example()
    assert len(rows) == len(STEPS)
    for row, step in zip(rows, STEPS, strict=True):
        step(example)
        assert example.show() == row[1:], row[0]
        assert example.world.is_conserved()


def test_the_page_names_the_parameters_that_the_example_runs_with() -> None:
    staking = make_world().config.staking
    text = PAGE.read_text(encoding="utf-8").split("## A worked example")[1]
    for name in ("operator_share_bps", "reporter_share_bps", "unbonding_ms"):
        assert f"`{name}` {getattr(staking, name):,}" in text
