"""The vendors: one transport for all of them, and a wire for each."""
