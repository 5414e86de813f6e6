"""`python -m conformance.clients.spec`: our own client on standard input and output."""

import sys

from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve

sys.exit(serve(SpecClient()))
