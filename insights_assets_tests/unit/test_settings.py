"""The environment, read once and checked.

What these tests guard against: a default that drifts from the specification, a malformed value
that is used anyway or answered with a traceback, and a secret in a message or a log.
"""

import os
from datetime import date

import pytest
from pydantic import ValidationError

from insights_assets.categories import FOLDERS
from insights_assets.settings import Settings, SettingsError, load_settings

SECRETS = {
    "INSIGHTS_MONGO_URI": "mongodb://operator:hunter2@db.example.com:27017",
    "INSIGHTS_REDIS_URL": "rediss://:hunter2@cache.example.com:6379/0",
    "ALPHA_VANTAGE_API_KEY": "hunter2",
    "FRED_API_KEY": "hunter2",
    "INSIGHTS_ALERT_WEBHOOK_URL": "https://hooks.example.com/hunter2",
    "INSIGHTS_ADMIN_SECRET": "hunter2",
    "INSIGHTS_JWT_SECRET": "hunter2",
    "INSIGHTS_JWT_PUBLIC_KEY": "hunter2",
    "INSIGHTS_READ_TOKEN": "hunter2",
}


@pytest.fixture(autouse=True)
def _no_variable_is_set(monkeypatch):
    for name in os.environ:
        if name.upper().startswith(("INSIGHTS_", "ALPHA_VANTAGE_", "FRED_")):
            monkeypatch.delenv(name)


def refusal() -> str:
    """Return what `load_settings` says about the environment."""
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.__suppress_context__
    return str(refused.value)


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ("mongo_database", "insights"),
        ("base_url", "https://www.alphavantage.co/query"),
        ("fred_base_url", "https://api.stlouisfed.org/fred"),
        ("alpha_vantage_plan", ""),
        ("categories", FOLDERS),
        ("requests_per_minute", 75),
        ("fetch_deadline_seconds", 30),
        ("dataset_retention_days", 400),
        ("snapshot_retention_days", 0),
        ("start_date", None),
        ("first_partition", date(2021, 1, 4)),
        ("first_day", date(2021, 1, 4)),
        ("repair_days", 3),
        ("repair_gap_days", 31),
        ("repair_backoff_minutes", (5, 15, 45, 120, 360, 360, 360, 360)),
        ("repair_grace_minutes", 15),
        ("repair_interval_seconds", 60),
        ("dagster_url", "http://127.0.0.1:3000"),
        ("owners", ()),
    ],
)
def test_every_plain_variable_has_its_default(field, default):
    assert getattr(load_settings(), field) == default


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ("mongo_uri", "mongodb://127.0.0.1:27117"),
        ("redis_url", "redis://127.0.0.1:6479/0"),
        ("api_key", ""),
        ("fred_api_key", ""),
        ("alert_webhook_url", ""),
        ("admin_secret", ""),
        ("jwt_secret", ""),
        ("jwt_public_key", ""),
        ("read_token", ""),
    ],
)
def test_every_secret_variable_has_its_default(field, default):
    assert getattr(load_settings(), field).get_secret_value() == default


def test_no_field_is_without_a_test_of_its_default():
    assert len(Settings.model_fields) == 27


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("INSIGHTS_MONGO_DATABASE", "insights_demo-2", "mongo_database", "insights_demo-2"),
        (
            "ALPHA_VANTAGE_BASE_URL",
            "http://127.0.0.1:8123/query",
            "base_url",
            "http://127.0.0.1:8123/query",
        ),
        (
            "FRED_BASE_URL",
            "http://127.0.0.1:8123/fred",
            "fred_base_url",
            "http://127.0.0.1:8123/fred",
        ),
        ("INSIGHTS_CATEGORIES", f"{FOLDERS[1]}, {FOLDERS[0]},", "categories", FOLDERS[:2]),
        ("INSIGHTS_REQUESTS_PER_MINUTE", "5", "requests_per_minute", 5),
        ("INSIGHTS_FETCH_DEADLINE_SECONDS", "0.5", "fetch_deadline_seconds", 0.5),
        ("INSIGHTS_DATASET_RETENTION_DAYS", "0", "dataset_retention_days", 0),
        ("INSIGHTS_SNAPSHOT_RETENTION_DAYS", "24855", "snapshot_retention_days", 24_855),
        ("INSIGHTS_START_DATE", "2024-02-29", "start_date", date(2024, 2, 29)),
        ("INSIGHTS_START_DATE", "2024-02-29", "first_day", date(2024, 2, 29)),
        ("INSIGHTS_FIRST_PARTITION", "2024-02-29", "first_day", date(2024, 2, 29)),
        ("INSIGHTS_REPAIR_DAYS", "0", "repair_days", 0),
        ("INSIGHTS_REPAIR_GAP_DAYS", "92", "repair_gap_days", 92),
        ("INSIGHTS_REPAIR_BACKOFF_MINUTES", "0.5, 2,10", "repair_backoff_minutes", (0.5, 2, 10)),
        ("INSIGHTS_REPAIR_GRACE_MINUTES", "0.5", "repair_grace_minutes", 0.5),
        ("INSIGHTS_REPAIR_INTERVAL_SECONDS", "1", "repair_interval_seconds", 1),
        ("INSIGHTS_DAGSTER_URL", "https://host/dagster", "dagster_url", "https://host/dagster"),
    ],
)
def test_every_plain_variable_can_be_set(monkeypatch, variable, text, field, value):
    monkeypatch.setenv(variable, text)

    assert getattr(load_settings(), field) == value


@pytest.mark.parametrize(
    ("variable", "field"),
    [
        ("INSIGHTS_MONGO_URI", "mongo_uri"),
        ("INSIGHTS_REDIS_URL", "redis_url"),
        ("ALPHA_VANTAGE_API_KEY", "api_key"),
        ("FRED_API_KEY", "fred_api_key"),
        ("INSIGHTS_ALERT_WEBHOOK_URL", "alert_webhook_url"),
        ("INSIGHTS_ADMIN_SECRET", "admin_secret"),
        ("INSIGHTS_JWT_SECRET", "jwt_secret"),
        ("INSIGHTS_JWT_PUBLIC_KEY", "jwt_public_key"),
        ("INSIGHTS_READ_TOKEN", "read_token"),
    ],
)
def test_every_secret_variable_can_be_set(monkeypatch, variable, field):
    monkeypatch.setenv(variable, SECRETS[variable])

    assert getattr(load_settings(), field).get_secret_value() == SECRETS[variable]


def test_empty_variables_count_as_unset(monkeypatch):
    unset = load_settings()
    for variable in (
        *SECRETS,
        "INSIGHTS_MONGO_DATABASE",
        "ALPHA_VANTAGE_BASE_URL",
        "FRED_BASE_URL",
        "INSIGHTS_CATEGORIES",
        "INSIGHTS_REQUESTS_PER_MINUTE",
        "INSIGHTS_FETCH_DEADLINE_SECONDS",
        "INSIGHTS_DATASET_RETENTION_DAYS",
        "INSIGHTS_SNAPSHOT_RETENTION_DAYS",
        "INSIGHTS_START_DATE",
        "INSIGHTS_FIRST_PARTITION",
        "INSIGHTS_DAGSTER_URL",
    ):
        monkeypatch.setenv(variable, "")

    assert load_settings() == unset


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("INSIGHTS_MONGO_URI", "db.example.com:27017"),
        ("INSIGHTS_MONGO_URI", "redis://127.0.0.1"),
        ("INSIGHTS_MONGO_DATABASE", "in sights"),
        ("INSIGHTS_MONGO_DATABASE", "in/sights"),
        ("INSIGHTS_MONGO_DATABASE", "x" * 64),
        ("INSIGHTS_REDIS_URL", "127.0.0.1:6379"),
        ("INSIGHTS_REDIS_URL", "http://127.0.0.1"),
        ("ALPHA_VANTAGE_BASE_URL", "alphavantage.co"),
        ("FRED_BASE_URL", "api.stlouisfed.org"),
        ("ALPHA_VANTAGE_BASE_URL", "ftp://www.alphavantage.co/query"),
        ("ALPHA_VANTAGE_BASE_URL", "http://127.0.0.1:port/query"),
        ("INSIGHTS_DAGSTER_URL", "127.0.0.1:3000"),
        ("INSIGHTS_DAGSTER_URL", "http://127.0.0.1:port"),
        ("INSIGHTS_CATEGORIES", "weather"),
        ("INSIGHTS_CATEGORIES", " , "),
        ("INSIGHTS_REQUESTS_PER_MINUTE", "0"),
        ("INSIGHTS_REQUESTS_PER_MINUTE", "many"),
        ("INSIGHTS_REQUESTS_PER_MINUTE", "7.5"),
        ("INSIGHTS_FETCH_DEADLINE_SECONDS", "0"),
        ("INSIGHTS_FETCH_DEADLINE_SECONDS", "nan"),
        ("INSIGHTS_FETCH_DEADLINE_SECONDS", "inf"),
        ("INSIGHTS_FETCH_DEADLINE_SECONDS", "soon"),
        ("INSIGHTS_DATASET_RETENTION_DAYS", "-1"),
        ("INSIGHTS_DATASET_RETENTION_DAYS", "24856"),
        ("INSIGHTS_SNAPSHOT_RETENTION_DAYS", "-1"),
        ("INSIGHTS_SNAPSHOT_RETENTION_DAYS", "24856"),
        ("INSIGHTS_REPAIR_DAYS", "-1"),
        ("INSIGHTS_REPAIR_DAYS", "31"),
        ("INSIGHTS_REPAIR_GAP_DAYS", "93"),
        ("INSIGHTS_REPAIR_BACKOFF_MINUTES", "5,soon"),
        ("INSIGHTS_REPAIR_BACKOFF_MINUTES", "-5"),
        ("INSIGHTS_REPAIR_GRACE_MINUTES", "inf"),
        ("INSIGHTS_REPAIR_INTERVAL_SECONDS", "0"),
        ("INSIGHTS_ALERT_WEBHOOK_URL", "hooks.example.com/path"),
        ("INSIGHTS_OWNERS", "ann@example.com, the risk team"),
        ("INSIGHTS_START_DATE", "last week"),
        ("INSIGHTS_FIRST_PARTITION", "last week"),
        ("INSIGHTS_START_DATE", "2021-02-30"),
        ("INSIGHTS_START_DATE", "20210104"),
        ("INSIGHTS_START_DATE", "1609718400"),
        ("INSIGHTS_START_DATE", "2021-01-04T00:00"),
    ],
)
def test_a_malformed_value_is_refused_in_one_sentence_that_names_its_variable(
    monkeypatch, variable, text
):
    monkeypatch.setenv(variable, text)

    sentence = refusal()

    assert sentence.startswith(f"{variable}: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "pydantic" not in sentence
    assert len(sentence) < 150


def test_owners_are_addresses_and_teams(monkeypatch):
    monkeypatch.setenv("INSIGHTS_OWNERS", "team:market-risk, ann@example.com")

    assert load_settings().owners == ("team:market-risk", "ann@example.com")


def test_a_start_date_is_told_how_to_be_written(monkeypatch):
    monkeypatch.setenv("INSIGHTS_START_DATE", "4 Jan 2021")

    assert refusal() == ("INSIGHTS_START_DATE: '4 Jan 2021' is not a date: write it as YYYY-MM-DD.")


def test_all_malformed_values_are_named_at_once(monkeypatch):
    monkeypatch.setenv("INSIGHTS_MONGO_URI", "hunter2")
    monkeypatch.setenv("INSIGHTS_START_DATE", "soon")

    assert refusal() == (
        "INSIGHTS_MONGO_URI: it should begin with mongodb:// or mongodb+srv://;"
        " INSIGHTS_START_DATE: 'soon' is not a date: write it as YYYY-MM-DD."
    )


@pytest.mark.parametrize("variable", ["INSIGHTS_MONGO_URI", "INSIGHTS_REDIS_URL"])
def test_a_refusal_never_repeats_a_secret(monkeypatch, variable):
    monkeypatch.setenv(variable, "https://operator:hunter2@db.example.com")

    assert "hunter2" not in refusal()
    assert "operator" not in refusal()


def test_not_even_the_validation_error_itself_repeats_a_secret(monkeypatch):
    monkeypatch.setenv("INSIGHTS_MONGO_URI", "https://operator:hunter2@db.example.com")

    with pytest.raises(ValidationError) as invalid:
        Settings()

    assert "hunter2" not in str(invalid.value)


@pytest.mark.parametrize("show", [repr, str, lambda settings: settings.model_dump_json()])
def test_secrets_are_masked_wherever_settings_are_shown(monkeypatch, show):
    for variable, text in SECRETS.items():
        monkeypatch.setenv(variable, text)

    shown = show(load_settings())

    assert "hunter2" not in shown
    assert shown.count("****") >= 3
