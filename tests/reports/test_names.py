"""What estimators and problems are called, and which belong together."""

from estimators.registry import ESTIMATORS
from reports import names


def named(spec: str) -> names.Name:
    return names.estimator(ESTIMATORS.canonical(spec))


def test_the_number_of_tangents_is_always_written_out() -> None:
    assert named("forward-gradient").text == "forward-gradient[k=1]"
    assert named("multi-tangent").text == "multi-tangent[k=4]"
    assert named("forward-gradient[directions=sphere]").text == "forward-gradient[k=1,directions=sphere]"


def test_a_series_holds_the_same_estimator_at_every_k() -> None:
    assert named("spsa[k=1]").series == named("spsa[k=16]").series == "spsa"
    assert named("spsa").series != named("rdsa").series


def test_names_sort_by_family_then_series_then_k_as_a_number() -> None:
    specs = ("spsa", "forward-gradient[k=16]", "backprop", "forward-gradient[k=4]", "multi-tangent")
    expected = ["backprop", "forward-gradient[k=4]", "forward-gradient[k=16]", "multi-tangent[k=4]", "spsa[k=1]"]
    assert [name.text for name in sorted(map(named, specs))] == expected


def test_a_users_file_is_named_without_its_folders_even_where_it_does_not_exist() -> None:
    assert names.estimator("/home/somebody/lab/my.py:Mine[k=3]").text == "my.py:Mine[k=3]"
    assert names.estimator("/home/somebody/lab/my.py:Mine[k=3]").family == "other"
    assert names.problem("/home/somebody/lab/model.py:build[width=3]") == "model.py:build[width=3]"


def test_what_is_no_spec_is_shown_as_it_is() -> None:
    assert names.estimator("a[b\x00").text == "a[b\\x00"
    assert names.problem("") == ""


def test_problems_come_in_the_order_of_the_registry_and_strangers_last() -> None:
    ranked = sorted(["zoo.py:build", "mlp", "sphere"], key=names.problem_rank)
    assert ranked == ["sphere", "mlp", "zoo.py:build"]


def test_sizes_within_problems_are_ordered_as_numbers() -> None:
    ranked = sorted(["sphere[n=1024]", "mlp[width=64]", "sphere[n=64]", "mlp[width=4096]", "sphere[n=9]"], key=names.problem_rank)
    assert ranked == ["sphere[n=9]", "sphere[n=64]", "sphere[n=1024]", "mlp[width=64]", "mlp[width=4096]"]


def test_every_registered_estimator_has_a_family() -> None:
    assert {named(name).family for name in ESTIMATORS.entries} <= set(names.FAMILIES) - {"other"}
