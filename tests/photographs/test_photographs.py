"""The photographs of installed packages and their labels fit together; copies say nothing."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from testing.photographs import packaged_set, read_set, write_copies, write_copy

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "ru", "zh", "ja")
FOLDER = Path(__file__).parents[2] / "testing" / "photographs"


def _labelled_folder(folder: Path, **labels: object) -> Path:
    (folder / "img").mkdir()
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (40, 30), "teal").save(folder / "img" / name)
    queries = {"cat": {"right": ["a.jpg"], "arguable": ["b.jpg"]}}
    document = {"queries": queries, "absent": ["piano"]} | labels
    (folder / "labels.json").write_text(json.dumps(document))
    return folder


def test_every_photograph_can_be_opened_and_no_two_are_the_same_file() -> None:
    files = packaged_set().files
    for path in files.values():
        with Image.open(path) as image:
            assert min(image.size) >= 100, path
    assert len({path.read_bytes() for path in files.values()}) == len(files) >= 100


def test_every_query_has_right_photographs_and_no_absent_thing_is_a_query() -> None:
    photographs = packaged_set()
    for query, judgement in photographs.queries.items():
        assert judgement.right, query
        assert judgement.right | judgement.arguable <= photographs.files.keys(), query
        assert not judgement.right & judgement.arguable, query
    assert not set(photographs.absent) & photographs.queries.keys()
    assert len(set(photographs.absent)) == len(photographs.absent)


def test_every_query_is_worded_in_nine_languages() -> None:
    photographs = packaged_set()
    assert photographs.languages == LANGUAGES
    for language in LANGUAGES:
        for query in (*photographs.queries, *photographs.absent):
            assert photographs.wording(query, language).strip() == photographs.wording(
                query, language
            ), (query, language)
    assert photographs.wording("dog", "de") == "Hund"
    assert photographs.wording("dog", "en") == "dog"


def test_the_readme_counts_the_photographs_of_each_package() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w-]+) \| (\d+) \|", readme, re.MULTILINE)
    sources = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))["source"]
    assert dict(rows) == {each["package"]: str(len(each["files"])) for each in sources}


def test_copies_have_neutral_names_and_no_metadata(tmp_path: Path) -> None:
    source = tmp_path / "a red rose.jpg"
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "a red rose"
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (40, 30), "red").save(source, exif=exif, comment=b"rose")

    (copy,) = write_copies([source], tmp_path)
    assert copy.name == "IMG_0001.jpg"
    assert b"rose" not in copy.read_bytes()
    with Image.open(copy) as image:
        assert image.size == (30, 40)
        assert not image.getexif()


def test_a_copy_has_the_metadata_that_it_is_given(tmp_path: Path) -> None:
    source = tmp_path / "grey.png"
    Image.new("L", (40, 30)).save(source)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Example"
    write_copy(source, tmp_path / "copy.jpg", exif)
    with Image.open(tmp_path / "copy.jpg") as image:
        assert dict(image.getexif()) == {ExifTags.Base.Make: "Example"}
        assert image.mode == "RGB"


def test_a_labelled_folder_is_read_with_its_pictures_below_it(tmp_path: Path) -> None:
    photographs = read_set(_labelled_folder(tmp_path))
    assert sorted(photographs.files) == ["a.jpg", "b.jpg"]
    assert photographs.queries["cat"].right == {"a.jpg"}
    assert photographs.queries["cat"].arguable == {"b.jpg"}
    assert photographs.absent == ("piano",)
    assert photographs.languages == ("en",)


def test_a_labelled_folder_may_bring_translations(tmp_path: Path) -> None:
    folder = _labelled_folder(tmp_path)
    (folder / "translations.tsv").write_text("en\tde\ncat\tKatze\npiano\tKlavier\n")
    assert read_set(folder).wording("piano", "de") == "Klavier"
    (folder / "translations.tsv").write_text("en\tde\ncat\tKatze\n")
    with pytest.raises(ValueError, match="no de for"):
        read_set(folder)


@pytest.mark.parametrize(
    ("right", "arguable"), [(["c.jpg"], []), ([], ["a.jpg"]), (["a.jpg"], ["a.jpg"])]
)
def test_labels_that_disagree_with_the_files_are_refused(
    tmp_path: Path, right: list[str], arguable: list[str]
) -> None:
    folder = _labelled_folder(tmp_path, queries={"cat": {"right": right, "arguable": arguable}})
    with pytest.raises(ValueError, match="cat"):
        read_set(folder)
