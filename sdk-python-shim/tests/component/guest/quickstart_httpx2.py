"""httpx2, whose transport is that of httpx: the features in which it could differ."""

import httpx2


def making_requests(upstream):
    response = httpx2.get(f"{upstream}/get", params={"q": "1"})
    assert (response.status_code, response.json()["target"]) == (200, "/get?q=1")
    response = httpx2.post(f"{upstream}/anything", json={"a": 1})
    assert (response.json()["method"], response.json()["body"]) == ("POST", '{"a":1}')


def a_client_keeps_cookies_and_base_url(upstream):
    with httpx2.Client(base_url=upstream, headers={"x-client": "1"}) as client:
        client.get("/cookies/set")
        got = client.get("/get").json()["headers"]
    assert (got["cookie"], got["x-client"]) == ("chocolate=chip; oatmeal=raisin", "1")


def bodies(upstream):
    assert httpx2.get(f"{upstream}/gzip").text == "hello, gzip"
    with httpx2.stream("GET", f"{upstream}/lines") as response:
        assert list(response.iter_lines()) == ["line 1", "line 2", "line 3"]


def timeouts(upstream):
    try:
        httpx2.get(f"{upstream}/late", timeout=0.1)
    except httpx2.ReadTimeout as error:
        assert "the timeout is 0.1 s" in str(error)
    else:
        raise AssertionError("it is late")


def exceptions(_upstream):
    for url, kind in [
        ("https://denied.test/", "destination-not-allowed"),
        ("http://127.0.0.1:1/", "runtime-error"),
    ]:
        try:
            httpx2.get(url)
        except httpx2.TransportError as error:
            assert error.__cause__.kind == kind
        else:
            raise AssertionError("no error was raised")


def asynchronous_clients(upstream):
    """Some libraries make one and do not use it. Its use is an error."""
    client = httpx2.AsyncClient()
    try:
        client.get(upstream).send(None)
    except NotImplementedError as error:
        assert "httpx.Client" in str(error)
    else:
        raise AssertionError("the client is asynchronous")
