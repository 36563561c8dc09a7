"""The pytest plugin of the package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ._transport import use_transport
from .testing import MockTransport


@pytest.fixture
def spin_http_mock() -> Iterator[MockTransport]:
    """A `MockTransport`, with expected requests and variables, that is set during the test and verified when the test ends."""
    with use_transport(MockTransport()) as mock:
        yield mock
    mock.verify()
