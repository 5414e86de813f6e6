"""The contract machine of the specification, as the ledger takes it: slow and clear.

Source: DESIGN.md 3.
"""

from spec.ir.encoding import compute_code_id, decode_module
from spec.ir.machine import execute
from spec.ir.validate import link
from spec.ledger.engine import Engine
from spec.lib.result import Err, Ok, Result


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
