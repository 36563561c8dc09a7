"""The guest of the tests over wasi:http. The path of a request names a module and a function, which returns the result as JSON."""

import asyncio
import json
import os

import asynchronous
import errors
import libraries
import spin_http.httpx
import spin_http.requests
import spin_http.urllib
import spin_http.urllib3
import streams
from spin_http import Request, Response, http_component

spin_http.httpx.install()
spin_http.requests.install()
spin_http.urllib3.install()
spin_http.urllib.install()

MODULES = {
    "asynchronous": asynchronous,
    "errors": errors,
    "libraries": libraries,
    "streams": streams,
}


@http_component
async def handle(request: Request) -> Response:
    module, _, name = request.uri.removeprefix("/").partition("/")
    if module == "deadlock":
        await asyncio.Event().wait()
    if module == "respond":
        return getattr(streams, f"respond_{name.partition('?')[0]}")(
            request, os.environ["UPSTREAM"]
        )
    if name == "all":
        results = {}
        for name, case in vars(MODULES[module]).items():
            if name.startswith("case_"):
                results[name] = await result_of(case)
        return Response(200, {}, json.dumps(results))
    result = await result_of(getattr(MODULES[module], f"case_{name}"))
    return Response(200, {}, json.dumps(result))


async def result_of(case) -> object:
    try:
        result = case(os.environ["UPSTREAM"])
        return await result if hasattr(result, "__await__") else result
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}: {error}"
