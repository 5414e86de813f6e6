"""The nodes that set other contracts going, and what may be assumed of their answers.

Nothing is known of another contract but the types of what it answers, and what a trusted interface
ensures of its calls (`trust`): an action answers anything, a
view the same for the same arguments as long as nothing may have changed it. Each action called,
each message sent and each payment to a contract starts a new *epoch*; a view is an uninterpreted
function of target, arguments and epoch. No contract is entered again while it runs, so a call
leaves the own state as it is, but for coins: those that go along, and those that come to the inbox
meanwhile. An address that another contract answers may be no real one.

A call that fails fails its caller, openly. It surely fails at what is no contract, and at oneself;
sending a message also where the balance is short of its coins, which nobody can know beforehand.

Source: LANGUAGE.md 2 (Calls), 5; `spec.ir.machine`; decision record 0121.
"""

from dsl.verify.encoder import Encoder
from dsl.verify.leaves import (
    Leaf,
    Sym,
    add_facts,
    as_leaf,
    compute_conditions,
    make_symbolic,
)
from dsl.verify.run_frame import UNIT, Made, Promise
from dsl.verify.run_values import ValueNodes
from dsl.verify.state import COINS_MAX, Place, read_leaf
from dsl.verify.terms import Symbol, Term
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    NO_VALUE,
    Call,
    Member,
    NodeIndex,
    Send,
)

MESSAGE_TARGET, MESSAGE_SELECTOR, MESSAGE_VALUE = range(3)
"""Leaves of a message, before the length and the bytes of its arguments."""


class CallNodes(ValueNodes):
    """Handlers of `Call` and `Send`."""

    def do_call(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Call), "dispatched by type"
        member = self.encoder.module.code.interfaces[node.interface].members[node.member]
        target = self.number(node.target)
        coins = self.pool.zero
        if node.value != NO_VALUE:
            coins = self.number(NodeIndex(node.value))
        self._hand_over(coins, index)
        failed = self._may_fail(target, self.pool.false, index)
        args = tuple(self.values[each] for each in node.args)
        result = self._answer(member, target, args)
        gift = self.pool.zero if member.is_view else self._receive()
        selector = self.pool.number(int.from_bytes(member.selector, "big"))
        self.made.append(
            Made(
                self.guard,
                target,
                selector,
                (node.interface, node.member),
                args,
                None,
                member.is_view,
                result,
                gift,
            )
        )
        before = self.epoch
        if not member.is_view:
            self.start_epoch(self.pool.true)
        succeeds = self.pool.and_(self.guard, self.pool.not_(failed))
        position = len(self.made) - 1
        self.promises.append(Promise(succeeds, position, coins, before, self.epoch))
        self.values[index] = UNIT if result is None else result
        return index + 1

    def do_send(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Send), "dispatched by type"
        message = self.values[node.message]
        target, selector, coins = message.leaves[: MESSAGE_VALUE + 1]
        before = read_leaf(self.state, Place(CELL_BALANCE, (), 0))
        is_short = self.pool.less(before, coins)
        is_nothing = self.pool.equal(selector, self.pool.zero)
        self._may_fail(target, self.pool.or_(is_short, is_nothing), index)
        self.credit(CELL_BALANCE, self.pool.scale(coins, -1))
        gift = self._receive()
        self.made.append(
            Made(self.guard, target, selector, None, (), message, False, None, gift)  # no view
        )
        self.start_epoch(self.pool.true)
        return index + 1

    def _hand_over(self, coins: Term, node: int) -> None:
        """Takes the coins that go along from the balance, which must suffice."""
        before = read_leaf(self.state, Place(CELL_BALANCE, (), 0))
        self.fail("balance", self.pool.less(before, coins), node)
        self.credit(CELL_BALANCE, self.pool.scale(coins, -1))

    def _may_fail(self, target: Term, is_refused: Term, node: int) -> Term:
        """The call fails for reasons of its own, and where there is nobody to call."""
        pool = self.pool
        fails = pool.equal(pool.fresh("fails", 0, 1), pool.one)
        is_self = pool.equal(target, self.inputs.this)
        is_nobody = pool.not_(self.is_contract(target))
        whole = pool.or_(fails, is_self, is_nobody, is_refused)
        self.fail("call", whole, node)
        return whole

    def _receive(self) -> Term:
        """Coins that may come to the inbox during a call; there are not more than exist."""
        pool = self.pool
        gift = pool.fresh("gift", 0, COINS_MAX)
        self.credit(CELL_INBOX, gift)
        total = pool.add(
            read_leaf(self.state, Place(CELL_BALANCE, (), 0)),
            read_leaf(self.state, Place(CELL_INBOX, (), 0)),
        )
        within = pool.less_equal(total, pool.number(COINS_MAX))
        self.assumed.append(pool.implies(self.guard, within))
        return gift

    def _answer(self, member: Member, target: Term, args: tuple[Sym, ...]) -> Sym | None:
        if not member.result:
            return None
        kind = self.layouts.get(member.result[0])
        if not member.is_view:
            return make_symbolic(self.pool, self.layouts, kind, "answer")
        return ask_view(self.encoder, member, target, args, self.epoch)


def ask_view(
    encoder: Encoder, member: Member, target: Term, args: tuple[Sym, ...], epoch: Term
) -> Sym:
    """What a view of another contract answers: the same to the same question in an epoch."""
    pool = encoder.pool
    kinds = tuple(encoder.layouts.get(each) for each in member.params)
    kind = encoder.layouts.get(member.result[0])
    number = encoder.get_function_number("view", member.selector, kinds, kind)
    asked = (target, *(pool.to_integer(leaf) for arg in args for leaf in arg.leaves), epoch)
    leaves = encoder.layouts.leaves(kind)

    def make(position: int, leaf: Leaf) -> Term:
        group = "view" if not leaf.is_text else "view_text"
        return pool.apply(Symbol(group, (number, position), 0, leaf.high), asked)

    atoms = [make(position, leaf) for position, leaf in enumerate(leaves)]
    rows = compute_conditions(encoder.layouts, kind)
    for atom, conditions in zip(atoms, rows, strict=True):
        add_facts(pool, atom, conditions, lambda leaf: atoms[leaf])
    pairs = zip(atoms, leaves, strict=True)
    return Sym(kind, tuple(as_leaf(pool, atom, leaf) for atom, leaf in pairs))
