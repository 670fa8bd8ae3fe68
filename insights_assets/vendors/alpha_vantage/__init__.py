"""Alpha Vantage's wire: its queries, its words for errors, its payloads."""
