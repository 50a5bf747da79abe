"""Where asv's results are, and where the project shows a commit, as its configuration says; or results named directly."""

import pytest

from reports.history.asv_config import ConfigError, configured

CONFIG = '{\n  // asv allows comments\n  "version": 1, "project": "p", "repo": ".", "results_dir": ".asv/results"%s\n}\n'


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / ".asv" / "results").mkdir(parents=True)
    (tmp_path / "asv.conf.json").write_text(CONFIG % ', "show_commit_url": "https://example.org/c/"')
    return tmp_path


def test_a_checkout_stands_for_the_results_its_configuration_names(checkout) -> None:
    found = configured(checkout)
    assert found.results == checkout / ".asv" / "results"
    assert (found.checkout, found.url) == (checkout, "https://example.org/c/")


def test_results_find_the_configuration_that_names_them(checkout) -> None:
    found = configured(checkout / ".asv" / "results")
    assert (found.checkout, found.url) == (checkout, "https://example.org/c/")


def test_results_elsewhere_have_no_configuration(checkout) -> None:
    (checkout / "other").mkdir()
    found = configured(checkout / "other")
    assert (found.results, found.checkout, found.url) == (checkout / "other", None, "")


def test_without_an_address_of_commits_there_is_none(tmp_path) -> None:
    (tmp_path / "asv.conf.json").write_text(CONFIG % "")
    assert configured(tmp_path).url == ""


def test_a_damaged_configuration_and_a_folder_that_is_none_are_named(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere is no folder; expected asv's results, or a folder with an asv\.conf\.json"):
        configured(tmp_path / "nowhere")
    (tmp_path / "asv.conf.json").write_text("{")
    with pytest.raises(ConfigError, match=r"asv\.conf\.json cannot be read"):
        configured(tmp_path)
