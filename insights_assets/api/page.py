"""The page for people who would rather look than read."""

from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

WEB = Path(__file__).parent / "web"


def add_page(app: FastAPI, folder: Path = WEB) -> None:
    """Serve the page at /, its files under /static, and how the scores are made."""
    index = folder / "index.html"

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        if not index.is_file():
            raise HTTPException(404, "The page is not installed; the API is under /api/insights.")
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    @app.get("/methodology", include_in_schema=False)
    def methodology() -> FileResponse:
        return FileResponse(folder / "methodology.html", headers={"Cache-Control": "no-cache"})

    if folder.is_dir():
        app.mount("/static", StaticFiles(directory=folder), name="static")
