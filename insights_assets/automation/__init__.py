"""What runs by itself: the jobs, their schedules, the repair of days, and alerts."""
