"""The reference machine as the client runs it: each module is decoded and linked once."""

from dataclasses import replace
from functools import lru_cache
from typing import Final

from spec.ledger.reference_engine import REFERENCE_ENGINE

MODULES_MAX: Final = 64  # kept linked at once; vectors use fewer

ENGINE: Final = replace(
    REFERENCE_ENGINE, load_module=lru_cache(MODULES_MAX)(REFERENCE_ENGINE.load_module)
)
"""As `REFERENCE_ENGINE`; the ledger allows `load_module` to be cached."""
