"""The five versions that a user may have to quote, on one page."""

from typing import Final

from quantumchain import __version__

SPEC: Final = "qcs/1"
IR: Final = "qcir/1"
VECTORS: Final = "qcv/1"
PROTOCOL: Final = "qcap/1"


def render_versions() -> str:
    """The text of `qc --version`: one line for each version, what it counts after it."""
    rows = (
        (f"quantumchain {__version__}", "this package"),
        (SPEC, "the specification: the rules of the chain"),
        (IR, "the core IR: the form in which contracts lie on the chain"),
        (VECTORS, "the test vectors' format"),
        (PROTOCOL, "the protocol between the conformance runner and a client"),
    )
    width = max(len(version) for version, _ in rows)
    return "\n".join(f"{version:<{width}}  {what}" for version, what in rows)
