# SPDX-License-Identifier: MIT
"""For mkdocs: links from the pages to files that are no pages lead to the repository, and a link to a page has the page's title."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "packaging"))
from address import ADDRESS


def on_page_markdown(markdown, page, **_):
    folder = ROOT / "docs" / os.path.dirname(page.file.src_path)

    def resolved(match):
        path, _, anchor = match[1].partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return match[0]
        target = pathlib.Path(os.path.normpath(folder / path))
        if (ROOT / "docs") in target.parents and target.suffix == ".md":
            return match[0]
        kind = "tree" if target.is_dir() else "blob"
        where = target.relative_to(ROOT).as_posix()
        return f"]({ADDRESS}/{kind}/main/{where}{'#' + anchor if anchor else ''})"

    def titled(match):
        target = folder / match[1]
        return f"[{target.read_text().splitlines()[0].lstrip('# ')}]({match[1]}" if target.exists() else match[0]

    # In the repository a link may show the name of its file, which says nothing on a site.
    markdown = re.sub(r"\[[\w./-]+\.md\]\(([\w./-]+\.md)", titled, markdown)
    markdown = re.sub(r"\]\(([^)\s]+)\)", resolved, markdown)
    # The marks of tests/docs/check_docs.py are for the test.
    return re.sub(r"^ *<!-- .* -->\n", "", markdown, flags=re.M)
