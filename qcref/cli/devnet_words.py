"""What `qc devnet` says when it is ready."""

from qcref.accounts import NAMES, get_named_account
from qcref.cli.output import COIN
from qcref.node import Consensus, Interval, Node

SHOWN = 2
"""Named accounts in the greeting."""
NEXT = (
    "  next:  qc contract new Token  then  qc deploy Token/Token.qc Gold 100 --from alice"
    "      Ctrl-C stops"
)


def render_greeting(
    node: Node, urls: tuple[str, ...], data: str, seconds: float
) -> tuple[str, ...]:
    """A few lines for whoever started it.

    Args:
        node: the first.
        urls: of all nodes.
        data: the folder, as it was named.
        seconds: since the process began.
    """
    chain = node.devnet.genesis.config.name.decode("ascii")
    height = node.devnet.runtime.head.header.height
    accounts = "   ".join(_render_account(node, name) for name in NAMES[:SHOWN])
    rest = len(NAMES) - SHOWN
    url = urls[0]
    others = tuple(
        f"  node {number} {each}/   (qc … --node {number})"
        for number, each in enumerate(urls[1:], 2)
    )
    return (
        (
            f"devnet ready in {seconds:.1f} s · chain {chain} · height {height} · "
            f"{_render_policy(node)} · data {data} (reset: --reset)"
        ),
        f"  API {url}/v1 (docs {url}/docs)   explorer {url}/",
        *others,
        f"  {accounts}   (+{rest}, everybody knows their keys: never use elsewhere)",
        NEXT,
    )


def _render_policy(node: Node) -> str:
    match node.mining:
        case Consensus(_, urls):
            return f"{len(urls)} validators, {node.devnet.runtime.config.rules.name}"
        case Interval(every_ms):
            return f"1 validator, a block every {every_ms} ms"
        case policy:
            when = {"instant": "a block per transaction", "manual": "blocks when asked for"}
            return f"1 validator, {when[policy.name]}"


def _render_account(node: Node, name: str) -> str:
    account = get_named_account(name)
    assert account is not None, "it is in the table"
    balance = node.devnet.get_account(account.address).balance // COIN
    return f"{name} {node.directory.render_text(account.address)[:12]}… {balance:,}"
