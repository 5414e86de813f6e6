"""The reference machine with a memory: a module is decoded, validated and linked once.

Linking depends on the module alone, so a result may be kept for ever; the least recently used falls
out so that a chain with many contracts does not fill the memory.
"""

from collections import OrderedDict

from spec.ledger.engine import Engine
from spec.ledger.reference_engine import REFERENCE_ENGINE

MODULES_MAX = 1_024
"""Linked modules kept: a few hundred kilobytes each at the largest."""


def compute_cached_engine() -> Engine:
    """A new engine with an empty memory."""
    linked: OrderedDict[bytes, object] = OrderedDict()

    def load_module(code_id: bytes, encoded: bytes) -> object:
        module = linked.get(code_id)
        if module is None:
            module = REFERENCE_ENGINE.load_module(code_id, encoded)
            linked[code_id] = module
            if len(linked) > MODULES_MAX:
                linked.popitem(last=False)
        else:
            linked.move_to_end(code_id)
        return module

    return Engine(
        admit_module=REFERENCE_ENGINE.admit_module,
        load_module=load_module,
        execute=REFERENCE_ENGINE.execute,
    )
