"""What a distrustful reviewer would try: faults, crashes, races, hostile input.

`make test` tries each a few times; `make chaos` tries each as often as it takes, adds the tests
marked `long`, and writes docs/reliability.md from what happened.
"""
