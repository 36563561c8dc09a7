"""The plugin that pytest finds once `spin-http` is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ._transport import use_transport
from .testing import MockTransport


@pytest.fixture
def spin_http_mock() -> Iterator[MockTransport]:
    """A `MockTransport` in use; when the test ends it must have answered all that it expected."""
    with use_transport(MockTransport()) as mock:
        yield mock
    mock.verify()
