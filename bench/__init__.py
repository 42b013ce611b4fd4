"""Measurements: `./dev bench`. One file per subject; figures are medians, comparisons are paired."""
