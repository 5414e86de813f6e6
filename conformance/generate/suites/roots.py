"""Hash tree roots of the same values that level 1 encodes: level 2."""

from conformance.clients.spec.answers import to_hex
from conformance.clients.spec.types import OF_PROTOCOL, get_type
from conformance.clients.spec.views import render_view
from conformance.generate.case import Case, Suite
from conformance.generate.samples import VALUES
from conformance.generate.suites.codec import ELEMENTARY_VALUES
from spec.lib.ssz import encode


def build() -> tuple[Suite, ...]:
    """Roots of elementary types and of the protocol's own."""
    elementary = tuple(_build(name, f"{name}_{label}", v) for name, label, v in ELEMENTARY_VALUES)
    own = tuple(_build(name, f"{name}_{label}", v) for name, label, v in VALUES)
    assert {name for name, _, _ in VALUES} == set(OF_PROTOCOL), "each type has a root"
    return (
        Suite("hash/root_basic", "hash", "hash", elementary),
        Suite("hash/root", "hash", "hash", own),
    )


def _build(name: str, label: str, value: object) -> Case:
    descriptor = get_type(name)
    return Case(
        label,
        "Roots depend on a list's limit and length, on chunks and on the order of fields.",
        "merkleization",
        "ssz.root",
        {"type": name, "bytes": to_hex(encode(descriptor, value))},
        view=render_view(descriptor, value),
    )
