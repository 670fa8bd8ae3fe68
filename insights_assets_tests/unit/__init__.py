"""Tests without processes, sockets or Dagster runs."""
