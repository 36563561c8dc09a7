"""A guest that imports HTTP libraries and does not install their transports."""

import asyncio
import email.utils
import http.client
import json
import socket
import urllib.request

import httpx
import httpx2
import requests
import urllib3

import spin_http.httpx
import spin_http.requests
from spin_http import Request, Response, http_component


async def asynchronous():
    async with httpx.AsyncClient() as client:
        await client.get("http://api.test/")


def connection():
    connection = http.client.HTTPConnection("api.test")
    connection.request("GET", "/")


def own_transport():
    with httpx.Client(transport=spin_http.httpx.SpinTransport()) as client:
        client.get("https://api.test/")


def own_adapter():
    with requests.Session() as session:
        session.mount("https://", spin_http.requests.SpinAdapter())
        session.get("https://api.test/")


CALLS = {
    "requests http": lambda: requests.get("http://api.test/"),
    "requests https": lambda: requests.get("https://api.test/"),
    "httpx http": lambda: httpx.get("http://api.test/"),
    "httpx https": lambda: httpx.get("https://api.test/"),
    "httpx2 https": lambda: httpx2.get("https://api.test/"),
    "httpx asynchronous": lambda: httpx.AsyncClient().get("https://api.test/").send(None),
    "urllib3 http": lambda: urllib3.request("GET", "http://api.test/"),
    "urllib3 https": lambda: urllib3.request("GET", "https://api.test/"),
    "urllib.request http": lambda: urllib.request.urlopen("http://api.test/"),
    "urllib.request https": lambda: urllib.request.urlopen("https://api.test/"),
    "http.client": connection,
    "asyncio": lambda: asyncio.run(asynchronous()),
    "socket": lambda: socket.socket(),
    "connect": lambda: socket.create_connection(("127.0.0.1", 1)),
    "getaddrinfo": lambda: socket.getaddrinfo("api.test", 443),
    "make_msgid": lambda: email.utils.make_msgid(),
    "own transport": own_transport,
    "own adapter": own_adapter,
}


@http_component
def handle(_request: Request) -> Response:
    return Response(200, {}, json.dumps({name: outcome(call) for name, call in CALLS.items()}))


def outcome(call):
    try:
        call()
    except Exception as error:
        return f"{type(error).__module__}: {error}"
    return "no error"
