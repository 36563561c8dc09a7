"""An app of the published spin-sdk 3 of PyPI: it says what came, or asks for the URL in its query."""

from spin_sdk import http
from spin_sdk.http import Request, Response, send
from spin_sdk.wit.types import Err


class IncomingHandler(http.IncomingHandler):
    """Answers requests."""

    def handle_request(self, request: Request) -> Response:
        """Answers one, as its path says."""
        _, _, url = request.uri.partition("?")
        if not url:
            text = f"{request.method} {request.uri} {request.headers['x-a']} {request.body!r}"
            return Response(201, {"x-b": "2"}, text.encode())
        try:
            response = send(Request("GET", url, {}, None))
        except Err as error:
            return Response(502, {}, type(error.value).__name__.encode())
        return Response(response.status, {}, response.body)
