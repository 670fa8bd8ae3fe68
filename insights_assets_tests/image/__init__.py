"""The image itself: built from the unmodified Dockerfile, started as the pods start it."""
