"""The page of a profile: what it says is true of its folder, it is whole, and the same folder gives the same bytes."""

import re
from dataclasses import replace

import pytest

from benchmarks.records import FolderError, RunFolder
from benchmarks.records.profile import PRIMAL, Profile, Share, read, write
from gradgauge.reporting import report
from reports.profiling.page import FILE_NAME, write_profile
from reports.profiling.shown import LABELS
from tests.reports.profiling.conftest import ON_CPU


def text_of(page):
    """The page without its markup, in one line, with ordinary spaces."""
    body = re.sub(r"<script.*?</script>|<style>.*?</style>|<svg.*?</svg>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", body).replace("\u00a0", " ").split())


def test_it_says_where_the_time_goes_and_what_a_gradient_takes_without_a_profiler(kept):
    text = text_of(kept / FILE_NAME)
    assert "forward-gradient[k=4] on mlp[data=synthetic]: 52 % of a profiled gradient is tangent propagation" in text
    assert "Without a profiler a gradient takes 2.00 ms [1.90 ms, 2.10 ms]" in text
    assert "12.00 [11.50, 12.50] times a base forward pass" in text
    assert "Under the profiler, in another process, it takes 2.50 ms (the shortest of 10)." in text
    assert "Of the profiled gradient: 52 % tangent propagation, 20 % framework and 16 % drawing." in text
    assert "A gradient evaluates the loss with tangents once; an evaluation without them takes 240 µs" in text
    assert "A gradient calls 117 operators" in text
    assert all(LABELS[share.phase] in text for share in ON_CPU.phases)


def test_it_says_what_is_held_and_by_whom(kept):
    text = text_of(kept / FILE_NAME)
    assert "One gradient holds up to 8.00 KiB, most of it allocated in primal and tangents (7.00 KiB)" in text
    assert "the exact peak without a profiler, what is kept between calls included, is 8.79 KiB" in text
    assert "given back from before" in text  # 2048 + 7168 - 1024 are the peak
    assert "−1,024" in text or "-1,024" in text


def test_it_says_how_close_the_device_is(kept):
    text = text_of(kept / FILE_NAME)
    assert (
        "The gradient runs at 2.00 GFLOP/s, 2.5 % of the most that this device was seen to do with 8.00 operations a byte" in text
    )
    assert "fastest copy 40.0 GB/s (of 1.00 MiB)" in text


def test_what_is_missing_is_said_with_its_reason(kept):
    text = text_of(kept / FILE_NAME)
    assert "Not here: timeline. NVML reads NVIDIA GPUs, and this was measured on the CPU." in text
    assert "What does the GPU do meanwhile?" not in text


def test_of_many_operators_the_first_are_shown_and_the_others_folded_away(kept):
    text = text_of(kept / FILE_NAME)
    assert "12 operators by time, without what they call" in text
    assert "3 further operators; all others take" in text
    assert "Further operators" in text


def test_on_a_gpu_kernels_idle_time_and_the_timeline_are_told(on_gpu):
    text = text_of(on_gpu / FILE_NAME)
    assert "75 % of the kernel time of a gradient is primal" in text
    assert "Of the kernel time: 75 % primal and 25 % drawing; nothing runs on the device for 25 % of the time." in text
    assert "A gradient launches 15 kernels and copies." in text
    assert "void gemm<float, 128>(float*)".replace("<", "&lt;").replace(">", "&gt;") in text
    assert "While gradients are made, in the median: power 505 W, clock 1,900 MHz" in text
    assert "it takes 1.60 ms (the mean of 4)" in text
    assert "No allocations are known" in text
    assert "No operator was seen." in text


def test_the_same_folder_gives_the_same_bytes_and_report_writes_the_same_page(kept, tmp_path):
    first = (kept / FILE_NAME).read_bytes()
    assert report([kept], tmp_path / "again.html").page.read_bytes() == first
    assert report([kept]).page == kept / FILE_NAME
    assert (kept / FILE_NAME).read_bytes() == first


def test_it_loads_nothing_and_names_no_folder_of_the_machine(kept):
    page = (kept / FILE_NAME).read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", page)
    assert not re.findall(r"https?://(?!www\.w3\.org)", page)
    assert str(kept) not in page


@pytest.mark.parametrize("option", ["figures", "history"])
def test_options_of_reports_are_refused_by_name(kept, tmp_path, option):
    with pytest.raises(ValueError, match=f"--{option} is for reports of runs"):
        report([kept], **{option: tmp_path})


def test_a_folder_without_a_profile_is_refused(tmp_path):
    with pytest.raises(FolderError, match="holds no profile"):
        write_profile(tmp_path)


@pytest.mark.parametrize(
    "profile",
    [
        Profile(1, 0, ()),
        Profile(2, 10, (Share(PRIMAL, 0.0, 10.0, 0.0),)),
        replace(ON_CPU, phases=tuple(replace(share, flops=None, moved_bytes=None) for share in ON_CPU.phases)),
        replace(ON_CPU, evaluation_ns=None, evaluations=0, operators=(), at_peak={}, peak_bytes=None),
    ],
)
def test_whatever_is_missing_there_is_a_page(folder, profile):
    write(folder, profile)
    assert read(folder) == profile
    text = text_of(write_profile(folder))
    assert "nan" not in text.lower().replace("nano", "").replace("finance", "")
    assert "Method" in text


def test_without_ceilings_the_page_says_so(folder):
    opened = RunFolder.open(folder)
    opened.write_header({name: value for name, value in opened.header().items() if name != "ceilings"})
    assert "No ceilings were measured to compare with." in text_of(write_profile(folder))
