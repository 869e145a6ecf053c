"""What mkdocs does not do by itself: pages that stand elsewhere in the repository, and links that leave the site."""

from __future__ import annotations

import base64
import posixpath
import re
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = {"configuration.md": "config/README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
NOTEBOOK, NOTEBOOK_PAGE = "notebook.ipynb", "notebook.md"
LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/, and the notebook as a page with its pictures."""
    project = Path(config.config_file_path).parent
    for name, origin in PAGES.items():
        files.append(File.generated(config, name, content=(project / origin).read_text("utf-8")))
    text, pictures = notebook_page(Path(config.docs_dir) / NOTEBOOK)
    files.append(File.generated(config, NOTEBOOK_PAGE, content=text))
    for name, content in pictures.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to other files of the repository to their pages; those without a page become plain names."""
    folder = posixpath.dirname(PAGES.get(page.file.src_uri, f"docs/{page.file.src_uri}"))
    return LINK.sub(lambda link: _on_site(link, folder), markdown)


def _on_site(link: re.Match[str], folder: str) -> str:
    text, target = link.groups()
    if re.match(r"\w+:|#", target):
        return link[0]
    path, _, anchor = target.partition("#")
    path = posixpath.normpath(posixpath.join(folder, path))
    page = next((name for name, origin in PAGES.items() if origin == path), None)
    if path == f"docs/{NOTEBOOK}":
        page = NOTEBOOK_PAGE
    elif page is None and path.startswith("docs/"):
        page = path.removeprefix("docs/")
    if page is None:
        return text if text.startswith("`") else f"`{path}`" if text == target else f"{text} (`{path}`)"
    return f"[{text}]({page}{'#' if anchor else ''}{anchor})"


def notebook_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, with what it says below each cell, and its pictures by name."""
    parts, pictures = [], {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"{path.stem}-{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![What the cell above draws]({name})")
            else:
                parts.append(f"```text\n{output.get('text', data.get('text/plain', '')).rstrip()}\n```")
    return "\n\n".join([*parts, f'<a href="{path.name}">The notebook itself</a>', ""]), pictures
