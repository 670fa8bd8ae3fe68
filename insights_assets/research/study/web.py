"""The page for analysts as the API serves it: the same text, without the plots.

`make tables` writes it anew.
"""

import re
from pathlib import Path

from markdown_it import MarkdownIt

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs/methodology.md"
WEB_PAGE = PROJECT / "insights_assets/api/web/methodology.html"
HEAD = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>How the scores are made</title>
    <link rel="stylesheet" href="static/style.css">
  </head>
  <body>
    <main class="document">
      <p><a href="./">Back to the page</a></p>
"""
TAIL = """    </main>
  </body>
</html>
"""


def web_page(markdown: str) -> str:
    """Return the HTML of docs/methodology.md; comments and plots stay in the repository."""
    text = re.sub(r"^(<!--.*-->|!\[.*\]\(.*\))\n", "", markdown, flags=re.MULTILINE)
    body: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    # The page's policy allows no style but that of a file.
    return HEAD + body.replace(' style="text-align:right"', ' class="right"') + TAIL


def write_web_page() -> None:
    """Write the page of a checkout of the project anew."""
    WEB_PAGE.write_text(web_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
