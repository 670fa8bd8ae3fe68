"""What the code may do with what it reads, and what its objects show of the secrets they hold."""

import ast
import io
import logging
import traceback

import pytest
from rich.console import Console

from insights_assets.api.tokens import AdminTokens
from insights_assets.assets.resources import build_resources
from insights_assets.automation.webhook import Webhook
from insights_assets.datasets.manager import Vendors
from insights_assets.settings import Settings
from insights_assets.vendors.wire import Access
from insights_assets_tests.unit.test_architecture import FILES, imports_of, parametrize_files

AREA = "Security"

FORBIDDEN_MODULES = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "marshal",
    "shelve",
    "yaml",
    "jsonpickle",
}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "tempfile.mktemp",
}


def dangers(source: str) -> list[str]:
    """What `source` calls that runs what it is given."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [ast.unparse(call.func) for call in calls]
    shells = [
        ast.unparse(call)
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "shell" or (keyword.arg == "verify" and not is_context(keyword.value))
    ]
    return [name for name in named if name in FORBIDDEN_CALLS] + shells


def is_context(value):
    """Whether it is a TLS context, by the name that its typed parameter has: it checks."""
    return isinstance(value, ast.Name) and value.id == "tls"


@parametrize_files(FILES)
def test_nothing_of_the_product_runs_what_it_reads(path):
    assert not {name.partition(".")[0] for name in imports_of(path)} & FORBIDDEN_MODULES
    assert dangers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ["eval(x)", "os.system(x)", "run(x, shell=True)", "__import__(x)", "get(x, verify=False)"],
)
def test_no_way_to_run_what_is_read_is_overlooked(source):
    assert dangers(source)


PASSWORD = "hunter2-is-no-password"
SECRETS = {
    "INSIGHTS_MONGO_URI": f"mongodb://operator:{PASSWORD}@db.example.com",
    "INSIGHTS_REDIS_URL": f"redis://:{PASSWORD}@cache.example.com/0",
    "ALPHA_VANTAGE_API_KEY": PASSWORD,
    "INSIGHTS_ADMIN_SECRET": PASSWORD,
    "INSIGHTS_JWT_SECRET": PASSWORD * 2,
    "INSIGHTS_JWT_PUBLIC_KEY": PASSWORD,
    "INSIGHTS_READ_TOKEN": PASSWORD,
    "INSIGHTS_ALERT_WEBHOOK_URL": f"https://hooks.example.com/{PASSWORD}",
}


def traceback_of(shown: object) -> str:
    """A traceback with the local variables, as error trackers collect it."""
    try:
        open(shown)  # noqa: PTH123, SIM115 - whatever it is, it is no file
    except (TypeError, OSError) as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        text = "".join(trace.format())
        assert "shown = " in text
        return text


def logged(shown: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("shown")
    logger.addHandler(handler)
    logger.error("%s %r", shown, shown)
    logger.removeHandler(handler)
    return stream.getvalue()


SHOWS = {
    "repr": repr,
    "str": str,
    "f-string": lambda shown: f"{shown} {shown!r} {shown!s:>9}",
    "format": "{0} {0!r}".format,
    "traceback with locals": traceback_of,
    "log": logged,
    "rich": lambda shown: Console(file=io.StringIO(), record=True).render_str(repr(shown)).plain,
}


@pytest.mark.parametrize("show", SHOWS)
def test_what_holds_a_secret_prints_without_it(monkeypatch, show, tried):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    made = Settings()
    url = SECRETS["INSIGHTS_REDIS_URL"]
    objects = [
        made,
        Vendors({"alpha_vantage": Access("http://127.0.0.1/query", PASSWORD, 75)}, 30, url),
        *build_resources(made).values(),
        AdminTokens(PASSWORD * 2, ""),
        Webhook(SECRETS["INSIGHTS_ALERT_WEBHOOK_URL"]),
    ]
    for holder in objects:
        assert PASSWORD not in SHOWS[show](holder), type(holder)
    assert PASSWORD not in made.model_dump_json() + str(made.model_dump()) + str(vars(made))
    tried(
        AREA,
        "Objects that hold secrets are printed: repr, str, f-string, log, traceback with locals",
        "the secrets are masked or left out",
        times=len(objects),
    )
