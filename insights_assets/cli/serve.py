"""`insights api` and `insights mcp`: the snapshots for people, programs and language models.

Each loads its own server only when it runs: an AI assistant starts `insights mcp` with every chat,
and should not wait for Dagster, which the API alone needs.
"""

import click

from insights_assets.api.http_server import DEFAULT_HOST, DEFAULT_PORT
from insights_assets.settings import load_settings

DEFAULT_MCP_PORT = 8001

a_port = click.IntRange(1, 65535)
host_option = click.option(
    "--host", default=DEFAULT_HOST, help="The address to listen on; 0.0.0.0 is every interface."
)


@click.command()
@host_option
@click.option("--port", type=a_port, default=DEFAULT_PORT, help="The port to listen on.")
def api(host: str, port: int) -> None:
    """Serve the page, the read API and the admin trigger over HTTP."""
    from insights_assets.api.server import serve  # noqa: PLC0415

    click.echo(f"The page comes up at http://{host}:{port}/, the API under /api/insights.")
    serve(load_settings(), host, port)


@click.command()
@click.option("--http", is_flag=True, help="Streamable HTTP at /mcp instead of stdio.")
@host_option
@click.option("--port", type=a_port, default=DEFAULT_MCP_PORT, help="The port of --http.")
def mcp(host: str, port: int, *, http: bool) -> None:
    """Serve the snapshots to language models (MCP), on stdio or over HTTP."""
    from insights_assets.mcp_server.serving import serve_http, serve_stdio  # noqa: PLC0415

    if http:
        click.echo(f"The MCP server comes up at http://{host}:{port}/mcp.", err=True)
        serve_http(load_settings(), host, port)
    else:
        serve_stdio(load_settings())
