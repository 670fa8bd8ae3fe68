"""Where the steps of a run are executed: all in its own process, or each in a pod of its own."""

from collections.abc import Callable
from typing import Any, cast

import dagster as dg

# What a pod per step needs beyond the run launcher's configuration, which it takes over.
K8S_CONFIG = {
    "max_concurrent": dg.Field(
        int, is_required=False, description="Pods of this run at a time; no limit if not given."
    ),
    "step_k8s_config": dg.Field(
        dict,
        is_required=False,
        description="Raw Kubernetes configuration of every step: container_config and so on.",
    ),
    "per_step_k8s_config": dg.Field(
        dict, is_required=False, description="The same by the name of the step."
    ),
}


@dg.executor(
    name="in_process_or_k8s",
    config_schema=dg.Field(
        dg.Selector({"in_process": {}, "k8s": K8S_CONFIG}),  # type: ignore[no-untyped-call]
        default_value={"in_process": {}},
    ),
)
def run_executor(context: dg.InitExecutorContext) -> dg.Executor:
    """Execute in the run's process, which is the fastest; or in pods, if the run's config asks.

    A run of four steps is over before four pods have started, so that `k8s` is for those who want
    the steps apart: `execution: {config: {k8s: {}}}`. It needs the extra `k8s` of this package.
    """
    kind, config = next(iter(context.executor_config.items()))
    chosen = _k8s_executor() if kind == "k8s" else dg.in_process_executor
    given = {"retries": {"enabled": {}}, **cast("dict[str, Any]", config)}
    create = cast("Callable[[dg.InitExecutorContext], dg.Executor]", chosen.executor_creation_fn)
    return create(dg.InitExecutorContext(context.job, chosen, given, context.instance))


def _k8s_executor() -> dg.ExecutorDefinition:
    # Here and not above: the client costs 50 MB, and is not installed where nobody needs it.
    try:
        from dagster_k8s import k8s_job_executor  # noqa: PLC0415
    except ImportError:
        raise dg.DagsterInvariantViolationError(
            "Choosing the executor: k8s was asked for, but dagster-k8s is not installed here;"
            " install insights_assets[k8s], or leave the choice out."
        ) from None
    return k8s_job_executor
