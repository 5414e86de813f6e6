"""docs/seed_components.md lists every component of the system, and tells the truth about each."""

from dataclasses import dataclass
from typing import Final

import pytest

from tools.project import ROOT

pytestmark = pytest.mark.tidy

TABLE: Final = ROOT / "docs" / "seed_components.md"

# The components of the system's architecture, as the project was asked for them.
COMPONENTS: Final = (
    "blockchain engine",
    "consensus PoW",
    "consensus PoS",
    "consensus DPoS",
    "consensus Hybrid",
    "consensus BFT",
    "state management",
    "P2P protocol",
    "node discovery",
    "message queue",
    "contract ERC20",
    "contract NFT",
    "contract governance",
    "contract staking",
    "contract multi-signature",
    "contract escrow",
    "contract insurance",
    "contract DAO",
    "API service (REST)",
    "authentication",
    "data service",
    "oracle",
    "notification",
    "utilities: validation",
    "utilities: encryption",
    "utilities: formatting",
    "utilities: error handling",
    "configuration",
    "unit tests",
    "integration tests",
    "end-to-end tests",
    "user interface",
)


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    component: str
    path: str
    test: str
    status: str


def read_rows() -> list[Row]:
    lines = TABLE.read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    assert rows[0] == ["component", "path", "test", "status"]
    return [Row(*cells) for cells in rows[2:]]


def test_every_component_has_its_row_in_order() -> None:
    assert tuple(row.component for row in read_rows()) == COMPONENTS


@pytest.mark.parametrize("row", read_rows(), ids=lambda row: row.component)
def test_a_component_that_is_said_to_exist_lies_there_with_a_test(row: Row) -> None:
    assert row.status in ("works", "partial", "planned")
    if row.status != "planned":
        assert (ROOT / row.path).exists(), f"{row.path} does not exist"
        assert has_tests(row.test), f"{row.test} holds no tests"


@pytest.mark.parametrize("row", read_rows(), ids=lambda row: row.component)
def test_a_planned_component_is_not_there_yet(row: Row) -> None:
    if row.status == "planned":
        assert not (ROOT / row.path).exists(), f"{row.path} exists: the row is stale"


def has_tests(path: str) -> bool:
    """Whether a file of tests exists, or a folder that holds one."""
    place = ROOT / path
    return place.name.startswith("test_") if place.is_file() else any(place.rglob("test_*.py"))
