"""How an application is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from ._checked import json_text, limit_values, text_values, texts

if TYPE_CHECKING:
    from ._mocks import Mocks

PathLike: TypeAlias = str | os.PathLike[str]
RecordMode: TypeAlias = Literal["all", "once", "new-episodes", "none"]
Record: TypeAlias = PathLike | tuple[PathLike, RecordMode]
"""A HAR file, or one with the mode of the recording. Without a mode, it is `all`."""


class AppOptions(TypedDict, total=False):
    """How `App.load` and `AsyncApp.load` load an application. `manifest` or `component` is needed."""

    manifest: PathLike | None
    """A Spin manifest, or its folder."""
    component: PathLike | None
    """A WebAssembly file."""
    only: Iterable[str]
    """The ids of the components to load. Defaults to all."""
    component_files: Mapping[str, PathLike] | None
    """Files of components by id, instead of those of the manifest."""
    build: bool
    """Whether the build commands of the manifest run first. Defaults to False."""
    allowed_outbound_hosts: Iterable[str] | None
    """The permissions of every component. Defaults to those of the manifest; a component without one has none."""
    variables: Mapping[str, str] | None
    """Values of variables, above the environment and the defaults of the manifest."""
    environment: Mapping[str, str] | None
    """Environment variables of every component, above those of the manifest."""
    limits: Mapping[str, int | None] | None
    """Limits by name, such as `{"wall_time_ms": 5000}`. Those that are None or left out are the harness's."""
    mocks: Mocks | None
    """They answer the outbound calls. Without them, calls go to the network."""
    record: Record | None
    """A HAR file to write the outbound calls to, or `(file, mode)`."""
    replay: PathLike | None
    """A HAR file that answers the outbound calls."""
    virtual_time: bool
    """Whether waiting takes no time, so that a timeout of 30 seconds takes milliseconds. Defaults to False."""


def to_options(options: AppOptions) -> str:
    """The options of the native module, without the mocks."""
    unknown = options.keys() - AppOptions.__annotations__.keys()
    if unknown:
        known = ", ".join(AppOptions.__annotations__)
        raise TypeError(f"load() has no option {min(unknown)!r}; it has {known}")
    hosts = options.get("allowed_outbound_hosts")
    limits, record = options.get("limits"), options.get("record")
    files = options.get("component_files") or {}
    data: dict[str, Any] = {
        "manifest": _path(options.get("manifest")),
        "component": _path(options.get("component")),
        "only": texts(options.get("only", ()), "only"),
        "component_files": {id: _path(file) for id, file in files.items()},
        "build": options.get("build", False),
        "allowed_outbound_hosts": None if hosts is None else texts(hosts, "allowed_outbound_hosts"),
        "variables": text_values(options.get("variables"), "variables"),
        "environment": text_values(options.get("environment"), "environment"),
        "limits": None if limits is None else limit_values(limits),
        "record": None if record is None else _record(record),
        "replay": _path(options.get("replay")),
        "virtual_time": options.get("virtual_time", False),
    }
    return json_text(data, "load")


def _path(path: PathLike | None) -> str | None:
    return None if path is None else os.fspath(path)


def _record(record: Record) -> dict[str, Any]:
    file, mode = record if isinstance(record, tuple) else (record, "all")
    return {"file": os.fspath(file), "mode": mode}
