"""MongoDB for history, Redis for today, and the IO managers and the reader above them."""
