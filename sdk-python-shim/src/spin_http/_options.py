"""Options of HTTP libraries that concern connections, which the host opens."""

from __future__ import annotations

import contextlib
import os
import sys
from urllib.request import getproxies

DEFAULT_BUNDLES: set[str | None] = set()
"""The paths of the default store of certificates, which a program may name."""

with contextlib.suppress(ImportError):
    import certifi

    # While the component is built, because `where` looks for the file once.
    DEFAULT_BUNDLES.add(certifi.where())


def certificates_problem(name: str, verify: object, accepted: set[str | None]) -> str | None:
    """Why the option `verify` of a library cannot be honoured; None if the host verifies as asked.

    The host verifies every certificate and its name.
    So True is accepted, the paths of public stores, `accepted` and those of packages, and an `ssl.SSLContext` that verifies both.
    """
    if verify is True or verify is None:
        return None
    if isinstance(verify, str) and (verify in accepted or verify in _stores_of_packages()):
        return None
    if getattr(verify, "verify_mode", 0) == _CERT_REQUIRED and getattr(
        verify, "check_hostname", False
    ):
        return None
    return (
        f"{name}={verify!r}: the host verifies certificates, and a component cannot change how; "
        "remove the option, and give a private root certificate to the host (spin-harness: --ca FILE)"
    )


_STORES = {"botocore": "cacert.pem", "certifi": "cacert.pem", "stripe": "data/ca-certificates.crt"}
"""The stores of public certificates that packages bring and name by themselves: the path of each in its package."""


def _stores_of_packages() -> set[str]:
    folders = {
        package: os.path.dirname(getattr(sys.modules.get(package), "__file__", None) or "")
        for package in _STORES
    }
    return {
        os.path.join(folder, *_STORES[package].split("/"))
        for package, folder in folders.items()
        if folder
    }


_CERT_REQUIRED = 2
"""`ssl.CERT_REQUIRED`. A component may lack the module."""


def connection_problem(name: str, value: object) -> str:
    """Why an option that concerns connections cannot be honoured."""
    return f"{name}={value!r}: the host opens connections; remove the option"


def is_proxy_of_the_environment(proxy: str) -> bool:
    """Whether the proxy comes from a variable such as HTTPS_PROXY and not from the program. Hosts ignore these variables."""
    named = (url if "://" in url else f"http://{url}" for url in getproxies().values())
    return proxy.rstrip("/") in {url.rstrip("/") for url in named}
