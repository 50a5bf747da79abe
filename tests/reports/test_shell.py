"""What every page has: a policy that lets one script run and nothing load, and names that are safe in files."""

import base64
import hashlib
import re

import pytest

from reports.findings import Notice
from reports.provenance import Origin
from reports.shell import is_paired, render


def page(name: str = "run", **more) -> str:
    values = {
        "brand": "gradgauge page",
        "headline": "Nothing.",
        "contents": [("main", "All")],
        "notices": [],
        "data": None,
        **more,
    }
    return render("base.html", runs=[Origin(name, (("suite", "quick"),), ())], **values)


def test_the_policy_names_the_hash_of_the_one_script_and_forbids_the_rest() -> None:
    text = page()
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{hashed}'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_script_and_style_sheet_are_a_few_kilobytes() -> None:
    text = page()
    assert len(re.search(r"<script>(.*?)</script>", text, re.DOTALL).group(1)) < 10_000
    assert len(re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)) < 10_000


@pytest.mark.parametrize(
    ("name", "file_name"), [("20261122-quick-1a2b", None), ("<i>a b/c", "i-a-b-c"), ("«»", "report"), ("x" * 200, "x" * 60)]
)
def test_saved_files_have_plain_names(name, file_name) -> None:
    assert f'<body data-name="{file_name or name}">' in page(name)


def test_a_page_without_data_or_notices_says_nothing_of_them() -> None:
    text = page()
    assert "SHA-256" not in text
    assert "Read this first" not in text
    assert "The run does not say where it was measured." in text


def test_notices_are_escaped_and_grave_ones_begin_with_caution() -> None:
    text = page(notices=[Notice(True, "<b>bad</b>.")])
    assert '<li class="grave">Caution: &lt;b&gt;bad&lt;/b&gt;.</li>' in text


@pytest.mark.parametrize(
    ("titles", "paired"),
    [
        (["mlp · old", "mlp · new", "cnn · old", "cnn · new"], True),
        (["mlp · old", "cnn · old"], False),
        (["mlp · old", "mlp · new", "cnn · old"], False),
        (["mlp", "mlp"], False),
        ([], False),
    ],
)
def test_pictures_of_one_problem_in_two_runs_are_known_by_their_titles(titles, paired) -> None:
    assert is_paired([(title, "") for title in titles]) is paired
