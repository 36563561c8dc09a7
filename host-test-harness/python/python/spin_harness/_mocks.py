"""The mocks of a test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from . import _native
from ._checked import json_text, whole_number
from ._errors import UnmetMocksError
from ._expectation import Expectation, mock_of
from ._mock_response import MockResponse, data_of
from ._process import OfOneProcess, assert_not_forked
from ._received import ReceivedRequest

Answer: TypeAlias = MockResponse | Mapping[str, Any]
Responses: TypeAlias = Answer | Sequence[Answer] | Callable[[ReceivedRequest], Answer]
"""A response, a list of which the last one answers all further calls, or a function of the request."""


class Mocks(OfOneProcess[_native.Mocks]):
    """Expectations and their responses, and the requests that arrived.

    They stand behind the permissions of the application, so a call that Spin would deny is denied. A call to an upstream
    that no mock matches fails; a call of another component that no mock matches runs that component.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | None = None,
        *,
        unmatched: Literal["fail", "network"] | None = None,
        seed: int | None = None,
        state: str | None = None,
    ) -> None:
        """Creates mocks.

        - `file`: a mock file in TOML or JSON, whose mocks come first.
        - `unmatched`: what happens to a call to an upstream that no mock matches. Defaults to what the file says, or `fail`.
        - `seed`: that of `MockResponse.fails_sometimes`. Defaults to what the file says, or 0.
        - `state`: the one that the mocks begin in, see `Expectation.when_state`. Defaults to the empty one.

        Raises InvalidMockError if the file cannot be read or is invalid, and TypeError or ValueError for another argument.
        """
        options = {
            "file": None if file is None else os.fspath(file),
            "unmatched": unmatched,
            "seed": seed,
            "state": state,
        }
        if unmatched not in (None, "fail", "network"):
            raise ValueError(f"unmatched is {unmatched!r}; pass 'fail' or 'network'")
        if seed is not None:
            whole_number(seed, "seed")
        if state is not None and not isinstance(state, str):
            raise TypeError(f"state is {state!r}; pass a str")
        assert_not_forked()
        super().__init__(_native.Mocks(json_text(options, "the options of Mocks")))

    def expect(self, expectation: Expectation | Mapping[str, Any], responses: Responses) -> Mocks:
        """Adds an expectation and what it is answered with. Returns the mocks.

        A function is called with each request, on a thread of its own. If it raises, the call fails, and `verify` reports
        the exception.

        Raises InvalidMockError if a part is invalid, and TypeError or ValueError if it is nothing that JSON can have; the
        message names it.
        """
        mock = mock_of(expectation)
        respond = None
        if callable(responses):
            respond = _responder(responses)
            mock["response"] = {"callback": 0}
        elif isinstance(responses, (MockResponse, Mapping)):
            mock["response"] = data_of(responses)
        elif isinstance(responses, Iterable) and not isinstance(responses, (str, bytes)):
            mock["responses"] = [data_of(response) for response in responses]
        else:
            mock["response"] = data_of(responses)
        self._native.expect(json_text(mock, "the mock"), respond)
        return self

    @property
    def received(self) -> list[ReceivedRequest]:
        """The requests that arrived so far, in order. Those that were sent on are not among them."""
        return [ReceivedRequest(received) for received in self._native.received()]

    @property
    def state(self) -> str:
        """The state that the mocks are in, see `Expectation.then_state`."""
        return self._native.state()

    def verify(self) -> None:
        """Checks that each expectation was met, and that no request failed because no mock matched it.

        Raises UnmetMocksError, which lists them.
        """
        reasons = self._native.verify()
        if reasons:
            raise UnmetMocksError(reasons)


def _responder(respond: Callable[[ReceivedRequest], Answer]) -> Callable[[_native.Received], str]:
    def call(received: _native.Received) -> str:
        return json_text(data_of(respond(ReceivedRequest(received))), "the response")

    return call


def native_of(mocks: Mocks | None) -> _native.Mocks | None:
    """The native mocks of the option `mocks`."""
    if mocks is None:
        return None
    if not isinstance(mocks, Mocks):
        raise TypeError(f"mocks is {mocks!r}; pass Mocks()")
    return mocks._native
