"""Tests of WebAssembly components for Spin: in memory, with the permissions of the manifest and mocked upstreams.

    from spin_harness import App, Mocks, get, json

    mocks = Mocks().expect(get("https://api.test/price").query("sku", "7"), json({"price": 3}))
    app = App.load(manifest="spin.toml", mocks=mocks)
    response = app.get("/buy/7")
    assert response.status == 200
    mocks.verify()

With pytest, the fixtures `spin_app` and `spin_mocks` load the application and verify the mocks.
"""

from ._app import App, Stream
from ._async_app import AsyncApp
from ._async_stream import AsyncStream
from ._errors import (
    HarnessError,
    InvalidMockError,
    InvalidRequestError,
    LimitError,
    LoadError,
    TrapError,
    UnmetMocksError,
)
from ._expectation import (
    Expectation,
    UrlPattern,
    any_request,
    delete,
    get,
    glob,
    head,
    options,
    patch,
    post,
    prefix,
    put,
    regex,
    request,
)
from ._headers import Headers
from ._mock_response import (
    MockResponse,
    bytes_body,
    fault,
    json,
    pieces,
    stalled,
    status,
    text,
    too_many_requests,
)
from ._mocks import Mocks
from ._native import __version__
from ._options import AppOptions
from ._received import ReceivedRequest
from ._report import Call, Report, Sweep, SweepRun
from ._response import Response

__all__ = [
    "App",
    "AppOptions",
    "AsyncApp",
    "AsyncStream",
    "Call",
    "Expectation",
    "HarnessError",
    "Headers",
    "InvalidMockError",
    "InvalidRequestError",
    "LimitError",
    "LoadError",
    "MockResponse",
    "Mocks",
    "ReceivedRequest",
    "Report",
    "Response",
    "Stream",
    "Sweep",
    "SweepRun",
    "TrapError",
    "UnmetMocksError",
    "UrlPattern",
    "__version__",
    "any_request",
    "bytes_body",
    "delete",
    "fault",
    "get",
    "glob",
    "head",
    "json",
    "options",
    "patch",
    "pieces",
    "post",
    "prefix",
    "put",
    "regex",
    "request",
    "stalled",
    "status",
    "text",
    "too_many_requests",
]
