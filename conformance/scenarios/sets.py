"""Rule G alone, on two chains of a fork: sets that change, and stake that leaks.

No blocks and no ledger: a chain is its epochs. Groups of validators vote as one, as in the search
that found the counterexamples A to E of which each clause of the rule takes one away.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from conformance.clients.spec.answers import JsonObject, to_hex
from conformance.scenarios.script import BROKEN, DEFENDED, Scenario, Story
from spec.crypto.hashing import sha256

WEIGHT: Final = 100
PATIENCE: Final = 4
"""Closed epochs without finality before the leak begins."""
QUOTIENT: Final = 1 << 10

Group = tuple[int, ...]
V0: Final[Group] = (0, 1, 2, 3)
V1: Final[Group] = (4, 5, 6, 7)
V2: Final[Group] = (8, 9, 10, 11)
V3: Final[Group] = (12, 13, 14, 15)
V4: Final[Group] = (16, 17, 18, 19)
V5: Final[Group] = (20, 21, 22, 23)
NEVER: Final = 1_000
"""Epochs of patience in scenarios where nothing is to leak."""


@dataclass(slots=True)
class Fork:
    """Some chains, told epoch by epoch."""

    members: Group
    patience: int = NEVER
    quotient: int = QUOTIENT
    names: list[str] = field(default_factory=list)
    chains: list[list[JsonObject]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    value: list[JsonObject] = field(default_factory=list)

    def chain(self, name: str) -> None:
        """A further chain begins."""
        self.names.append(name)
        self.chains.append([{**_make_epoch(0, "genesis", self.members), "votes": []}])

    def epoch(
        self,
        number: int,
        root: str,
        votes: tuple[tuple[Group, tuple[int, str]], ...] = (),
        elects: Group | None = None,
    ) -> None:
        """The latest chain enters an epoch.

        Args:
            number: of the epoch.
            root: name of its checkpoint, the same on chains that share it.
            votes: groups that vote for it, and their sources.
            elects: whom a promotion here would make current; the first members if None.
        """
        row = _make_epoch(number, root, self.members if elects is None else elects)
        row["votes"] = [
            {
                "validator": voter,
                "source": _make_checkpoint(*source),
                "target": row["checkpoint"],
            }
            for group, source in votes
            for voter in group
        ]
        self.chains[-1].append(row)
        said = "; ".join(f"{_name(group)} vote from {src[1]} ({src[0]})" for group, src in votes)
        would = f", would elect {_name(elects)}" if elects is not None else ""
        self.lines.append(
            f"{self.names[-1]}: enters epoch {number} at {root}{would}{': ' + said if said else ''}"
        )

    def expect(
        self,
        justified: tuple[int, str],
        finalised: tuple[int, str],
        dynasty: int,
        weights: tuple[tuple[int, int], ...],
        refused: tuple[tuple[int, int], ...] = (),
    ) -> None:
        """What the next chain without an expectation comes to; `refused` is (epoch, vote)."""
        name = self.names[len(self.value)]
        self.value.append(
            {
                "justified": _make_checkpoint(*justified),
                "finalised": _make_checkpoint(*finalised),
                "dynasty": str(dynasty),
                "weights": [[validator, str(weight)] for validator, weight in weights],
                "refused": [{"epoch": str(epoch), "vote": vote} for epoch, vote in refused],
            }
        )
        self.lines.append(
            f"{name}: CHECK finalised {finalised[1]}, justified {justified[1]}, dynasty {dynasty}, "
            f"{len(refused)} votes refused"
        )

    def finish(self, name: str, algorithm: str, story: Story) -> Scenario:
        """The scenario."""
        args = {
            "members": _make_members(self.members),
            "leak": {"after_epochs": str(self.patience), "quotient": str(self.quotient)},
            "chains": self.chains,
        }
        return Scenario(
            name=name,
            algorithm=algorithm,
            story=story,
            method="consensus.finalise",
            args=args,
            steps=tuple(self.lines),
            value=self.value,
        )


def _make_checkpoint(epoch: int, root: str) -> JsonObject:
    digest = bytes(32) if root == "genesis" else sha256(b"qc/scenario/root", root.encode())
    return {"epoch": str(epoch), "root": to_hex(digest)}


def _make_members(group: Group) -> list[Any]:
    return [[validator, str(WEIGHT)] for validator in group]


def _make_epoch(number: int, root: str, elects: Group) -> JsonObject:
    return {"checkpoint": _make_checkpoint(number, root), "elects": _make_members(elects)}


def _name(group: Group) -> str:
    return f"{group[0]} to {group[-1]}"


def get_full(group: Group) -> tuple[tuple[int, int], ...]:
    """A group as the weights of a set that has lost nothing."""
    return tuple((validator, WEIGHT) for validator in group)


def build() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        _current_only(),
        _previous_only(),
        _eager_promotion(),
        _dynasty_is_epoch(),
        _surround(),
        _offline_60(),
        _even_split(),
        _silent_outgoing(),
    )


def _current_only() -> Scenario:
    fork = Fork(V0)
    fork.chain("a")
    fork.epoch(1, "1", ((V0, (0, "genesis")),))
    fork.epoch(2, "2a", ((V0, (1, "1")),))
    fork.epoch(3, "3a", ((V1, (2, "2a")),), elects=V1)
    fork.epoch(4, "4a", elects=V1)
    fork.chain("b")
    fork.epoch(1, "1", ((V0, (0, "genesis")),))
    fork.epoch(2, "2b")
    fork.epoch(3, "3b", ((V0, (1, "1")),))
    fork.epoch(4, "4b", ((V0, (3, "3b")),))
    fork.epoch(5, "5b")
    fork.expect((2, "2a"), (1, "1"), 1, get_full(V1))
    fork.expect((4, "4b"), (3, "3b"), 1, get_full(V0))
    story = Story(
        title="A set that has changed completely finalises alone",
        history="Counterexample A to finality by the current set only (FFG.md 2).",
        attack=(
            "On chain a the new set V1 votes 2a -> 3a; the old set V0, which never saw a's "
            "promotion, finalises 3b. Nobody voted twice."
        ),
        defence="A link counts only with two thirds of the previous set too, and V0 is not there.",
        rule="rule G, G1 (both sets of the target's state)",
        verdict=DEFENDED,
    )
    return fork.finish("current_set_only", "dpos", story)


def _previous_only() -> Scenario:
    fork = Fork(V0)
    for name in ("a", "b"):
        fork.chain(name)
        fork.epoch(1, "1", ((V0, (0, "genesis")),))
        fork.epoch(2, "2", ((V0, (1, "1")),))
        fork.epoch(3, "3", ((V0, (2, "2")),), elects=V1)
        if name == "a":
            fork.epoch(4, "4a", ((V0, (3, "3")),), elects=V1)
            fork.epoch(5, "5a", ((V1, (4, "4a")),), elects=V2)
            fork.epoch(6, "6a", elects=V2)
        else:
            fork.epoch(4, "4b", elects=V1)
            fork.epoch(5, "5b", ((V0, (3, "3")),), elects=V1)
            fork.epoch(6, "6b", ((V0, (5, "5b")),), elects=V1)
            fork.epoch(7, "7b", elects=V1)
    never = ((4, 0), (4, 1), (4, 2), (4, 3))
    late = ((5, 0), (5, 1), (5, 2), (5, 3))
    fork.expect((2, "2"), (1, "1"), 1, get_full(V1), (*never, *late))
    fork.expect((2, "2"), (1, "1"), 1, get_full(V1), (*late, *((6, vote) for vote in range(4))))
    story = Story(
        title="A set that is leaving finalises alone",
        history="The counterpart of A: finality by the previous set only is broken too (FFG.md 2).",
        attack=(
            "V0, still the previous set on both chains, finalises 3 and 5b; V1, by now the "
            "previous set on a, finalises 4a. Nobody voted twice."
        ),
        defence="Without two thirds of the current set V1, V0's votes count for nothing more.",
        rule="rule G, G1 (both sets of the target's state)",
        verdict=DEFENDED,
    )
    return fork.finish("previous_set_only", "pos", story)


def _eager_promotion() -> Scenario:
    fork = Fork(V0)
    fork.chain("a")
    fork.epoch(1, "1", ((V0, (0, "genesis")),))
    fork.epoch(2, "2", ((V0, (1, "1")),))
    fork.epoch(3, "3a", ((V0, (2, "2")), (V3, (2, "2"))), elects=V3)
    fork.epoch(4, "4a", ((V3, (3, "3a")), (V4, (3, "3a"))), elects=V4)
    fork.epoch(5, "5a", elects=V4)
    fork.chain("b")
    fork.epoch(1, "1", ((V0, (0, "genesis")),))
    fork.epoch(2, "2", ((V0, (1, "1")),))
    fork.epoch(3, "3b", elects=V2)
    fork.epoch(4, "4b", ((V0, (2, "2")), (V2, (2, "2"))), elects=V2)
    fork.epoch(5, "5b", ((V0, (4, "4b")), (V2, (4, "4b"))), elects=V2)
    fork.epoch(6, "6b", elects=V2)
    fork.expect((3, "3a"), (2, "2"), 1, get_full(V3), tuple((4, 4 + vote) for vote in range(4)))
    fork.expect((5, "5b"), (4, "4b"), 2, get_full(V2))
    story = Story(
        title="A set is promoted by a finality that is not its own",
        history="Counterexample C to promotion at every finality (FFG.md 2).",
        attack=(
            "Two forks inside epoch 2 elect different sets; on a, the late finality of 2 would "
            "promote once more, and V3 with V4 finalise 3a against 4b. Nobody voted twice."
        ),
        defence="Only a checkpoint of the present dynasty promotes: V3 has finalised none yet.",
        rule="rule G, G3 (epoch(f) >= dynasty_start)",
        verdict=DEFENDED,
    )
    return fork.finish("eager_promotion", "hybrid", story)


def _dynasty_is_epoch() -> Scenario:
    fork = Fork(V0)
    fork.chain("b")
    fork.epoch(1, "1b", ((V0, (0, "genesis")),), elects=V1)
    fork.epoch(2, "2b", ((V1, (1, "1b")), (V3, (1, "1b"))), elects=V3)
    fork.epoch(3, "3b", elects=V3)
    fork.chain("a")
    fork.epoch(1, "1a", elects=V2)
    fork.epoch(2, "2a", ((V2, (0, "genesis")),), elects=V2)
    fork.epoch(3, "3a", ((V2, (2, "2a")), (V5, (2, "2a"))), elects=V5)
    fork.epoch(4, "4a", elects=V5)
    fork.expect((1, "1b"), (0, "genesis"), 0, get_full(V0), tuple((2, vote) for vote in range(8)))
    fork.expect(
        (0, "genesis"),
        (0, "genesis"),
        0,
        get_full(V0),
        (*((2, vote) for vote in range(4)), *((3, vote) for vote in range(8))),
    )
    story = Story(
        title="Sets that change by the clock share nobody",
        history="Counterexample B to sets that rotate each epoch, finality or not (FFG.md 2).",
        attack="Both forks rotate the set out of each other's sight and finalise apart.",
        defence="Without finality there is no promotion: no block may hold the newcomers' votes.",
        rule="rule G, G3 (promotion is recorded finality)",
        verdict=DEFENDED,
    )
    return fork.finish("dynasty_is_epoch", "dpos", story)


def _surround() -> Scenario:
    fork = Fork(V0)
    fork.chain("a")
    fork.epoch(1, "1", ((V0, (0, "genesis")),))
    fork.epoch(2, "2a", ((V0, (1, "1")),))
    fork.epoch(3, "3a")
    fork.chain("b")
    fork.epoch(1, "1b")
    fork.epoch(2, "2b")
    fork.epoch(3, "3b", ((V0, (0, "genesis")),))
    fork.epoch(4, "4b", ((V0, (3, "3b")),))
    fork.epoch(5, "5b")
    fork.expect((2, "2a"), (1, "1"), 1, get_full(V0))
    fork.expect((4, "4b"), (3, "3b"), 1, get_full(V0))
    story = Story(
        title="Votes that surround earlier ones finalise a conflicting branch",
        history="The second slashing condition of Casper (V. Buterin, V. Griffith, 2017).",
        attack="V0 finalises 1 on a by 1 -> 2a, then votes 0 -> 3b around it and finalises 3b.",
        defence=(
            "None stops it when all of the set lies; everybody in it is slashable, by two votes "
            "that anybody can show."
        ),
        rule="ffg.is_slashable (surround); accountable safety, not safety, above a third",
        verdict=BROKEN,
        number="400 of 400 weight slashable; the bound is more than a third",
    )
    return fork.finish("surround_all_guilty", "pos", story)


def _offline_60() -> Scenario:
    fork = Fork(tuple(range(10)), PATIENCE, 16)
    online = tuple(range(4))
    fork.chain("a")
    for epoch in range(1, 8):
        fork.epoch(epoch, f"{epoch}", ((online, (0, "genesis")),))
    fork.epoch(8, "8", ((online, (7, "7")),), elects=online)
    fork.epoch(9, "9", elects=online)
    # Absent scores 4, 5, 6 take 100 to 75, 52 and, below the floor of 50, to 0 on entering epoch 7.
    fork.expect((8, "8"), (7, "7"), 1, get_full(online))
    story = Story(
        title="Sixty percent of the stake is offline, and the leak lets the rest finalise",
        history=(
            "Ethereum, 11 and 12 May 2023: clients overloaded by old attestations dropped out and "
            "finality stopped for up to an hour; Holesky, February 2025, for weeks."
        ),
        attack="None: six of ten members are silent.",
        defence="After four closed epochs the silent lose weight until the others are two thirds.",
        rule="ffg._leak (score, quotient, floor of a half)",
        verdict=DEFENDED,
    )
    return fork.finish("offline_60_percent", "pos", story)


def _even_split() -> Scenario:
    fork = Fork(V0, PATIENCE, 16)
    halves = ((0, 1), (2, 3))
    for name, half in zip("ab", halves, strict=True):
        fork.chain(name)
        for epoch in range(1, 8):
            fork.epoch(epoch, f"{epoch}{name}", ((half, (0, "genesis")),))
        fork.epoch(8, f"8{name}", ((half, (7, f"7{name}")),), elects=half)
        fork.epoch(9, f"9{name}", elects=half)
    fork.expect((8, "8a"), (7, "7a"), 1, get_full(halves[0]))
    fork.expect((8, "8b"), (7, "7b"), 1, get_full(halves[1]))
    story = Story(
        title="An even split outlasts the leak, and both halves finalise",
        history=(
            "Known of every chain with an inactivity leak; in the prototype a split of 83 s "
            "finalised two chains with zero offenders (CONSENSUS.md 1)."
        ),
        attack="Cuts the network in two halves and keeps it cut.",
        defence=(
            "None after the leak: agreement holds while asynchrony is shorter than its horizon, "
            "which validate_config compares with asynchrony_ms_max."
        ),
        rule="config.leak_too_early; K1 of FFG.md 4: 3 * slashable >= V - 2 * (La + Lb) + 2",
        verdict=BROKEN,
        number="7a and 7b are both final on entering epoch 9, four epochs into the leak; 0 of 400 "
        "weight slashable, 200 leaked on each side",
    )
    return fork.finish("even_split_outlasts_leak", "pos", story)


def _silent_outgoing() -> Scenario:
    fork = Fork(V0, PATIENCE, 16)
    fork.chain("a")
    fork.epoch(1, "1", ((V0, (0, "genesis")),))
    fork.epoch(2, "2", ((V0, (1, "1")),))
    for epoch in range(3, 10):
        fork.epoch(epoch, f"{epoch}", ((V1, (2, "2")),), elects=V1)
    fork.epoch(10, "10", ((V1, (9, "9")),), elects=V1)
    fork.epoch(11, "11", elects=V1)
    # Absent scores 2, 3, 4, 5 take 100 to 88, 72, 54 and, below 50, to 0 on entering epoch 9.
    fork.expect((10, "10"), (9, "9"), 2, get_full(V1))
    story = Story(
        title="The set that was voted out falls silent",
        history=(
            "Steem, March 2020: exchanges voted with customers' deposits, and twenty witnesses "
            "were replaced within an hour."
        ),
        attack=(
            "Elects a whole new set with stake in custody; or, told from the other side, the "
            "outgoing set refuses to confirm an honest election."
        ),
        defence=(
            "The outgoing set must confirm its successors: a veto for as long as the leak takes, "
            "paid with its bond; then the chain finalises without it."
        ),
        rule="rule G, G1 (previous set) and the leak",
        verdict=DEFENDED,
    )
    return fork.finish("silent_outgoing_set", "dpos", story)
