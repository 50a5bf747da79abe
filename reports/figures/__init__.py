"""The figures of a report, one question and one file each.

A figure is a module with
    NAME       its short name, for ids and files
    TITLE      the heading of its section
    QUESTION   what it answers
    READING    how to read it, for the caption
    select     results -> Selection: tidy data by panel, and what was left out
    finding    selection -> one sentence, the title of the figure; also for nothing, one cell, or all failed
    LEFT, TOP  pixels that are left to the left of the axes and above them
    height     panel -> pixels
    draw       one panel onto given axes
    describe   selection -> what the picture shows, in words, for those who do not see it
    table      selection -> the same numbers
    parts      selection -> a second table, or None where it would be empty; only where one would be too wide
Nothing in it reads, saves or knows of HTML.
"""

from types import ModuleType

from reports.figures import cosine, depth, dimensions, efficiency, memory, multiples, norm_ratio, tangents

SWEEPS: tuple[ModuleType, ...] = (dimensions, depth, tangents)
"""Shown first, and only where something was varied far enough to have a panel."""

FIGURES: tuple[ModuleType, ...] = (*SWEEPS, multiples, memory, cosine, norm_ratio, efficiency)
"""In the order of the page."""
