"""The API for people who read before they call: plain HTML made of our own OpenAPI document.

Rendered here and not by a script in the browser, so that it needs nothing from elsewhere and no
exception from the content-security policy.
"""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{title}: the API</title>
    <link rel="stylesheet" href="static/style.css">
  </head>
  <body>
    <main class="document">
      <p><a href="./">Back to the page</a></p>
      <h1>The API</h1>
      <p>{summary} Programs read <a href="openapi.json"><code>/openapi.json</code></a>.</p>
{operations}
    </main>
  </body>
</html>
"""


def add_docs_page(app: FastAPI) -> None:
    """Serve the description of every route at /docs."""

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(docs_html(app.openapi()))


def docs_html(document: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    operations = [part for tag in document["tags"] for part in _tag(tag, document["paths"])]
    info = document["info"]
    return _PAGE.format(
        title=escape(info["title"]),
        summary=escape(info.get("summary", "")),
        operations="\n".join(operations),
    )


def _tag(tag: Mapping[str, str], paths: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2>{escape(tag['name'].capitalize())}</h2><p>{escape(tag['description'])}</p>"
    for path, item in paths.items():
        for method, operation in item.items():
            if tag["name"] in operation["tags"]:
                yield _operation(method, path, operation)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    name = escape(f"{method.upper()} {path}")
    return "\n".join(
        [
            f'<section class="panel" id="{escape(operation["operationId"])}">',
            f"<h3><code>{name}</code></h3>",
            f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>",
            *_parameters(operation.get("parameters", [])),
            *_answers(operation["responses"]),
            "</section>",
        ]
    )


def _parameters(parameters: list[Mapping[str, Any]]) -> Iterator[str]:
    if not parameters:
        return
    yield '<div class="scroller"><table><caption>Parameters</caption><tbody>'
    for parameter in parameters:
        needed = "needed" if parameter.get("required") else "optional"
        about = parameter.get("description") or parameter["schema"].get("description", "")
        cells = (parameter["name"], f"{parameter['in']}, {needed}", about)
        first, *rest = (escape(cell) for cell in cells)
        yield f'<tr><th scope="row"><code>{first}</code></th>'
        yield "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
    yield "</tbody></table></div>"


def _answers(responses: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "<ul>"
    yield from (
        f"<li><code>{escape(status)}</code> {escape(response.get('description', ''))}</li>"
        for status, response in sorted(responses.items())
    )
    yield "</ul>"
    example = next(_examples(responses), None)
    if example is not None:
        shown = escape(json.dumps(example, indent=2, ensure_ascii=False))
        yield f'<details><summary>An answer</summary><pre tabindex="0">{shown}</pre></details>'


def _examples(responses: Mapping[str, Mapping[str, Any]]) -> Iterator[object]:
    for response in responses.values():
        for content in response.get("content", {}).values():
            if "example" in content:
                yield content["example"]
