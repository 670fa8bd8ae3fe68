"""The assets: thin glue between the floors below and Dagster."""
