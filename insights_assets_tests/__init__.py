"""Tests: each module says which failure it guards against."""
