"""Counts votes of the current set only: sets that change completely finalise apart."""

import sys
from dataclasses import replace

from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve
from spec.consensus import ffg
from spec.ledger.ops import Checkpoint


class OneSet(SpecClient):
    """Our client, but the previous set is not asked."""

    name = "one-set"


_has_link = ffg._has_link  # noqa: SLF001 - what it gets wrong is inside


def _has_link_of_one(target: ffg.Target, source: Checkpoint) -> bool:
    return _has_link(replace(target, previous=target.current), source)


ffg._has_link = _has_link_of_one  # noqa: SLF001 - the mistake, in this process
sys.exit(serve(OneSet()))
