"""The guest of the component tests: hostile handlers by path, and the quickstarts of the libraries."""

import json
import os
import sys
import traceback
import types

import hostile
import quickstart_httpx
import quickstart_requests
import spin_http.httpx
import spin_http.requests
from spin_http import Request, Response, http_component

spin_http.httpx.install()
spin_http.requests.install()


@http_component
def handle(request: Request) -> Response:
    if request.uri == "/quickstarts":
        upstream = os.environ["UPSTREAM"]
        results = {
            f"{module.__name__}.{name}": outcome(function, upstream)
            for module in [quickstart_httpx, quickstart_requests]
            for name, function in vars(module).items()
            if isinstance(function, types.FunctionType) and function.__module__ == module.__name__
        }
        return Response(200, {"content-type": "application/json"}, json.dumps(results))
    print("calls", request.uri, file=sys.stdout)
    return getattr(hostile, request.uri.removeprefix("/"))(request)


def outcome(function, upstream) -> str:
    try:
        function(upstream)
    except Exception:
        return traceback.format_exc()
    return "ok"
