"""Puts the WIT into the package, so that componentize-py finds the worlds where it finds the package; and the licence.

In a checkout the one copy is in the folder above; in a source distribution both have come with the package.
"""

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs before every build, and before an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copies both of the checkout."""
        checkout = Path(self.root).parent / "wit"
        packaged = Path(self.root) / "src" / "spin_http" / "wit"
        if (checkout / "worlds.wit").is_file():
            shutil.rmtree(packaged, ignore_errors=True)
            shutil.copytree(checkout, packaged)
            shutil.copy(checkout.with_name("LICENSE"), self.root)
        if not (packaged / "worlds.wit").is_file():
            raise FileNotFoundError(
                f"no WIT is at {checkout} or {packaged}; build from a checkout or a source distribution"
            )
