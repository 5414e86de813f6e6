"""What the ledger needs of the contract machine, as parameters.

So there is no second ledger for a faster machine. The specification passes `REFERENCE_ENGINE`; a
node may pass its own, held equal to it by tests.

Source: DESIGN.md 3 (the ledger takes `execute` as a parameter).
"""

from collections.abc import Callable
from dataclasses import dataclass

from spec.config import ChainConfig, Rules
from spec.ir.encoding import compute_code_id, decode_module
from spec.ir.host import BlockContext, CallInput, Outcome, World
from spec.ir.machine import execute
from spec.ir.validate import link
from spec.lib.result import Err, Ok, Result


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


def admit_module(encoded: bytes) -> Result[bytes, str]:
    """Decodes and validates a module.

    Args:
        encoded: untrusted bytes.
    """
    decoded = decode_module(encoded)
    if isinstance(decoded, Err):
        return Err(decoded.error.code)
    linked = link(decoded.value)
    if isinstance(linked, Err):
        return Err(linked.error.code)
    return Ok(compute_code_id(decoded.value))


def load_module(_code_id: bytes, encoded: bytes) -> object:
    """The executable form of a module that was admitted before."""
    decoded = decode_module(encoded)
    assert isinstance(decoded, Ok), "only admitted modules are stored"
    linked = link(decoded.value)
    assert isinstance(linked, Ok), "only admitted modules are stored"
    return linked.value


REFERENCE_ENGINE = Engine(admit_module=admit_module, load_module=load_module, execute=execute)
