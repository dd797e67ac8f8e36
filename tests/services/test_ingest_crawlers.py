import re
import time

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from leadpulse_app.services.ingest.crawlers import (
    MAX_NAME_LENGTH,
    MAX_USER_AGENT_LENGTH,
    crawler_name,
)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "

SENDERS = [
    CHROME,
    f"{CHROME} Edg/131.0.0.0",
    f"{CHROME} OPR/115.0.0.0",
    CHROME.replace("Windows NT 10.0; Win64; x64", "Linux; Android 9; CUBOT_NOTE_S"),
    CHROME.replace("Chrome/", "HeadlessChrome/"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
    f"{IPHONE}(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    f"{IPHONE}(KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
    f"{IPHONE}(KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/444.0.0]",
    f"{IPHONE}(KHTML, like Gecko) Mobile/15E148 LinkedInApp/9.28",
    "analytics-python/2.3.2",
    "python-requests/2.31.0",
    "posthog-python/3.5.0",
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "axios/1.6.0",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "curl/8.5.0",
    "",
]

CRAWLERS = [
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://google.com/bot.html)", "Google"),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://bing.com/bingbot.htm)", "bing"),
    ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "Ahrefs"),
    ("Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2)", "GPTBot"),
    ("facebookexternalhit/1.1", "facebookexternalhit"),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slackbot"),
    ("LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient)", "LinkedInBot"),
    (f"{CHROME} SkypeUriPreview Preview/0.5", "SkypeUriPreview"),
    ("Mozilla/5.0 (compatible; CensysInspect/1.1)", "CensysInspect"),
]


@pytest.mark.parametrize("user_agent", SENDERS)
def test_browsers_and_the_libraries_of_backends_are_no_crawlers(
    user_agent: str,
) -> None:
    assert crawler_name(user_agent) is None


@pytest.mark.parametrize(("user_agent", "name"), CRAWLERS)
def test_crawlers_and_link_scanners_are_named(user_agent: str, name: str) -> None:
    assert (crawler_name(user_agent) or "").startswith(name)


def test_every_crawler_that_the_list_describes_is_found() -> None:
    unseen = [
        user_agent
        for crawler in CRAWLER_USER_AGENTS_DATA
        if {"http-library", "browser-automation"}.isdisjoint(crawler["tags"])
        for user_agent in crawler["instances"]
        if re.search(crawler["pattern"], user_agent[:MAX_USER_AGENT_LENGTH])
        and not crawler_name(user_agent)
    ]
    assert unseen == []


@pytest.mark.parametrize("filler", ["A", "http", "Current", "ContextualBot", "\0", "é"])
def test_a_made_up_user_agent_is_answered_in_bounded_time(filler: str) -> None:
    started = time.process_time()
    for number in range(100):
        crawler_name(f"{number}{filler * 100_000}")
    assert time.process_time() - started < 1


def test_a_name_is_short_whatever_was_matched() -> None:
    name = crawler_name("Spider" + "x" * 400 + "spider.com")
    assert name is not None
    assert len(name) == MAX_NAME_LENGTH
