"""Addresses of stores that no store can be meant by, and what is said of them.

What these tests guard against: a piece of a password that is taken for a host and printed, an
option that only fails when a run is under way, and a database that is named and not used.
"""

import pytest

from insights_assets.store_urls import check_mongo_uri, check_redis_url, database_in


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("localhost:27017", "it should begin with mongodb:"),
        ("mongodb://", "it names no host"),
        ("mongodb://me:hunter2@", "it names no host"),
        ("mongodb://me:h@unter2/w@db", "must be percent-encoded"),
        ("mongodb://me:hunt/er2@db", "must be percent-encoded"),
        ("mongodb://me:hunt?er2@db", "must be percent-encoded"),
        ("mongodb://me:hunt#er2@db", "must be percent-encoded"),
        ("mongodb+srv://me:hunt@er2@db", "must be percent-encoded"),
        ("mongodb://me:hunter2@db:27017\n", "a line break"),
        ("mongodb://me:hunter2@db/my.data", "the database in its path"),
    ],
)
def test_what_can_be_no_mongodb_is_refused_without_its_secret(uri, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        check_mongo_uri(uri)

    assert "er2" not in str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://127.0.0.1",
        "mongodb://me:h%40unter2%2F@a:1,b:2,c:3/data?replicaSet=rs0&tls=true",
        "mongodb+srv://me:hunter2@cluster0.example.net/?retryWrites=true&w=majority",
        "mongodb://%2Ftmp%2Fmongodb-27017.sock",
        "mongodb://[::1]:27017",
    ],
)
def test_what_can_be_a_mongodb_is_left_to_its_driver(uri):
    check_mongo_uri(uri)


@pytest.mark.parametrize(
    ("uri", "database"),
    [
        ("mongodb://db", None),
        ("mongodb://db/", None),
        ("mongodb://db/risk", "risk"),
        ("mongodb://db/risk?tls=true", "risk"),
        ("mongodb://db?tls=true", None),
        ("mongodb://me:pw@db/admin", None),
    ],
)
def test_the_path_names_the_database_unless_it_names_where_users_are_kept(uri, database):
    assert database_in(uri) == database


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("localhost", "it should begin with redis://, rediss:// or unix://"),
        ("redis://:hunt/er2@cache", "must be percent-encoded"),
        ("redis://:hunt#er2@cache", "must be percent-encoded"),
        ("redis://:hunter2@cache:port", "its port is not a number"),
        ("redis://:hunter2@[cache:6379", "its port is not a number"),
        ("redis://:hunter2@/0", "it names no host"),
        ("redis://:hunter2@cache/zero", "the number of a database"),
        ("unix://", "it names no socket"),
        ("redis://cache?ssl_cert_reqs=none", "ssl_cert_reqs is of TLS: begin it with rediss://"),
        ("rediss://cache?ssl_cert_reqs=no", "the value of its option ssl_cert_reqs"),
        ("redis://cache?socket_timeout=soon", "the value of its option socket_timeout"),
        ("redis://cache?protocol=9", "the value of its option protocol"),
        ("redis://cache?max_connections=0", "the value of its option max_connections"),
        ("redis://cache?decode_responses=true", "it has no option decode_responses; there are db,"),
        ("redis://cache?credential_provider=x", "it has no option credential_provider"),
        ("redis://cache?er2 er2=x", "a space or a line break"),
        ("redis://cache?%00er2=x", "it has no option of that name"),
    ],
)
def test_what_can_be_no_redis_is_refused_without_its_secret(url, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        check_redis_url(url)

    assert "er2" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1",
        "redis://me:hunt%2Fer2@cache:6379/3?socket_timeout=0.5&protocol=3",
        "redis://me:hunt@er2@cache:6379/0",
        "rediss://me@cache:6380/0?ssl_cert_reqs=none&ssl_ca_certs=/etc/ca.pem",
        "unix:///run/redis.sock?db=2",
        "unix://me:hunter2@/run/redis.sock",
    ],
)
def test_what_can_be_a_redis_is_accepted(url):
    check_redis_url(url)
