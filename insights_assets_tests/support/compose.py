"""docs/compose.yaml, and its services as the containers that compose makes of them."""

from collections.abc import Mapping
from typing import Any

import yaml

from insights_assets_tests.support.kubernetes import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "compose.yaml").read_text())
OURS = [name for name, part in COMPOSE["services"].items() if part["image"].startswith("insights:")]


def configs() -> Mapping[str, str]:
    """Return the content of each configuration file by its name."""
    return {name: str(config["content"]) for name, config in COMPOSE["configs"].items()}


def pod_of(name: str) -> dict[str, Any]:
    """Return a service as the specification of a pod, which is what can be started here."""
    part = COMPOSE["services"][name]
    [tmpfs] = part["tmpfs"]
    path, _, options = tmpfs.partition(":")
    size = options.split(",")[0].removeprefix("size=").upper() + "i"
    return {
        "securityContext": {"runAsUser": 10001, "runAsGroup": 10001},
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": size.replace("MI", "Mi")}}],
        "containers": [
            {
                "securityContext": {
                    "readOnlyRootFilesystem": part["read_only"],
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": part["cap_drop"]},
                },
                "volumeMounts": [{"name": "tmp", "mountPath": path}],
                "resources": {"limits": {"memory": part.get("mem_limit", "512m")}},
                **({"command": part["command"]} if "command" in part else {}),
            }
        ],
    }
