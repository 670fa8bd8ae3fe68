"""What tests start, serve and ask; no tests."""
