"""The guest of the platform tests: a function of `checks` for each path, or all of them; and what differs between instances."""

import importlib
import json
import logging
import os
import random
import sys
import traceback
import types
import uuid
from pathlib import Path

import jwt  # imports ssl, before spin_http is imported

import checks
import data_checks
import deferred_checks
import library_checks
import variable_checks
from spin_http import Request, Response, http_component

os.environ["SET_AT_THE_TOP"] = "by the program"
os.environ.setdefault("DEFAULT_AT_THE_TOP", "by the program")
os.environ.setdefault("DEFAULT_OF_THE_HOST", "by the program")
MODULES = [checks, data_checks, library_checks, variable_checks, deferred_checks]
GENERATOR = random.Random()
SEEDED = random.Random(7)
DATA_OF_THE_BUILD = (Path(__file__).parent / "data.txt").read_text()
print("printed by the top level")
logging.basicConfig()


@http_component
def handle(request: Request) -> Response:
    path, _, name = request.uri.removeprefix("/").partition("/")
    if path == "checks":
        results = {
            f"{module.__name__}.{name}": outcome(function)
            for module in MODULES
            for name, function in vars(module).items()
            if isinstance(function, types.FunctionType)
            and function.__module__ == module.__name__
            and not name.startswith("_")
        }
        return Response(200, {}, json.dumps(results))
    if path == "instance":
        values = {
            "random.Random() of the top level": GENERATOR.random(),
            "random.random()": random.random(),
            "uuid.uuid4()": str(uuid.uuid4()),
            "os.urandom()": os.urandom(8).hex(),
        }
        return Response(200, {}, json.dumps({**values, "seeded": SEEDED.random()}))
    if path == "environment":
        return Response(200, {}, json.dumps(dict(os.environ)))
    if path == "imports":
        return Response(200, {}, json.dumps(missing(json.loads(request.body))))
    if path == "logs":
        logging.getLogger("app").warning("logged by the handler")
        return Response(200)
    if path == "reads":
        return Response(200, {}, (Path(__file__).parent / "beside.txt").read_text())
    if path == "raises":
        return raises(name)
    return Response(200, {}, f"{DATA_OF_THE_BUILD.strip()} {jwt.__version__} {sys.version}")


def missing(names: list[str]) -> dict[str, str]:
    """The modules that cannot be imported, and why."""
    errors = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            errors[name] = f"{type(error).__name__}: {error}"
    return errors


def raises(name: str) -> Response:
    try:
        return {}[name]
    except KeyError as error:
        raise ValueError("a reason") from error


def outcome(function) -> str:
    try:
        function()
    except Exception:
        return traceback.format_exc()
    return "ok"
