"""What Dagster loads, as a text that a person can compare: assets, checks, jobs, what starts them.

`make graph` (or `python -m insights_assets_tests.support.graph`) writes it anew; a change of the
file shows in review what an edit did to the graph.
"""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from insights_assets.definitions import defs

GRAPH = Path(__file__).parents[1] / "unit/graph.txt"


def graph_text(definitions: dg.Definitions = defs) -> str:
    """Every asset with its parents, checks, group, kinds and code version; then the automation."""
    return "\n".join([*_assets(definitions), "", *_automation(definitions)]) + "\n"


def _assets(definitions: dg.Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    for key in sorted(graph.get_all_asset_keys(), key=lambda key: tuple(key.path)):
        node = graph.get(key)
        kinds = ", ".join(sorted(node.kinds))
        yield f"{key.to_user_string()} (code version {node.code_version}; {kinds})"
        if node.parent_keys:
            parents = sorted(parent.to_user_string() for parent in node.parent_keys)
            yield f"    from {', '.join(parents)}"
        if node.check_keys:
            yield f"    checked for {', '.join(sorted(check.name for check in node.check_keys))}"


def _automation(definitions: dg.Definitions) -> Iterator[str]:
    repository = definitions.get_repository_def()
    for job in sorted(repository.get_all_jobs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            yield f"job {job.name}: {', '.join(sorted(node.name for node in job.nodes))}"
    for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name):
        when = f"{schedule.cron_schedule} {schedule.execution_timezone}"
        yield f"schedule {schedule.name}: {when}, {schedule.default_status.value.lower()}"
    for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name):
        yield f"sensor {sensor.name}: {sensor.default_status.value.lower()}"


if __name__ == "__main__":
    GRAPH.write_text(graph_text(), encoding="utf-8")
