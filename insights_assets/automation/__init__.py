"""What runs by itself: the job, its schedule."""
