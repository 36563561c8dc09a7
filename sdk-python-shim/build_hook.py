"""Copies the WIT, the licence and the changelog into the package.

componentize-py finds the worlds in the package. In a checkout, all three are in the parent folder; the folder `wit` adds the worlds that only Python has.
A source distribution contains the copies.
"""

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Runs before each build and each editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copies them from the checkout."""
        checkout = Path(self.root).parent / "wit"
        packaged = Path(self.root) / "src" / "spin_http" / "wit"
        if (checkout / "worlds.wit").is_file():
            shutil.rmtree(packaged, ignore_errors=True)
            shutil.copytree(checkout, packaged)
            # A world of another package is found among the dependencies only.
            shutil.move(packaged / "wasi", packaged / "deps" / "spin-sdk-wasi-worlds")
            shutil.copytree(Path(self.root) / "wit", packaged, dirs_exist_ok=True)
            for name in ("LICENSE", "CHANGELOG.md"):
                shutil.copy(checkout.with_name(name), self.root)
        if not (packaged / "worlds.wit").is_file():
            raise FileNotFoundError(
                f"the WIT is neither at {checkout} nor at {packaged}; build from a checkout or a source distribution"
            )
