"""The features of the quickstart of httpx that the import supports, with `install`."""

import certifi
import httpx


def making_a_request(upstream):
    response = httpx.get(f"{upstream}/get")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json()["method"] == "GET"


def every_method(upstream):
    for method in ["post", "put", "patch"]:
        response = getattr(httpx, method)(f"{upstream}/anything", data={"key": "value"})
        assert response.json()["method"] == method.upper()
        assert response.json()["body"] == "key=value"
    for method in ["delete", "options"]:
        assert getattr(httpx, method)(f"{upstream}/anything").json()["method"] == method.upper()
    assert httpx.head(f"{upstream}/get").content == b""


def passing_parameters_in_urls(upstream):
    params = {"key1": "value1", "key2": ["value2", "value3"]}
    response = httpx.get(f"{upstream}/get", params=params)
    assert response.url == f"{upstream}/get?key1=value1&key2=value2&key2=value3"
    assert response.json()["target"] == "/get?key1=value1&key2=value2&key2=value3"


def response_content(upstream):
    response = httpx.get(f"{upstream}/latin1")
    assert response.encoding == "iso-8859-1"
    assert response.text == "caf\u00e9"
    assert response.content == b"caf\xe9"


def binary_response_content_is_decoded(upstream):
    response = httpx.get(f"{upstream}/gzip")
    assert response.headers["content-encoding"] == "gzip"
    assert response.text == "hello, gzip"
    assert httpx.get(f"{upstream}/deflate").text == "hello, deflate"


def custom_headers(upstream):
    response = httpx.get(f"{upstream}/get", headers={"user-agent": "my-app/0.0.1"})
    assert response.json()["headers"]["user-agent"] == "my-app/0.0.1"


def sending_form_encoded_data(upstream):
    response = httpx.post(f"{upstream}/anything", data={"key1": ["value1", "value2"]})
    assert response.json()["body"] == "key1=value1&key1=value2"


def sending_multipart_file_uploads(upstream):
    files = {"upload-file": ("report.txt", b"text of the file", "text/plain")}
    response = httpx.post(f"{upstream}/anything", files=files)
    assert "text of the file" in response.json()["body"]
    assert response.json()["headers"]["content-type"].startswith("multipart/form-data")


def sending_json_encoded_data(upstream):
    response = httpx.post(f"{upstream}/anything", json={"integer": 123, "list": ["a", "\u00e9"]})
    assert response.json()["body"] == '{"integer":123,"list":["a","\u00e9"]}'


def sending_binary_request_data(upstream):
    response = httpx.post(f"{upstream}/echo", content=bytes(range(256)))
    assert response.content == bytes(range(256))


def response_status_codes(upstream):
    response = httpx.get(f"{upstream}/status/404")
    assert response.status_code == httpx.codes.NOT_FOUND
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == 404
    else:
        raise AssertionError("404 is an error")


def response_headers(upstream):
    response = httpx.get(f"{upstream}/repeated")
    assert response.headers.get_list("x-a") == ["1", "2"]
    assert response.headers["X-A"] == "1, 2"


def streaming_responses(upstream):
    with httpx.stream("GET", f"{upstream}/lines") as response:
        assert list(response.iter_lines()) == ["line 1", "line 2", "line 3"]
    with httpx.stream("GET", f"{upstream}/gzip") as response:
        assert b"".join(response.iter_bytes()) == b"hello, gzip"
    with httpx.stream("GET", f"{upstream}/gzip") as response:
        assert b"".join(response.iter_raw())[:2] == b"\x1f\x8b"


def cookies(upstream):
    response = httpx.get(f"{upstream}/cookies/set")
    assert response.cookies["chocolate"] == "chip"
    assert response.cookies["oatmeal"] == "raisin"
    jar = httpx.Cookies()
    jar.set("sent", "one")
    assert httpx.get(f"{upstream}/get", cookies=jar).json()["headers"]["cookie"] == "sent=one"


def a_client_keeps_cookies_and_base_url(upstream):
    with httpx.Client(base_url=upstream, headers={"x-client": "1"}) as client:
        client.get("/cookies/set")
        got = client.get("/get").json()["headers"]
    assert got["cookie"] == "chocolate=chip; oatmeal=raisin"
    assert got["x-client"] == "1"


def redirection_is_the_hosts(upstream):
    response = httpx.get(f"{upstream}/redirect")
    assert (response.status_code, response.history) == (200, [])
    assert response.json()["target"] == "/get"


def timeouts(upstream):
    assert httpx.get(f"{upstream}/late", timeout=30).status_code == 200
    try:
        httpx.get(f"{upstream}/late", timeout=0.1)
    except httpx.ReadTimeout as error:
        assert "0.1" in str(error)
    else:
        raise AssertionError("it is late")


def certificates_of_the_library(upstream):
    certificates = certifi.where()
    assert httpx.get(f"{upstream}/get", verify=certificates).status_code == 200
    for verify in [False, "/private.pem"]:
        try:
            httpx.get(f"{upstream}/get", verify=verify)
        except ValueError as error:
            assert "--ca FILE" in str(error)
        else:
            raise AssertionError(f"verify={verify!r} is ignored")


def chunked_responses(upstream):
    response = httpx.get(f"{upstream}/chunked")
    assert response.text == "chunked!"


def authentication(upstream):
    response = httpx.get(f"{upstream}/get", auth=("my_user", "password123"))
    assert response.json()["headers"]["authorization"] == "Basic bXlfdXNlcjpwYXNzd29yZDEyMw=="


def exceptions(_upstream):
    try:
        httpx.get("https://denied.test/")
    except httpx.ConnectError as error:
        assert "https://denied.test" in str(error)
        assert error.__cause__.kind == "destination-not-allowed"
    else:
        raise AssertionError("it is denied")
    try:
        httpx.get("http://127.0.0.1:1/")
    except httpx.HTTPError as error:
        assert error.__cause__.kind == "runtime-error"
    else:
        raise AssertionError("no server listens, but no error was raised")


def internationalized_hosts(_upstream):
    try:
        httpx.get("http://b\u00fccher.test/")
    except httpx.ConnectError as error:
        assert "xn--bcher-kva.test" in str(error)
