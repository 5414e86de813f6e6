"""Level 5: which modules may be deployed, by which rule others may not, and bytes that are none."""

from typing import Any, Final

from conformance.clients.spec.answers import to_hex
from conformance.clients.spec.views import render_view
from conformance.generate.case import ACCEPT, Case, Suite
from conformance.generate.suites import modules_code, modules_spec, modules_tables, modules_typing
from conformance.generate.suites.malformed import set_offset
from spec.ir.descriptors import MODULE
from spec.ir.encoding import encode_module
from spec.ir.syntax import Module

METHOD: Final = "contract.validate"


def build() -> tuple[Suite, ...]:
    """The suites of modules."""
    return (
        Suite(
            "contract/module", "contract", "contract.validate", (*_build_valid(), *_build_bytes())
        ),
        Suite(
            "contract/module_tables",
            "contract",
            "contract.validate",
            _build_refused(modules_tables),
        ),
        Suite(
            "contract/module_code", "contract", "contract.validate", _build_refused(modules_code)
        ),
        Suite(
            "contract/module_typing",
            "contract",
            "contract.validate",
            _build_refused(modules_typing),
        ),
        Suite(
            "contract/module_spec", "contract", "contract.validate", _build_refused(modules_spec)
        ),
    )


def _case(name: str, why: str, module: Module, expected: str = ACCEPT) -> Case:
    args = {"module": to_hex(encode_module(module))}
    bug_class = "admission" if expected == ACCEPT else expected.partition(".")[2]
    return Case(name, why, bug_class, METHOD, args, expected, view=render_view(MODULE, module))


def _build_valid() -> tuple[Case, ...]:
    why = "A module that keeps all rules may be deployed; its names and gas bounds follow from it."
    return tuple(_case(f"valid_{name}", why, module) for name, module in modules_spec.list_valid())


def _build_refused(chapter: Any) -> tuple[Case, ...]:  # noqa: ANN401 - one of four modules
    why = "What a rule forbids must not be deployed: clients would run it differently."
    return tuple(_case(name, why, module, rule) for name, rule, module in chapter.list_rows())


def _build_bytes() -> tuple[Case, ...]:
    data = encode_module(modules_spec.list_valid()[2][1])
    rows = (
        ("empty", b"", "ssz.truncated"),
        ("truncated", data[:7], "ssz.truncated"),
        ("first_offset", set_offset(data, 0, 1), "ssz.bad_first_offset"),
        ("second_offset", data[:4] + b"\xff" * 4 + data[8:], "ssz.offset_out_of_bounds"),
        ("trailing", data + b"\0", "ssz.uneven_length"),
    )
    why = "Bytes that are no canonical encoding of a module are refused as such."
    return tuple(
        Case(f"bytes_{name}", why, "malformed", METHOD, {"module": to_hex(spoiled)}, code)
        for name, spoiled, code in rows
    )
