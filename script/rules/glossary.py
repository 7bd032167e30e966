"""Rules about words: one thing has one word in each language."""

from collections.abc import Iterable, Iterator, Mapping
import re
from typing import Final

from .project import Project, Tree
from .rule import rule
from .texts import leaves

_NO_WORDS: Final = re.compile(r"`[^`]*`|{\w+}|https?://\S+|System > .*Management\b")
"""Parts of a text that stay as they are: code, placeholders, the portal's menu."""


def terms_in(text: str, terms: Iterable[str]) -> set[str]:
    """Return which English terms stand in a text; in "grid meter" is no "meter"."""
    rest, found = _NO_WORDS.sub(" ", text), set()
    for term in sorted(terms, key=len, reverse=True):
        rest, count = _pattern(term).subn(" ", rest)
        if count:
            found.add(term)
    return found


def _pattern(term: str) -> re.Pattern[str]:
    """Return what fits a term and its plural, as a word of its own."""
    stem, ending = (term[:-1], "(y|ies)") if term.endswith("y") else (term, "(e?s)?")
    return re.compile(rf"(?<![\w-]){re.escape(stem)}{ending}(?![\w-])", re.IGNORECASE)


def _has(text: str, words: str | list[str]) -> bool:
    found = [words] if isinstance(words, str) else words
    return any(word.casefold() in text.casefold() for word in found)


def _texts(project: Project, language: str) -> dict[str, str]:
    return dict(leaves(project.all_texts(language)))


def _terms(project: Project) -> set[str]:
    """Return the English terms for which any language has a word."""
    return {term for found in project.glossaries.values() for term in found["terms"]}


def _used(project: Project) -> Iterator[tuple[str, Tree, Mapping[str, str]]]:
    """Yield the languages that have texts: name, glossary, texts."""
    languages = project.languages.keys()
    for language, glossary in project.glossaries.items():
        if language in languages:
            yield language, glossary, _texts(project, language)


@rule
def glossaries_are_complete(project: Project) -> Iterator[str]:
    """Each language has a word for each term, and each term is in use."""
    glossaries, terms = project.glossaries, _terms(project)
    for language in sorted(glossaries.keys() ^ (project.languages.keys() - {"en"})):
        yield f"glossary: {language} has texts only, or words only"
    for language, found in glossaries.items():
        for term in sorted(terms - found["terms"].keys()):
            yield f"glossary: {language} has no word for {term}"
    english = _texts(project, "en").values()
    for term in sorted(terms - {t for text in english for t in terms_in(text, terms)}):
        yield f"glossary: {term} stands in no English text"


@rule
def terms_are_used(project: Project) -> Iterator[str]:
    """Where an English term stands, each translation has its language's word."""
    terms = _terms(project)
    standing = {k: terms_in(v, terms) for k, v in _texts(project, "en").items()}
    for language, glossary, texts in _used(project):
        words = glossary["terms"]
        for key in sorted(standing.keys() & texts.keys()):
            for term in sorted(standing[key] & words.keys()):
                if not _has(texts[key], words[term]):
                    yield f"{language}: {key}: {term} is {words[term]}"


@rule
def other_words_are_left(project: Project) -> Iterator[str]:
    """No translation has a word instead of which the glossary names another."""
    for language, glossary, texts in _used(project):
        for key, text in texts.items():
            for word, better in glossary["instead"].items():
                if _has(text, word):
                    yield f"{language}: {key}: {better} instead of {word}"
