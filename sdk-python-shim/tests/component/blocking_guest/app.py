"""The guest of the tests that both backends pass: the source is the same. Its handler blocks."""

import json
import os

import blocking
import clients
from spin_http import Request, Response, http_component


@http_component
def handle(request: Request) -> Response:
    module, _, name = request.uri.removeprefix("/").partition("/")
    upstream = os.environ["UPSTREAM"]
    if module == "clients":
        return Response(200, {}, json.dumps(getattr(clients, name)(upstream)))
    return getattr(blocking, name)(request, upstream)
