"""The application on one screen."""

from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from insights_assets.api.access import admin_access, read_access
from insights_assets.api.admin import add_dagster_handlers, build_admin
from insights_assets.api.conditional_get import Caching
from insights_assets.api.dagster_runs import Runs
from insights_assets.api.docs_page import add_docs_page
from insights_assets.api.error_handlers import add_error_handlers
from insights_assets.api.feed import build_feed
from insights_assets.api.lockout import Lockout
from insights_assets.api.middleware import LimitedBody, SecureHeaders, Timed
from insights_assets.api.page import add_page
from insights_assets.api.probes import build_probes
from insights_assets.api.prometheus import Measures
from insights_assets.api.reads import build_reads
from insights_assets.serving.service import Insights
from insights_assets.settings import Settings

COMPRESSED_FROM_BYTES = 8 * 1024  # a trend is worth it, a snapshot is not

TAGS = [
    {"name": "insights", "description": "Read snapshots: of today, of a day, of many days."},
    {"name": "admin", "description": "Trigger a run and follow it."},
    {"name": "feed", "description": "The snapshots for feed readers."},
    {"name": "probes", "description": "For whoever watches the process."},
]


def create_app(
    settings: Settings, insights: Insights, runs: Runs, failures: Lockout | None = None
) -> FastAPI:
    """Put everything together; `insights` and `runs` are opened and closed by the caller."""
    failures = failures or Lockout()
    measures = Measures(insights)
    readers = read_access(settings, failures)
    app = FastAPI(
        title="insights_assets",
        description="What each score means and does not tell: [methodology](/methodology).",
        summary="Daily risk snapshots: read them, trigger them.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "Where this document came from"}],
        openapi_tags=TAGS,
        generate_unique_id_function=lambda route: route.name,
        version=version("insights_assets"),
        docs_url=None,  # its scripts come from elsewhere: docs_page.py is ours
        redoc_url=None,
        redirect_slashes=False,  # a redirect repeats whatever host the client named
    )
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM_BYTES)
    app.add_middleware(LimitedBody)
    app.add_middleware(SecureHeaders)
    app.add_middleware(Timed, answered=measures.answered)
    add_error_handlers(app)
    add_dagster_handlers(app)
    app.include_router(
        build_admin(insights, runs, settings.first_day, admin_access(settings, failures))
    )
    app.include_router(build_reads(insights, Caching(private=bool(readers)), readers))
    app.include_router(build_probes(insights, measures, readers))
    app.include_router(build_feed(insights, readers))
    add_docs_page(app)
    add_page(app)
    return app
