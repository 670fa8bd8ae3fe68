"""`insights api` and `insights mcp`: the snapshots for people, programs and language models."""

import click

from insights_assets.api.server import DEFAULT_HOST, DEFAULT_PORT, serve
from insights_assets.mcp_server.serving import DEFAULT_MCP_PORT, serve_http, serve_stdio
from insights_assets.settings import load_settings

host_option = click.option("--host", default=DEFAULT_HOST, help="0.0.0.0 is every interface.")


@click.command()
@host_option
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT)
def api(host: str, port: int) -> None:
    """Serve the page, the read API and the admin trigger over HTTP."""
    click.echo(f"The page comes up at http://{host}:{port}/, the API under /api/insights.")
    serve(load_settings(), host, port)


@click.command()
@click.option("--http", is_flag=True, help="Streamable HTTP at /mcp instead of stdio.")
@host_option
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_MCP_PORT)
def mcp(host: str, port: int, *, http: bool) -> None:
    """Serve the snapshots to language models (MCP), on stdio or over HTTP."""
    if http:
        click.echo(f"The MCP server comes up at http://{host}:{port}/mcp.", err=True)
        serve_http(load_settings(), host, port)
    else:
        serve_stdio(load_settings())
