"""The table of sub-command groups, and which package needs which extra."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Command:
    """One group of sub-commands: `qc NAME …`."""

    name: str
    module: str  # its dotted name in a checkout; has `add_arguments(parser)` and `run(args)`
    summary: str  # one line for `qc --help`
    extra: str | None  # the extra that most of the group needs; None where the core is enough


COMMANDS: Final = (
    Command("contract", "dsl.cli", "write, check, prove, test and build contracts", None),
    Command("spec", "proofs.cli", "prove theorems, search small worlds", "verify"),
    Command("conformance", "conformance.cli", "test a client against the vectors", None),
    Command("devnet", "qcref.cli.devnet", "run a local chain with named accounts", "node"),
    Command("deploy", "qcref.cli.deploy", "put a contract on the chain", "node"),
    Command("call", "qcref.cli.call", "call an action or a view of a contract", "node"),
    Command("account", "qcref.cli.account", "show an account and its proof", "node"),
    Command("block", "qcref.cli.block", "show a block", "node"),
    Command("tx", "qcref.cli.tx", "build, sign, send and show transactions", "node"),
    Command("key", "qcref.cli.key", "make and show keys and addresses", "node"),
    Command("sim", "qcref.cli.sim", "play seeded networks of nodes under faults", None),
    Command("explain", "quantumchain.explain", "say what a code in a message means", None),
)

# The modules of each extra, by the name they are imported by.
EXTRA_MODULES: Final = {
    "verify": ("z3",),
    "node": (
        "coincurve",
        "fastapi",
        "hypercorn",
        "jinja2",
        "nacl",
        "pydantic",
        "starlette",
        "trio",
    ),
}


def get_extra(module: str) -> str | None:
    """The extra that installs a module, or None for one that no extra installs."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in EXTRA_MODULES.items() if top in modules), None)
