"""Runs docs/notebook.ipynb on the results of the default scenario, and stores what it says.

`python docs/site/notebook.py`, after a run. Nothing of the machine or the moment is kept.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebook.ipynb"


def executed(folder: Path) -> nbformat.NotebookNode:
    """The notebook as it comes out, run in a folder that stands beside `results/`."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        startup_timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            output.pop("metadata", None)
            if output.output_type in ("display_data", "execute_result"):
                output["metadata"] = {}
    return notebook


def said(notebook: nbformat.NotebookNode) -> list[str]:
    """The text below each cell of code."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            parts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
            texts.append("".join(parts))
    return texts


if __name__ == "__main__":
    nbformat.write(executed(NOTEBOOK.parent), NOTEBOOK)
