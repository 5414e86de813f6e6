"""An API over a fresh chain, one with a token, and answers held against the OpenAPI document."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.qcref.api.support import Api, serving


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with serving(tmp_path) as served:
        yield served
        assert served.defects == []


@pytest.fixture
def token(api: Api) -> Api:
    assert api.deploy().status == 200
    return api
