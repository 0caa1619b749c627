"""Dead links of a built site are found."""

from __future__ import annotations

from pathlib import Path

import pytest

import check_site


def site(folder: Path, body: str) -> Path:
    (folder / "part").mkdir()
    (folder / "part" / "two.html").write_text('<h1 id="top">Two</h1><a href="../one.html">1</a>')
    (folder / "file.py").write_text("")
    (folder / "one.html").write_text(f'<p id="here">One</p>{body}')
    return folder


@pytest.mark.parametrize(
    "link",
    [
        "#here",
        "part/two.html",
        "part/two.html#top",
        "file.py",
        "https://example.org/x#y",
        "mailto:a",
    ],
)
def test_links_that_lead_to_something_are_left_alone(tmp_path: Path, link: str) -> None:
    assert check_site.dead_links(site(tmp_path, f'<a href="{link}">x</a>')) == []


@pytest.mark.parametrize(
    "link", ["#there", "part/three.html", "part/two.html#bottom", "part", "../outside.html"]
)
def test_links_that_lead_to_nothing_are_told_with_their_page(tmp_path: Path, link: str) -> None:
    (tmp_path.parent / "outside.html").write_text("")
    found = check_site.dead_links(site(tmp_path, f'<a href="{link}">x</a><img src="{link}">'))
    assert found == [f"one.html: {link}"]


def test_a_missing_picture_is_told(tmp_path: Path) -> None:
    assert check_site.dead_links(site(tmp_path, '<img src="a%20b.png">')) == ["one.html: a%20b.png"]
    (tmp_path / "a b.png").write_bytes(b"")
    assert check_site.dead_links(tmp_path) == []


def test_the_exit_status_says_whether_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_site.main(tmp_path) == 1  # no page at all
    assert check_site.main(site(tmp_path, "")) == 0
    assert capsys.readouterr().out == "2 pages, no dead link\n"
    (tmp_path / "part" / "two.html").unlink()
    (tmp_path / "one.html").write_text('<a href="part/two.html">2</a>')
    assert check_site.main(tmp_path) == 1
    assert capsys.readouterr().out == "one.html: part/two.html\n"
