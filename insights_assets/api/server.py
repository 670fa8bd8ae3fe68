"""The API on a port, with the stores and Dagster behind it."""

from insights_assets.api.app import create_app
from insights_assets.api.dagster_runs import DagsterRuns
from insights_assets.api.http_server import run
from insights_assets.serving.service import open_insights
from insights_assets.settings import Settings


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the API until Ctrl-C or SIGTERM."""
    with open_insights(settings) as insights:
        insights.warm()
        run(create_app(settings, insights, DagsterRuns(settings.dagster_url)), host, port)
