"""A value survives its view, and what is no view is refused with a sentence."""

from typing import Any

import pytest

from conformance.clients.spec.answers import RequestError, to_bytes, to_hex
from conformance.clients.spec.types import OF_PROTOCOL, get_type
from conformance.clients.spec.views import read_view, render_view
from conformance.generate.samples import VALUES
from conformance.generate.suites.codec import ELEMENTARY_VALUES

SAMPLES = (*VALUES, *ELEMENTARY_VALUES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample[0]}-{sample[1]}")
def test_a_value_survives_its_view(sample: tuple[str, str, Any]) -> None:
    name, _, value = sample
    assert read_view(get_type(name), render_view(get_type(name), value)) == value


def test_the_samples_cover_every_type_of_the_protocol() -> None:
    assert {name for name, _, _ in VALUES} == set(OF_PROTOCOL)


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("uint32", "1"),
        ("uint32", True),
        ("uint32", -1),
        ("uint32", 2**32),
        ("uint64", 1),
        ("uint64", "01"),
        ("uint64", "+1"),
        ("uint64", ""),
        ("uint64", "1\n"),
        ("uint64", "٣"),
        ("uint64", str(2**64)),
        ("uint256", "9" * 10_000),
        ("boolean", 1),
        ("bytes32", "00"),
        ("bytes32", "0xAB"),
        ("bytes32", "0x0"),
        ("bitlist_10", "012"),
        ("list_uint16_3", {}),
        ("account", {"nonce": "1"}),
        ("account", []),
        ("body", None),
    ],
)
def test_what_is_no_view_is_refused(name: str, view: Any) -> None:
    with pytest.raises(RequestError):
        read_view(get_type(name), view)


@pytest.mark.parametrize("data", [b"", b"\x00", bytes(range(256))])
def test_hex_is_read_as_it_is_written(data: bytes) -> None:
    assert to_bytes(to_hex(data)) == data
