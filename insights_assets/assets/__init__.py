"""The assets: thin glue between the floors below and Dagster.

Snapshots are written by their IO managers. The many datasets and metrics are stored by their step:
an IO manager would cost an event for each, and here events are what a run's time goes into.
"""
