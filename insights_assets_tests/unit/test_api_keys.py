"""A key as people set it: what is no key is told before anybody is asked with it."""

import pytest

from insights_assets.model.api_keys import clean_key


@pytest.mark.parametrize("text", ["K3Y", " K3Y\n", "\ufeffK3Y\r\n"])
def test_what_files_leave_around_a_key_is_taken_off(text):
    assert clean_key(text) == "K3Y"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"K3Y"', "in quotes"),
        ("'K3Y'", "in quotes"),
        ("ALPHA_VANTAGE_API_KEY=K3Y", "NAME=value"),
        ("your-key", "placeholder"),
        ("...", "placeholder"),
        ("K3Y K3Y", "neither spaces"),
    ],
)
def test_what_cannot_be_a_key_is_refused_with_what_to_do(text, said):
    with pytest.raises(ValueError, match=said):
        clean_key(text)
