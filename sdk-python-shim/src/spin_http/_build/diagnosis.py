"""Says why a component cannot be built, and what to do."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from . import environment
from .program import Program, shown_root

DISTRIBUTIONS = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "multipart": "python-multipart",
    "pkg_resources": "setuptools",
    "slugify": "python-slugify",
    "yaml": "PyYAML",
}
"""The names of distributions that are not those of their modules."""


class Failure(Exception):
    """A component cannot be built. The text is for the user."""


def explain(report: dict[str, Any], program: Program, path: list[str]) -> Failure:
    """The text of a failure that the guest has reported. `path` has the folders that were mounted, in order."""
    error = report["error"]
    shown = shown_root(program)
    if error["kind"] == "frozen":
        lines = [
            f"{read['file']}:{read['line']}: {read['what']}: {read['reason']}"
            for read in error["reads"]
        ]
        text = "\n".join(lines) + "\nThe top level runs once, while the component is built. Do this in a handler."
    elif error["kind"] == "no-handler":
        text = _no_handler(program, error["functions"])
    else:
        trace = _with_paths_of_this_machine(error["traceback"].rstrip(), shown, path)
        hint = _hint(error, path)
        text = f"the program failed while the component was built\n{trace}"
        text += f"\nhint: {hint}" if hint else ""
    if report["printed"]:
        text += f"\nThe program has printed:\n{report['printed'].rstrip()}"
    return Failure(text)


def explain_componentize_py(code: int, text: str) -> Failure:
    """The text of a failure of componentize-py itself."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*\d+:\s+0x|\s+at ", line)]
    text = "\n".join(lines).strip() or f"it ended with exit code {code}"
    hint = ""
    if "multiple `componentize-py.toml` files" in text:
        hint = (
            "\nhint: componentize-py 0.25 supports two packages with a world; "
            "use an environment that has only the packages of this program"
        )
    elif "Unable to resolve" in text:
        hint = f"\nhint: reinstall spin-http in {environment.describe()}; its WIT is missing"
    return Failure(f"componentize-py failed: {text}{hint}")


def notes(report: dict[str, Any], program: Program) -> list[str]:
    """What the user should know about a component that was built."""
    texts = []
    shown = shown_root(program)
    imported: dict[str, list[str]] = {}
    for late in report["late"]:
        place = f"{shown}{late['file']}:{late['line']}"
        if late["outcome"] == "imported":
            imported.setdefault(late["module"], []).append(place)
        elif late["outcome"] == "missing":
            name = late["text"]
            texts.append(
                f"warning: {place}: the import of `{late['module']}` will fail: there is no module `{name}`; "
                f"{_advice_for_module(name, environment.search_path())}"
            )
        else:
            texts.append(
                f"note: {place}: `{late['module']}` is imported when the function runs, "
                f"because it cannot be imported while the component is built ({late['text']})"
            )
    if imported:
        listed = ", ".join(f"{name} ({', '.join(places)})" for name, places in imported.items())
        texts.insert(0, f"note: imports in functions were imported during the build: {listed}")
    texts += [
        f"warning: {shown}{named['place']}: the component will not have the file {named['file']}: "
        "read it at the top level, move it into a package, or name it in `files` of the component "
        "in spin.toml"
        for named in report["named_files"]
    ]
    for left_out in report["left_out"]:
        shown_files = left_out["files"][:_N_SHOWN]
        more = len(left_out["files"]) - len(shown_files)
        listed = ", ".join(shown_files) + (f" and {more} more" if more else "")
        texts.append(
            f"warning: the component will not have the data of `{left_out['package']}`, because it is "
            f"{left_out['n_bytes'] / 1e6:.0f} MB: {listed}; read what the program needs at the top level"
        )
    if report["lacks_time_zones"]:
        texts.append(
            "warning: the program uses zoneinfo, but the component will have no time zones; "
            f"run `pip install tzdata` in {environment.describe()}"
        )
    return texts


_N_SHOWN = 5
"""How many of the files that are left out are named."""


def _no_handler(program: Program, functions: list[str]) -> str:
    file = f"{shown_root(program)}{program.file.relative_to(program.root)}"
    likely = [name for name in functions if re.search("handle|main|app", name)] or functions
    name = likely[0] if len(likely) == 1 else "handle"
    return (
        f"{file} has no handler; decorate the function that handles requests:\n\n"
        "    from spin_http import Request, Response, http_component\n\n"
        "    @http_component\n"
        f"    def {name}(request: Request) -> Response:\n"
    ).rstrip() + " ..."


def _with_paths_of_this_machine(trace: str, shown: str, path: list[str]) -> str:
    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if mounted := re.match(r"/(\d+)/(.*)", name):
            index = int(mounted[1])
            name = f"{shown}{mounted[2]}" if index == 1 else os.path.join(path[index], mounted[2])
        return f'File "{name}"'

    return re.sub(r'File "([^"]+)"', replace, trace)


def _hint(error: dict[str, Any], path: list[str]) -> str:
    if error["is_environment"]:
        return "there is no environment while the component is built; read it in a handler"
    if error["type"] == "ModuleNotFoundError" and error["module"]:
        return _advice_for_module(error["module"], path)
    if "attempted relative import with no known parent" in error["text"]:
        return "relative imports need a package: add a file __init__.py beside the program"
    if error["type"] == "ImportError":
        module = error["module"] or ""
        # The text is that of dlopen, for an extension module whose name does not say for which machine it is.
        if error["text"] == "library not found" or _is_compiled(module, path):
            return _COMPILED.format(library=module.partition(".")[0] or "the library")
    return ""


_COMPILED = (
    "`{library}` has extension modules, which are compiled for this machine; "
    "a component needs a library in plain Python"
)


def _advice_for_module(name: str, path: list[str]) -> str:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return (
            f"Python in a component is built without the module `{name}` of the standard library; "
            "use a library in plain Python"
        )
    if _is_compiled(name, path):
        return _COMPILED.format(library=top)
    if any(Path(folder, top).is_dir() or Path(folder, f"{top}.py").is_file() for folder in path):
        return f"`{top}` is installed, but has no module `{name}`"
    distribution = DISTRIBUTIONS.get(top, top.replace("_", "-"))
    return f"run `pip install {distribution}` in {environment.describe()}"


def _is_compiled(name: str, path: list[str]) -> bool:
    """Whether a module is installed as an extension module for this machine."""
    relative = Path(*name.split("."))
    for folder in path:
        file = Path(folder) / relative
        if any(file.parent.glob(f"{file.name}.*.so")) or any(file.parent.glob(f"{file.name}*.pyd")):
            return True
    return False
