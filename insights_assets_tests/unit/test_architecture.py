"""The floors of the house: what each part of the package may import.

What is guarded here: an idea that moves into the wrong room. A domain that knows Dagster, a vendor
client that knows the database or a product that knows its simulator still works today; it is the
next change that costs.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import insights_assets

PACKAGE = "insights_assets"
ROOT = Path(insights_assets.__file__).parent

_VENDORS = {"model", "vendors"}
_DATASETS = {*_VENDORS, "datasets"}
_DOMAIN = {*_DATASETS, "categories"}
_DATA = {*_DOMAIN, "storage", "store_urls"}
_ASSETS = {*_DATA, "assets", "settings", "active_categories"}
_AUTOMATION = {*_ASSETS, "automation"}
_SERVING = {*_AUTOMATION, "serving"}

MAY_IMPORT = {
    "model": {"model"},
    "vendors": _VENDORS,
    "datasets": _DATASETS,
    "categories": _DOMAIN,
    "storage": _DATA,
    "store_urls": set(),
    "settings": {*_DOMAIN, "store_urls"},
    "active_categories": {*_DOMAIN, "settings"},
    "assets": _ASSETS,
    "automation": _AUTOMATION,
    "serving": _SERVING,
    "api": {*_SERVING, "api"},
    "mcp_server": {*_SERVING, "api", "mcp_server"},
    # The commands run the whole system, and are the only ones that start its stand-ins.
    "cli": {
        *_SERVING,
        *(
            "api",
            "mcp_server",
            "cli",
            "doctor",
            "research",
            "definitions",
            "simulator",
            "local_stack",
        ),
    },
    "doctor": {*_DATA, "settings", "active_categories", "doctor"},
    "research": {*_SERVING, "research"},
    "defs": {*_SERVING, "defs"},
    "definitions": {*_AUTOMATION, "api", "defs"},
    "simulator": {"simulator"},
    "local_stack": {"local_stack"},
    "__init__": set(),
}

PURE = {"model", "categories"}
PURE_MAY_IMPORT = {"holidays"}
NO_IO = {"asyncio", "http", "logging", "os", "pathlib", "socket", "sqlite3", "subprocess", "urllib"}

FILES = sorted(ROOT.rglob("*.py"))


def floor(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(source, package=PACKAGE):
    """Return the dotted name of everything that `source` imports, wherever it does so.

    `package` is the one that relative imports start from.
    """
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level]
            module = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            names += [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            names += [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    return names


def imports_of(path):
    return imports(
        path.read_text(encoding="utf-8"),
        ".".join([PACKAGE, *path.relative_to(ROOT).parent.parts]),
    )


def floors_imported(path):
    """Return the parts of the package that the file imports."""
    return {name.split(".")[1] for name in imports_of(path) if name.startswith(f"{PACKAGE}.")}


def parametrize_files(files):
    return pytest.mark.parametrize("path", files, ids=lambda path: str(path.relative_to(ROOT)))


@parametrize_files(FILES)
def test_a_file_imports_only_from_its_own_floor_and_those_below(path):
    assert floors_imported(path) <= MAY_IMPORT[floor(path)]


@parametrize_files([path for path in FILES if floor(path) in PURE])
def test_the_domain_imports_no_framework_and_does_no_io(path):
    imported = {name.partition(".")[0] for name in imports_of(path)} - {PACKAGE}

    assert imported <= (sys.stdlib_module_names | PURE_MAY_IMPORT) - NO_IO


@parametrize_files([path for path in FILES if floor(path) in {"vendors", "datasets"}])
def test_the_vendor_s_client_knows_neither_dagster_nor_mongodb(path):
    assert not {name.partition(".")[0] for name in imports_of(path)} & {"dagster", "pymongo"}


@parametrize_files([path for path in FILES if floor(path) in {"simulator", "local_stack"}])
def test_what_stands_apart_knows_no_dagster(path):
    assert "dagster" not in {name.partition(".")[0] for name in imports_of(path)}


@parametrize_files(FILES)
def test_nobody_uses_the_private_parts_of_dagster(path):
    private = [
        name
        for name in imports_of(path)
        if name.partition(".")[0].startswith("dagster")
        and any(part.startswith("_") for part in name.split("."))
    ]

    assert private == []
    assert "dg._" not in path.read_text(encoding="utf-8")


def test_neither_a_run_nor_a_server_imports_pandas():
    modules = ", ".join(
        f"insights_assets.{name}" for name in ("definitions", "cli.run", "cli.serve")
    )
    check = "print({'pandas', 'numpy', 'matplotlib'} & sys.modules.keys())"

    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; {check}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "set()\n"


def test_every_part_of_the_package_has_its_floor():
    assert {floor(path) for path in FILES} <= MAY_IMPORT.keys()


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import dagster as dg", "dagster"),
        ("import dagster._core.events", "dagster._core.events"),
        ("from dagster._core import x", "dagster._core.x"),
        ("from insights_assets import storage", "insights_assets.storage"),
        ("from insights_assets.storage import mongo", "insights_assets.storage.mongo"),
        ("def late():\n    from pymongo import x", "pymongo.x"),
        ("if TYPE_CHECKING:\n    import redis", "redis"),
        ("from . import dates", "insights_assets.model.dates"),
        ("from .dates import now", "insights_assets.model.dates.now"),
        ("from ..storage import mongo", "insights_assets.storage.mongo"),
        ("importlib.import_module('insights_assets.storage')", "insights_assets.storage"),
    ],
)
def test_no_way_to_write_an_import_is_overlooked(source, modules):
    assert imports(source, package="insights_assets.model") == [modules]
