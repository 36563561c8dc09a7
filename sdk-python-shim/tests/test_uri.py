"""What is checked and escaped of a URI."""

import pytest

from spin_http._uri import has_valid_authority, request_target_of, scheme_of


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("http://api.test", "/"),
        ("http://api.test?q=1", "/?q=1"),
        ("/a/b?c#d", "/a/b?c"),
        ("http://api.test/a b/caf\u00e9?x y=\u00e9", "/a%20b/caf%C3%A9?x%20y=%C3%A9"),
        ("http://api.test/%zz%7e%?%", "/%zz%7e%?%"),
        ("http://api.test/{a}\\b?{a}\\b'", "/%7Ba%7D/b?{a}\\b'"),
        ("HTTP://api.test//x", "//x"),
    ],
)
def test_the_request_target_is_escaped_where_it_must_be(uri, target):
    assert request_target_of(uri) == target
    assert scheme_of(uri) == "http"


@pytest.mark.parametrize(
    ("authority", "is_valid"),
    [
        ("api.test", True),
        ("api.test:80", True),
        ("api.test:", True),
        ("[::1]:80", True),
        ("caf\u00e9.test", True),
        ("", False),
        (":80", False),
        ("api.test:80a", False),
        ("[::1]x", False),
        ("[1:2]", False),
        ("[", False),
    ],
)
def test_an_authority_has_a_host_and_a_port(authority, is_valid):
    assert has_valid_authority(f"http://{authority}/") == is_valid
