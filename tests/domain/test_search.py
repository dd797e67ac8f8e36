import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.search import (
    MAXIMUM_TOKEN_LENGTH,
    MAXIMUM_TOKENS,
    MAXIMUM_WORDS,
    tokens_of,
    words_of,
)

names = st.text(max_size=30)


def finds(query: str, *names: str) -> bool:
    tokens = tokens_of(names)
    return all(
        any(token.startswith(word) for token in tokens) for word in words_of(query)
    )


@given(names, st.integers(0, 30))
def test_a_name_and_every_start_of_it_find_it(name: str, length: int) -> None:
    assert finds(name[:length], name)


@given(names)
def test_every_word_of_a_name_and_each_start_of_the_word_find_it(name: str) -> None:
    for word in name.split():
        assert all(finds(word[:end], name) for end in range(1, len(word) + 1))


@given(names)
def test_what_was_cut_once_stays_as_it_is(name: str) -> None:
    tokens = tokens_of([name])
    assert tokens_of(tokens) == tokens


@given(st.text(st.characters(codec="latin-1"), max_size=30))
def test_case_does_not_matter(name: str) -> None:
    assert tokens_of([name.upper()]) == tokens_of([name]) == tokens_of([name.lower()])


@given(names)
def test_how_accents_are_written_does_not_matter(name: str) -> None:
    composed = unicodedata.normalize("NFC", name)
    assert tokens_of([composed]) == tokens_of([unicodedata.normalize("NFD", name)])


@given(st.lists(st.one_of(st.none(), st.text(max_size=200)), max_size=8))
def test_words_are_bounded_in_length_and_number(values: list[str | None]) -> None:
    tokens = tokens_of(values)
    assert len(tokens) <= MAXIMUM_TOKENS
    assert all(1 <= len(token) <= MAXIMUM_TOKEN_LENGTH for token in tokens)


def test_accents_are_no_part_of_a_word() -> None:
    assert words_of("José MÜLLER-Straße") == ("jose", "muller", "strasse")


def test_an_email_is_found_by_its_parts_and_as_a_whole() -> None:
    email = "Ada.Lovelace@analytical.example"
    assert tokens_of([email]) == {"ada", "lovelace", "analytical", "example"}
    assert finds(email, email)
    assert finds("lovelace@ana", email)
    assert not finds("ada@other.example", email)


def test_of_a_long_search_the_first_words_count() -> None:
    assert len(words_of(" ".join(f"w{n}" for n in range(50)))) == MAXIMUM_WORDS


def test_of_many_names_the_first_count() -> None:
    tokens = tokens_of(["ada lovelace", *(f"device{n}" for n in range(90))])
    assert {"ada", "lovelace", "device0"} <= tokens
    assert "device89" not in tokens


def test_a_search_without_a_letter_or_digit_has_no_words() -> None:
    assert words_of(" @-. ") == ()
