"""Heads and checkpoints only move up, and which head is chosen depends on weights alone.

Three functions of the specification, run on symbols: `choose_heaviest`, which all algorithms but
PoS follow, on a tree of four blocks with pairs of weights; `compute_head`, LMD-GHOST, on a fork
with a longer branch; `apply_link`, by which votes justify and finalise.

A tree never holds anything but the root and its descendants (`_prune` of `spec.consensus.node`),
and the root is the final block, so a head among its blocks descends from what is final.
"""

from typing import cast

from proofs.logic import Term, and_, choose, constants, equal, iff, implies, lift, not_, or_
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.consensus.ffg import FfgState, Past, apply_link
from spec.consensus.node import NodeConfig, NodeState, choose_heaviest
from spec.consensus.pos.ghost import Leafward, compute_head
from spec.ledger.codec import BlockId
from spec.ledger.ops import Checkpoint

# The heaviest of a tree: block 0 is its root


class _Entry:
    """A block of the tree, of which only the weight is asked."""

    def __init__(self, number: int) -> None:
        self.chain_state = number
        self.block = self
        self.header = number


class _Rules:
    """Weights by number: (justified epoch, work), or the work alone."""

    def __init__(self, *, has_votes: bool) -> None:
        self.has_votes = has_votes

    def get_weight(self, number: int, _header: int) -> tuple[Term, ...]:
        return (votes[number], work[number]) if self.has_votes else (work[number],)


class _Config:
    def __init__(self, rules: _Rules) -> None:
        self.rules = rules


class _Node:
    def __init__(self, numbers: tuple[int, ...]) -> None:
        self.root = _get_id(0)
        self.tree = {_get_id(number): _Entry(number) for number in numbers}


def _get_id(number: int) -> BlockId:
    return BlockId(bytes((number,)) * 32)


votes = constants("votes_0 votes_1 votes_2 votes_3")
work = constants("work_0 work_1 work_2 work_3")
BLOCKS = range(4)


def _choose(numbers: tuple[int, ...], *, has_votes: bool = True) -> Term:
    """The number of the head that the code chooses among these blocks."""
    config = cast("NodeConfig[int, None]", _Config(_Rules(has_votes=has_votes)))
    node = cast("NodeState[int, None]", _Node(numbers))
    return run(lambda: choose_heaviest(config, node)[0])


def _is_heavier(one: int, other: int) -> Term:
    return or_(
        votes[one] > votes[other], and_(equal(votes[one], votes[other]), work[one] > work[other])
    )


head, head_before, head_reversed = constants("head head_before head_reversed")


def _each_head(chosen: Term, claim: "dict[int, Term]") -> Term:
    return and_(*(implies(equal(chosen, number), claim[number]) for number in claim))


NOTHING_HEAVIER = _each_head(
    head, {n: and_(*(not_(_is_heavier(other, n)) for other in BLOCKS)) for n in BLOCKS}
)
FIRST_OF_EQUALS = _each_head(
    head, {n: and_(*(_is_heavier(n, earlier) for earlier in range(n))) for n in BLOCKS}
)
ALL_DIFFER = and_(
    *(
        or_(_is_heavier(one, other), _is_heavier(other, one))
        for one in BLOCKS
        for other in range(one)
    )
)
NEVER_LIGHTER = _each_head(
    head_before,
    {n: _each_head(head, {m: not_(_is_heavier(n, m)) for m in BLOCKS}) for n in BLOCKS},
)

# GHOST: the root, its children 1 and 2, and 3 upon 1

epochs = constants("epoch_0 epoch_1 epoch_2 epoch_3")
latest = constants("latest_1 latest_2 latest_3")


def _walk(*, is_filtered: bool) -> Term:
    """The head that GHOST finds; without its filter all justified epochs look alike."""
    blocks = tuple(
        Leafward(
            _get_id(number),
            _get_id(parent),
            as_number(epochs[number]) if is_filtered else 0,
        )
        for number, parent in enumerate((9, 0, 0, 1))
    )
    weights = {_get_id(number): as_number(latest[number - 1]) for number in (1, 2, 3)}
    return run(lambda: compute_head(blocks, weights)[0])


walked = constants("walked")[0]
HIGHEST = [and_(*(epochs[n] >= epochs[other] for other in BLOCKS)) for n in BLOCKS]
BOTH_VIABLE = and_(HIGHEST[2], HIGHEST[3])

# Links

source_epoch, target_epoch, old_justified, old_final, past_epoch = constants(
    "source_epoch target_epoch old_justified old_final past_epoch"
)
source_root, target_root, justified_root, final_root, past_root = constants(
    "source_root target_root justified_root final_root past_root"
)
past_is_justified = past_root > 0
justified, final = constants("justified final")


def _make_point(epoch: Term, root: Term) -> Checkpoint:
    return Checkpoint(as_number(epoch), cast("bytes", root))


def _record() -> FfgState:
    """The state after a counted link; of the history one checkpoint is looked at."""
    before = FfgState(
        dynasty=0,
        dynasty_start=0,
        current=(),
        previous=(),
        justified=_make_point(old_justified, justified_root),
        finalised=_make_point(old_final, final_root),
        history=(
            Past(_make_point(past_epoch, past_root), is_justified=cast("bool", past_is_justified)),
        ),
        targets=(),
        scores=(),
    )
    return apply_link(
        before, _make_point(source_epoch, source_root), _make_point(target_epoch, target_root)
    )


FINAL = run(lambda: _record().finalised.epoch)
JUSTIFIED = run(lambda: _record().justified.epoch)

THEOREM = Theorem(
    name="fork_choice",
    row=7,
    statement=(
        "The head is the heaviest block of the tree, the first of equals; without equals it does"
        " not depend on the order of arrival, and a new block never makes it lighter. GHOST ends"
        " at a block of the highest justified epoch and takes the heavier branch. A counted link"
        " never lowers what is justified or final, and what is final stays at or below what is"
        " justified."
    ),
    assumes=(
        "Trees of four blocks stand for all: both functions compare two blocks at a time.",
        "Justified epochs don't fall along a chain; by the lemma on links they can't.",
    ),
    tested="That a tree holds only descendants of the final block (stateful tests, simulation).",
    hypotheses=(
        Hypothesis(
            "chosen", "The head is what choose_heaviest says.", equal(head, _choose((0, 1, 2, 3)))
        ),
        Hypothesis(
            "another order",
            "The head of a node that got the blocks the other way round.",
            equal(head_reversed, _choose((0, 3, 2, 1))),
        ),
        Hypothesis("no equals", "No two weights are the same.", ALL_DIFFER),
        Hypothesis(
            "walked", "The head is what GHOST says.", equal(walked, _walk(is_filtered=True))
        ),
        Hypothesis(
            "epochs rise",
            "Justified epochs don't fall along a chain.",
            and_(
                epochs[0] <= epochs[1],
                epochs[0] <= epochs[2],
                epochs[1] <= epochs[3],
                epochs[0] >= 0,
            ),
        ),
        Hypothesis(
            "recorded",
            "Justified and final are what apply_link says.",
            and_(equal(justified, JUSTIFIED), equal(final, FINAL)),
        ),
        Hypothesis(
            "link",
            "The source lies before the target, and what was final not above what was justified.",
            and_(source_epoch < target_epoch, old_final <= old_justified, old_final >= 0),
        ),
    ),
    lemmas=(
        Lemma("nothing is heavier", "No block outweighs the head.", ("chosen",), NOTHING_HEAVIER),
        Lemma(
            "the first of equals",
            "Every block that came before the head is lighter.",
            ("chosen",),
            FIRST_OF_EQUALS,
        ),
        Lemma(
            "order does not matter",
            "Two nodes with the same blocks, no two of one weight, have the same head.",
            ("chosen", "another order", "no equals"),
            equal(head, head_reversed),
        ),
        Lemma(
            "the head never gets lighter",
            "Whichever block of a smaller tree was the head, the new one is at least as heavy.",
            ("chosen",),
            NEVER_LIGHTER,
        ),
        Lemma(
            "GHOST ends as high as it can",
            "The head's justified epoch is the highest of the tree.",
            ("walked", "epochs rise"),
            _each_head(walked, dict(enumerate(HIGHEST))),
        ),
        Lemma(
            "GHOST takes the heavier branch",
            "Where both branches may be taken it takes the one with more votes, the greater id of"
            " equals.",
            ("walked",),
            implies(BOTH_VIABLE, iff(equal(walked, 3), latest[0] + latest[2] > latest[1])),
        ),
        Lemma(
            "links never lower anything",
            "Justified and final epochs only grow.",
            ("recorded",),
            and_(justified >= old_justified, final >= old_final),
        ),
        Lemma(
            "final is not above justified",
            "What is final lies at or below what is justified.",
            ("recorded", "link"),
            final <= justified,
        ),
    ),
    mutants=(
        Mutant(
            "work alone",
            "Votes are not looked at.",
            ("nothing is heavier", "the head never gets lighter"),
            changes={"chosen": equal(head, _choose((0, 1, 2, 3), has_votes=False))},
        ),
        Mutant(
            "the last of equals",
            "Of equals the one that came last is taken.",
            ("the first of equals",),
            changes={"chosen": equal(head, _choose((0, 3, 2, 1)))},
        ),
        Mutant(
            "equals are allowed",
            "Two weights may be the same.",
            ("order does not matter",),
            changes={"no equals": None},
        ),
        Mutant(
            "no filter",
            "Branches of lower justified epochs are walked too.",
            ("GHOST ends as high as it can",),
            changes={"walked": equal(walked, _walk(is_filtered=False))},
        ),
        Mutant(
            "only the branch's first block counts",
            "Votes for later blocks of a branch don't count for it.",
            ("GHOST takes the heavier branch",),
            changes={"walked": equal(walked, choose(latest[0] > latest[1], lift(3), lift(2)))},
        ),
        Mutant(
            "the latest link justifies",
            "A link to an earlier target takes the place of a later one.",
            ("links never lower anything",),
            changes={"recorded": and_(equal(justified, target_epoch), equal(final, FINAL))},
        ),
        Mutant(
            "a link finalises without justifying",
            "What was justified stays.",
            ("final is not above justified",),
            changes={"recorded": and_(equal(justified, old_justified), equal(final, FINAL))},
        ),
    ),
    witnesses=(
        Witness(
            "a new head",
            "The block that comes last outweighs all others, for nodes in either order.",
            ("chosen", "another order", "no equals"),
            and_(equal(head, 3), _is_heavier(1, 0)),
        ),
        Witness(
            "a lighter branch of a higher epoch",
            "GHOST takes the branch with fewer votes, since only that leads to the highest epoch.",
            ("walked", "epochs rise"),
            and_(equal(walked, 3), latest[0] + latest[2] < latest[1]),
        ),
        Witness(
            "a link that finalises",
            "Its target is the next epoch.",
            ("recorded", "link"),
            and_(equal(final, source_epoch), final > old_final),
        ),
    ),
)
