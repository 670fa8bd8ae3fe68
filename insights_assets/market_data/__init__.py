"""The vendor (Alpha Vantage) and the one manager that talks to it."""
