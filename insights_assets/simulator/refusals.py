"""The vendor's own words when it does not answer; all of them come under HTTP 200.

The texts are the vendor's as found in public captures; `{apikey}` stands where it repeats the key.
"""

from insights_assets.simulator.answer import Answer, json_answer

MEMBERS = {"Error Message", "Information", "Note"}
"""Of which an answer without data has one."""

_PREMIUM = "the premium plans at https://www.alphavantage.co/premium/"
_DAILY_LIMIT = (
    "our standard API rate limit is 25 requests per day. "
    f"Please subscribe to any of {_PREMIUM} to instantly remove all daily rate limits."
)
_BAD_KEY = (
    "the parameter apikey is invalid or missing. Please claim your free API key on "
    "(https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
)
BURST_LIMIT = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests "
    f"more sparingly (1 request per second). You may subscribe to any of {_PREMIUM} to lift the "
    "free key rate limit (25 requests per day), raise the per-second burst limit, and instantly "
    "unlock all premium endpoints"
)
BURST_LIMIT_2025 = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests "
    f"more sparingly. You may subscribe to any of {_PREMIUM} to lift the free key rate limit "
    "(25 requests per day) and instantly unlock all premium endpoints"
)
BURST_OF_A_PLAN = (
    "Burst pattern detected. Please consider spreading out your API requests more evenly across a "
    "1-minute window and query no more than 5 requests per second. Please contact "
    "support@alphavantage.co if you are targeting a higher API request volume."
)
MINUTE_LIMIT_OF_A_PLAN = (
    "Minute-level rate limit exceed. Please stay under the number of API requests per minute for "
    "your premium subscription plan. Please contact support@alphavantage.co if you are targeting a "
    "higher API request volume."
)
DAILY_LIMIT = f"Thank you for using Alpha Vantage! O{_DAILY_LIMIT[1:]}"
DAILY_LIMIT_WITH_KEY = f"We have detected your API key as {{apikey}} and {_DAILY_LIMIT}"
MINUTE_LIMIT = (
    "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute "
    "and 500 calls per day. Please visit https://www.alphavantage.co/premium/ if you would like "
    "to target a higher API call frequency."
)
PREMIUM_ENDPOINT = (
    "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of "
    f"{_PREMIUM} to instantly unlock all premium endpoints"
)
_NO_ARTICLES = (
    "No articles found. Please adjust the time range or refer to the API documentation "
    "https://www.alphavantage.co/documentation#newsapi and try again."
)


def error_message(text: str) -> Answer:
    """A refusal of the question itself."""
    return json_answer({"Error Message": text})


def information(text: str) -> Answer:
    """A refusal that says nothing about the question: limits, plans, nothing found."""
    return json_answer({"Information": text})


def note(text: str) -> Answer:
    """The older form of `information`."""
    return json_answer({"Note": text})


def invalid_call(function: str) -> Answer:
    """A parameter is missing or wrong, or the symbol is unknown."""
    return error_message(
        "Invalid API call. Please retry or visit the documentation "
        f"(https://www.alphavantage.co/documentation/) for {function}."
    )


def no_such_function(function: str) -> Answer:
    """The function is unknown."""
    return error_message(f"This API function ({function}) does not exist.")


def bad_key(repeated: str = "") -> Answer:
    """There is no key, or a wrong one, which some answers repeat."""
    return error_message(f"{_BAD_KEY} (apikey: {repeated})" if repeated else _BAD_KEY)


def no_articles() -> Answer:
    """A valid question about a time without news."""
    return information(_NO_ARTICLES)
