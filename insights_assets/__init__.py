"""One AI-sector risk snapshot a day, as a Dagster asset graph."""
