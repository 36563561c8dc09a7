"""The guest of the component tests: hostile handlers by path, and what the HTTP libraries do."""

import inspect
import json
import os
import sys
import traceback
import types

import charsets_of_libraries
import hops
import hostile
import hostile_exchanges
import quickstart_httpx
import quickstart_httpx2
import quickstart_requests
import quickstart_urllib
import quickstart_urllib3
import spin_http.httpx
import spin_http.httpx2
import spin_http.requests
import spin_http.urllib
import spin_http.urllib3
from spin_http import Request, Response, http_component

spin_http.httpx.install()
spin_http.httpx2.install()
spin_http.requests.install()
spin_http.urllib.install()
spin_http.urllib3.install()

MODULES = {
    "/quickstarts": [
        quickstart_httpx,
        quickstart_httpx2,
        quickstart_requests,
        quickstart_urllib,
        quickstart_urllib3,
    ],
    "/charsets": [charsets_of_libraries],
    "/hops": [hops],
    "/hostile": [hostile_exchanges],
}


@http_component
def handle(request: Request) -> Response:
    if request.uri in MODULES:
        upstream = os.environ["UPSTREAM"]
        results = {
            f"{module.__name__}.{name}": outcome(function, upstream)
            for module in MODULES[request.uri]
            for name, function in vars(module).items()
            if isinstance(function, types.FunctionType)
            and function.__module__ == module.__name__
            and inspect.signature(function).parameters.keys() == {"upstream"}
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
