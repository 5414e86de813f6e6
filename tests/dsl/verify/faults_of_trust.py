"""Faults in what the verifier makes of trusted interfaces."""

from dataclasses import replace

import pytest

from dsl.source_map import TrustMap
from dsl.verify import trust
from dsl.verify.encoder import Encoder
from dsl.verify.execute import Execution
from dsl.verify.run_frame import Made, Paid, Promise

Patch = pytest.MonkeyPatch


def any_interface_is_trusted(patch: Patch) -> None:
    def wrong(each: TrustMap, call: Made | Paid) -> bool:
        return isinstance(call, Made) and call.member is not None and call.member[1] == each.member

    patch.setattr(trust, "_is_about", wrong)


def calls_not_made_are_trusted(patch: Patch) -> None:
    real = trust._make_setting

    def wrong(
        encoder: Encoder, execution: Execution, promise: Promise, call: Made | Paid
    ) -> trust._Setting:
        setting = real(encoder, execution, promise, call)
        return replace(setting, promise=replace(promise, guard=encoder.pool.true))

    patch.setattr(trust, "_make_setting", wrong)
