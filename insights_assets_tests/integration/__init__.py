"""Tests on real parts: stores over sockets, Dagster, the simulator, a browser."""
