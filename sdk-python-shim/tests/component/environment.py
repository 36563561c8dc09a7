"""New virtual environments."""

import os
import re
import venv

from command import PROJECT, run


class Environment:
    """A new virtual environment, as `python -m venv` makes it."""

    def __init__(self, folder):
        self.folder = folder
        venv.create(folder, with_pip=True)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        constraints = folder / "constraints.txt"
        pins = re.findall(
            r"^([\w.-]+==[^\\\n]+)", (PROJECT / "requirements.txt").read_text(), re.MULTILINE
        )
        constraints.write_text("\n".join(pins))
        # What `source bin/activate` does.
        self.variables = {
            **os.environ,
            "VIRTUAL_ENV": str(folder),
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PIP_CONSTRAINT": str(constraints),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        self.variables.pop("PYTHONPATH", None)

    def install(self, *requirements):
        run(
            [self.bin / "python", "-m", "pip", "install", "--quiet", *requirements],
            env=self.variables,
        )

    def run(self, *command, cwd):
        return run([self.bin / command[0], *command[1:]], env=self.variables, cwd=cwd)
