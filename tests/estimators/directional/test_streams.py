"""Streams give independent numbers of the right law, reproducibly, whatever is asked for together."""

import pytest
import torch

from benchmarks.harness.allocations import profiled
from estimators.directional.space import Block
from estimators.directional.streams import LANES, Keyed, Sequential, _scramble, open_stream

CPU = torch.device("cpu")
KINDS = ["normal", "signs", "uniform"]


def layout(*shapes: tuple[int, ...], dtype: torch.dtype = torch.float32) -> tuple[Block, ...]:
    return tuple(Block(f"p{i}", shape, dtype, CPU) for i, shape in enumerate(shapes))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1,), (3,), (7, 9), (64,), (5, 64, 2), (100_003,)])
def test_a_tangent_does_not_depend_on_what_is_drawn_with_it(kind: str, shape: tuple[int, ...]) -> None:
    blocks = layout(shape, shape)
    together = getattr(Keyed(9), kind)(blocks, range(5))
    for index in range(5):
        alone = getattr(Keyed(9), kind)(blocks, [index])
        assert all(torch.equal(together[name][index], rows[0]) for name, rows in alone.items())
        assert all(rows.is_contiguous() and rows.shape == (5, *shape) for rows in together.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtypes", [("float32",) * 3, ("float32", "float64", "bfloat16")], ids=["alike", "mixed"])
def test_a_single_tangent_of_many_blocks_is_laid_out_as_one_of_several(kind: str, dtypes: tuple[str, ...]) -> None:
    """Also blocks that are scalars, have sides of length one, or do not fill their last octet of random bits."""
    shapes = [(40, 1, 8), (), (1, 70)]
    blocks = tuple(Block(f"p{i}", s, getattr(torch, d), CPU) for i, (s, d) in enumerate(zip(shapes, dtypes, strict=True)))
    together, alone = (getattr(Keyed(9), kind)(blocks, indices) for indices in (range(3), [2]))
    assert alone.keys() == together.keys()
    for name, rows in alone.items():
        assert torch.equal(rows[0], together[name][2])
        assert rows.shape[1:] == together[name].shape[1:]
        assert rows.dtype == together[name].dtype
        assert rows.is_contiguous()


@pytest.mark.parametrize("kind", KINDS)
def test_same_shaped_blocks_tangents_and_seeds_are_uncorrelated(kind: str) -> None:
    blocks = layout((40_000,), (40_000,))
    streams = [Keyed(seed) for seed in (0, 1, 2**40)]
    vectors = [
        rows
        for stream in (*streams, streams[0].lane(1))
        for block in getattr(stream, kind)(blocks, [0, 1]).values()
        for rows in block.double().unbind()
    ]
    correlations = torch.corrcoef(torch.stack(vectors)) - torch.eye(len(vectors))
    assert correlations.abs().max() < 5 / 40_000**0.5  # 120 pairs at five standard deviations: false alarm below 1e-4


def test_normal_numbers_have_the_moments_of_the_normal_law() -> None:
    x = Keyed(4).normal(layout((400_000,)), [0])["p0"].double()
    for power, moment, deviation in ((1, 0, 1.0), (2, 1, 2**0.5), (3, 0, 15**0.5), (4, 3, 96**0.5)):
        assert abs((x**power).mean() - moment) < 5 * deviation / 400_000**0.5


@pytest.mark.parametrize("size", [8, 63, 64, 65, 100_000])
def test_signs_are_signs_and_fair_at_every_place(size: int) -> None:
    rows = Keyed(5).signs(layout((size,)), range(400_000 // size))["p0"]
    assert set(rows.unique().tolist()) == {-1.0, 1.0}
    worst = rows.double().mean(0).abs().max()
    assert worst < 6 / len(rows) ** 0.5 if len(rows) > 100 else abs(rows.mean()) < 5 / rows.numel() ** 0.5


@pytest.mark.parametrize("size", [8 * 2**14 - 3, 8 * 2**14, 8 * 2**14 + 1, 16 * 2**14 + 5])
def test_long_rows_of_signs_are_the_bits_of_their_random_words(size: int) -> None:
    rows = Keyed(6).signs(layout((3, 1), (size,), dtype=torch.float64), [2])["p1"][0]
    words = torch.empty(-(-size // 64), dtype=torch.int64)
    words.random_(-(2**63), None, generator=torch.Generator().manual_seed(Keyed(6)._key(2, 1, 2)))
    bits = (words.view(torch.uint8)[:, None] >> torch.arange(8)) & 1
    assert torch.equal(rows, bits.flatten()[:size].double() * 2 - 1)


def test_streams_of_one_estimate_never_share_a_seed() -> None:
    stream = Keyed(2**62 + 12345)
    lanes = [stream, *(stream.lane(number) for number in range(1, LANES))]
    keys = {lane._key(index, position, 20) for lane in lanes for index in range(500) for position in range(20)}
    assert len(keys) == 10_000 * LANES
    assert len({_scramble(word) for word in range(100_000)}) == 100_000


def test_the_sequential_stream_is_torchs_own_sequence_row_after_row() -> None:
    blocks = layout((2, 3), (4,))
    rows = Sequential(torch.Generator().manual_seed(0), 3).normal(blocks, range(3))
    whole = torch.randn((3, 10), generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat([rows["p0"].flatten(1), rows["p1"]], 1), whole)
    assert all(row.is_contiguous() for row in rows.values())
    uniform = Sequential(torch.Generator().manual_seed(0), 3).uniform(blocks, [1])
    whole = torch.rand((3, 10), generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat([uniform["p0"].flatten(1), uniform["p1"]], 1)[0], whole[1])
    signs = Sequential(torch.Generator().manual_seed(0), 3).signs(blocks, [2])
    expected = torch.randint(0, 2, (3, 10), generator=torch.Generator().manual_seed(0))[2] * 2 - 1
    assert torch.equal(torch.cat([signs["p0"].flatten(1), signs["p1"]], 1)[0], expected.float())


def test_successive_sequential_estimates_continue_the_sequence() -> None:
    generator, blocks = torch.Generator().manual_seed(0), layout((10,))
    published = torch.Generator().manual_seed(0)
    for _ in range(2):
        rows = open_stream("sequential", generator, 2).normal(blocks, range(2))["p0"]
        assert torch.equal(rows, torch.randn((2, 10), generator=published))


def test_sequential_lanes_and_layouts_follow_one_another_and_are_kept() -> None:
    stream, blocks, single = Sequential(torch.Generator().manual_seed(0), 2), layout((3,)), layout((4,))
    published = torch.Generator().manual_seed(0)
    asked = [
        lambda: stream.normal(blocks, [0, 1]),
        lambda: stream.lane(1).uniform(blocks, [0, 1]),
        lambda: stream.normal(single, [1]),
    ]
    first, again = [ask()["p0"] for ask in asked], [ask()["p0"] for ask in asked]
    draws = [torch.randn((2, 3), generator=published), torch.rand((2, 3), generator=published)]
    draws.append(torch.randn((2, 4), generator=published)[1:])
    assert all(map(torch.equal, first, draws))
    assert all(map(torch.equal, again, draws))


def test_uniform_numbers_lie_in_the_unit_interval_and_are_never_rounded_to_one() -> None:
    for dtype in (torch.bfloat16, torch.float32, torch.float64):
        for stream in (Keyed(4), Sequential(torch.Generator().manual_seed(4), 1)):
            x = stream.uniform(layout((100_000,), dtype=dtype), [0])["p0"]
            assert x.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
            assert 0 <= x.min() < x.max() < 1
            for power in (1, 2):  # the variance of u^p is 1/(2p + 1) - 1/(p + 1)^2
                deviation = (1 / (2 * power + 1) - 1 / (power + 1) ** 2) ** 0.5
                assert abs((x.double() ** power).mean() - 1 / (power + 1)) < 5 * deviation / 100_000**0.5


def test_low_precision_is_drawn_in_float32_and_rounded() -> None:
    low = Keyed(1).normal(layout((50,), dtype=torch.bfloat16), [0])["p0"]
    full = Keyed(1).normal(layout((50,)), [0])["p0"]
    assert torch.equal(low, full.bfloat16())


def test_the_global_random_state_is_not_touched() -> None:
    before = torch.get_rng_state()
    open_stream("keyed", torch.Generator().manual_seed(0), 2).normal(layout((10,)), range(2))
    open_stream("keyed", torch.Generator().manual_seed(0), 2).signs(layout((10,)), range(2))
    open_stream("keyed", torch.Generator().manual_seed(0), 2).lane(1).uniform(layout((10,)), range(2))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    "stream", [Keyed(3).lane(1), Sequential(torch.Generator().manual_seed(3), 2)], ids=["keyed", "sequential"]
)
def test_entries_are_chosen_by_uniform_numbers_in_float64_in_parts_that_cover_each_block_once(stream: Keyed | Sequential) -> None:
    blocks = layout((300, 400), (), (5,))
    fine = tuple(Block(block.name, block.shape, torch.float64, CPU) for block in blocks)
    shares = stream.uniform(fine, [1])
    found = {name: torch.full((rows.numel(),), -1) for name, rows in shares.items()}
    for block, part, chosen in stream.chosen(blocks, 1, 0.3):
        assert (found[block.name][part] == -1).all()
        found[block.name][part] = chosen.long()
    for name, rows in shares.items():
        assert torch.equal(found[name], (rows.flatten() < 0.3).long())


@pytest.mark.parametrize("kind", KINDS)
def test_a_tangent_asked_for_twice_is_the_same_both_times(kind: str) -> None:
    blocks = layout((40_000,), (7, 9))
    once, twice = (getattr(Keyed(9), kind)(blocks, indices) for indices in ([0, 4], [0, 0, 4, 4]))
    assert all(torch.equal(twice[name], rows.repeat_interleave(2, dim=0)) for name, rows in once.items())


def test_a_process_keeps_nothing_of_what_signs_are_drawn_from() -> None:
    """A measurement of memory begins after a first call, so what that leaves behind has to be known."""
    Keyed(1).signs(layout((64,)), [0])  # makes the table that blocks are spread by together
    Keyed(1).signs(layout((64,)), [0, 1])  # and that for each by itself
    blocks = layout((32_768,), (32_769,), (4_100,), (63, 11))

    def draw() -> None:
        for indices in ([0], [0, 1]):
            Keyed(2).signs(blocks, indices)
            Keyed(2).signs(blocks[2:], indices)

    assert profiled(draw).kept == 0


def test_a_block_without_coordinates_has_signs_of_its_shape() -> None:
    for indices in ([0], [0, 1]):
        assert Keyed(1).signs(layout((0, 3)), indices)["p0"].shape == (len(indices), 0, 3)
