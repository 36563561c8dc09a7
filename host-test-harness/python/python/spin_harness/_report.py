"""What an application did, and what it answers when its upstreams fail."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._response import Response

if TYPE_CHECKING:
    from ._native import WholeResponse


@dataclass(frozen=True)
class Call:
    """An outbound call, or a redirect hop of one.

    - `outcome`: `response`, `failed`, `cancelled` (by the component) or `abandoned` (the invocation ended).
    - `status`: that of the response. `error`: why there is none.
    - `rule`: the entry of the permissions that allowed it.
    """

    component: str
    method: str
    url: str
    hop: int
    outcome: str
    status: int | None
    error: str | None
    rule: str | None
    seconds: float

    @classmethod
    def _of(cls, record: dict[str, Any]) -> Call:
        outcome = record["outcome"]
        return cls(
            component=record["component"],
            method=record["method"],
            url=record["url"],
            hop=record["hop"],
            outcome=outcome["kind"],
            status=outcome.get("status"),
            error=outcome.get("cause"),
            rule=record["rule"],
            seconds=record["duration_us"] / 1e6,
        )


@dataclass(frozen=True)
class Report:
    """What an application did so far: the end of stdout and of stderr, at most 64 KiB each, and the last 1,000 calls."""

    stdout: str
    stderr: str
    calls: list[Call]


def report_of(text: str) -> Report:
    """The report that the native module made."""
    data = json.loads(text)
    calls = [Call._of(record) for record in data["calls"]]
    return Report(stdout=data["stdout"], stderr=data["stderr"], calls=calls)


@dataclass(frozen=True)
class SweepRun:
    """A request during which one call failed.

    - `method`, `url`, `number`: the call; 2 is the second one with this method and URL.
    - `fault`: how it failed, such as `refused`.
    - `answer`: the kind of the application's answer, such as `server-error`, `recovered`, `trap` or `hang`.
    - `is_problem`: whether to look at it: the application trapped, hung, answered nothing valid, or did not notice.
    """

    component: str
    method: str
    url: str
    number: int
    fault: str
    answer: str
    status: int | None
    message: str | None
    is_problem: bool


@dataclass(frozen=True)
class Sweep:
    """What an application answered without a fault, and with each fault of each call."""

    response: Response
    runs: list[SweepRun]

    @property
    def problems(self) -> list[SweepRun]:
        """The runs to look at."""
        return [run for run in self.runs if run.is_problem]


def sweep_of(text: str) -> Sweep:
    """The sweep that the native module made."""
    data = json.loads(text)
    response = data["response"]
    headers = [(name, value) for name, value in response["headers"]]
    body = base64.b64decode(response["body"])
    whole: WholeResponse = (response["status"], headers, body, [])
    runs = [SweepRun(**run.pop("call"), **run) for run in data["runs"]]
    return Sweep(response=Response(whole), runs=runs)
