"""Tells crawlers and link scanners by their user agent, from a list others keep.

The list is the package crawler-user-agents. Ingest asks for each event, with names
that anybody may make up, so an answer takes bounded time and memory.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

MAX_USER_AGENT_LENGTH = 512
"""Characters that are looked at; browsers inside of apps send up to about 400."""

MAX_NAME_LENGTH = 64

_REMEMBERED = 4096
"""Answers, of about a kilobyte each at most."""

_NO_CRAWLERS = frozenset({"http-library", "browser-automation"})
"""Tags of the list: a backend that sends events with such a library, or a person
who has their browser driven, is not crawling."""

_HEAD_LENGTH = 4
"""Of the patterns' first letters: few user agents share four with one by chance."""

_METACHARACTER = re.compile(r"[\[\](){}|?*+.^$\\]")


def crawler_name(user_agent: str) -> str | None:
    """Return the name of the crawler or link scanner behind a user agent.

    Args:
        user_agent: As sent, of any length; the first `MAX_USER_AGENT_LENGTH`
            characters decide.

    Returns:
        1..`MAX_NAME_LENGTH` characters, or None for anything else, be it a browser
        or an HTTP library.
    """
    return _find(user_agent[:MAX_USER_AGENT_LENGTH])


@lru_cache(maxsize=_REMEMBERED)
def _find(user_agent: str) -> str | None:
    heads, others = _patterns()
    for start in range(len(user_agent)):
        for name in heads.get(user_agent[start : start + _HEAD_LENGTH], ()):
            if user_agent.startswith(name, start):
                return _shown(name)
    other = others.search(user_agent)
    return None if other is None else _shown(other.group())


@lru_cache(maxsize=1)
def _patterns() -> tuple[Mapping[str, Sequence[str]], re.Pattern[str]]:
    """Return the plain texts of the list by their first letters, and all the rest.

    One expression of all fourteen hundred takes ten times as long.
    """
    heads: defaultdict[str, list[str]] = defaultdict(list)
    others = []
    for crawler in CRAWLER_USER_AGENTS_DATA:
        if not _NO_CRAWLERS.isdisjoint(crawler["tags"]):
            continue
        pattern: str = crawler["pattern"]
        text = re.sub(r"\\(\W)", r"\1", pattern)
        if len(text) < _HEAD_LENGTH or _METACHARACTER.search(
            re.sub(r"\\\W", "", pattern)
        ):
            others.append(pattern)
        else:
            heads[text[:_HEAD_LENGTH]].append(text)
    return heads, re.compile("|".join(others))


def _shown(matched: str) -> str:
    return matched.strip(" /")[:MAX_NAME_LENGTH]
