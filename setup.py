"""Puts what a run needs beside the library into the package: everything else is said in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PARTS = ("config", "data/raw/embedded", "workflow/Snakefile", "workflow/rules", "workflow/scripts", "workflow/report",
         "workflow/profiles", "workflow/envs", "workflow/qgis_plugin")  # fmt: skip


class BuildWithProject(build_py):
    """Copies the parts to `asmgold/_project/`, where `asmgold.config.paths.shipped_project` finds them."""

    def run(self) -> None:
        """Build the library, then copy. An editable installation finds the parts in the checkout."""
        super().run()
        target = Path(self.build_lib, "asmgold/_project")
        for part in () if self.editable_mode else PARTS:
            if Path(part).is_dir():
                shutil.copytree(part, target / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (target / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(part, target / part)


setup(cmdclass={"build_py": BuildWithProject})
