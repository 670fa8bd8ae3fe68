"""The page for people who would rather look than read."""

from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

WEB = Path(__file__).parent / "web"

# What a program that was given the address of the page should look at instead (RFC 8288, 8631).
LINKS = (
    '<openapi.json>; rel="service-desc"; type="application/json", '
    '<docs>; rel="service-doc"; type="text/html", '
    '<api/insights>; rel="item"; type="application/json", '
    '<feed.xml>; rel="alternate"; type="application/atom+xml"'
)


def add_page(app: FastAPI, folder: Path = WEB) -> None:
    """Serve the page at /, its files under /static, and how the scores are made."""
    index = folder / "index.html"

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        if not index.is_file():
            raise HTTPException(404, "The page is not installed; the API is under /api/insights.")
        return FileResponse(index, headers={"Cache-Control": "no-cache", "Link": LINKS})

    @app.get("/methodology", include_in_schema=False)
    def methodology() -> FileResponse:
        return FileResponse(folder / "methodology.html", headers={"Cache-Control": "no-cache"})

    if folder.is_dir():
        app.mount("/static", StaticFiles(directory=folder), name="static")
