"""`python -m insights_assets.cli` is the `insights` command, whatever the PATH."""

from insights_assets.cli import main

main()
