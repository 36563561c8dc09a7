"""How an application is loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

PathLike: TypeAlias = str | os.PathLike[str]
RecordMode: TypeAlias = Literal["all", "once", "new-episodes", "none"]
Record: TypeAlias = PathLike | tuple[PathLike, RecordMode]
"""A HAR file, or one with the mode of the recording. Without a mode, it is `all`."""


def to_options(
    *,
    manifest: PathLike | None,
    component: PathLike | None,
    only: Iterable[str],
    component_files: Mapping[str, PathLike] | None,
    build: bool,
    allowed_outbound_hosts: Iterable[str] | None,
    variables: Mapping[str, str] | None,
    environment: Mapping[str, str] | None,
    limits: Mapping[str, int | None] | None,
    record: Record | None,
    replay: PathLike | None,
    virtual_time: bool,
) -> str:
    """The options of the native module, without those that have their defaults."""
    if isinstance(allowed_outbound_hosts, str):
        raise TypeError("allowed_outbound_hosts is a list of entries, not one str")
    options: dict[str, Any] = {
        "manifest": _path(manifest),
        "component": _path(component),
        "only": list(only),
        "component_files": {id: _path(file) for id, file in (component_files or {}).items()},
        "build": build,
        "allowed_outbound_hosts": None
        if allowed_outbound_hosts is None
        else list(allowed_outbound_hosts),
        "variables": dict(variables or {}),
        "environment": dict(environment or {}),
        "limits": None if limits is None else dict(limits),
        "record": None if record is None else _record(record),
        "replay": _path(replay),
        "virtual_time": virtual_time,
    }
    return json.dumps(options)


def _path(path: PathLike | None) -> str | None:
    return None if path is None else os.fspath(path)


def _record(record: Record) -> dict[str, Any]:
    file, mode = record if isinstance(record, tuple) else (record, "all")
    return {"file": os.fspath(file), "mode": mode}
