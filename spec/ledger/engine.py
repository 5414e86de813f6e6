"""What the ledger needs of the contract machine, as parameters.

So there is no second ledger for a faster machine. The specification passes
`spec.ledger.reference_engine`; a node may pass its own, held equal to it by tests.

Source: DESIGN.md 3 (the ledger takes `execute` as a parameter).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from spec.config import ChainConfig, Rules
from spec.ir.host import BlockContext, CallInput, Outcome, World
from spec.lib.result import Result


@dataclass(frozen=True, slots=True)
class Engine:
    """How modules are admitted, loaded and run."""

    admit_module: Callable[[bytes], Result[bytes, str]]
    """From an encoded module, untrusted: Ok(its code id), or Err(code of the rule that refuses it).
    From an encoded module, untrusted: Ok(its code id), or Err(code of the rule that refuses it)."""
    load_module: Callable[[bytes, bytes], object]
    """From (code id, encoded module) of an admitted module: what `execute` runs. May be cached."""
    execute: Callable[[World, BlockContext, CallInput], Outcome]


@dataclass(frozen=True, slots=True)
class Environment:
    """What all transactions of a block share."""

    config: ChainConfig
    rules: Rules
    """Of the block's height."""
    engine: Engine
    context: BlockContext
    """Chain, height and time."""
    base_fee: int
    """Base units a gas."""


def compute_block_engine(engine: Engine) -> Engine:
    """The same engine for the length of one block, in which it loads each module once.

    A module never changes under its code id, so what it loads to is a function of it alone.
    """
    loaded: dict[bytes, object] = {}

    def load_module(code_id: bytes, encoded: bytes) -> object:
        module = loaded.get(code_id)
        if module is None:
            module = engine.load_module(code_id, encoded)
            loaded[code_id] = module
        return module

    return replace(engine, load_module=load_module)
