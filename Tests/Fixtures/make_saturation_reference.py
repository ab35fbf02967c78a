"""The saturation law for evenly spaced lines at little noise, by grouping simulated means.

Means of looks are drawn, each gets the outputs that an observer of precision 1e-3 shows (the side
where it is saturated, else the distance, in 300 bins), and r² is that of the best read-out of
these: the mean of each group. Groups with two useful outputs know the mean. No cell is computed, and
nothing walks. Prints N, r² and its standard error over eight parts, for SaturationLawTests.

Python 3.11.7, numpy 2.4.6, scipy 1.17.1; seed 1.
"""

import numpy as np
from scipy.stats import norm

LOOKS, SIGMA, PRECISION, BINS = 2000, 0.2, 1e-3, 300
SCALE = SIGMA / LOOKS**0.5
REACH = -norm.ppf(PRECISION) * SCALE
MEANS, PARTS = 1_000_000, 8


def part(count, random):
    angles = (np.arange(count) + 0.5) * np.pi / count
    normals = np.stack([np.cos(angles), np.sin(angles)])
    latents = random.uniform(-0.5, 0.5, (MEANS, 2))
    centers = latents + SCALE * random.standard_normal((MEANS, 2))
    lower, upper = (-0.5 - centers) / SCALE, (0.5 - centers) / SCALE
    mass = norm.cdf(upper) - norm.cdf(lower)
    best = centers + SCALE * (norm.pdf(lower) - norm.pdf(upper)) / mass
    distances = centers @ normals
    useful = np.abs(distances) < REACH
    key = np.zeros(MEANS, dtype=np.uint64)
    for task in range(count):
        distance = distances[:, task]
        output = np.where(
            useful[:, task], 2 + np.floor((distance / REACH + 1) * BINS / 2), distance > 0
        ).astype(np.uint64)
        key = (key * np.uint64(6364136223846793005) + output * np.uint64(1442695040888963407)
               + np.uint64(12345))
    open_ = useful.sum(1) < 2
    _, group, sizes = np.unique(key[open_], return_inverse=True, return_counts=True)
    squares = np.zeros(len(sizes))
    for axis in range(2):
        value = best[open_, axis]
        average = np.bincount(group, value) / sizes
        squares += np.bincount(group, (value - average[group]) ** 2)
    # Unbiased: n/(n - 1) of the sum; groups of one tell nothing and are taken as the mean group.
    several = sizes > 1
    unbiased = (squares[several] * sizes[several] / (sizes[several] - 1)).sum()
    open_variance = unbiased * sizes.sum() / sizes[several].sum() / MEANS
    # Any decoder's part: what the latent varies about its best estimate, with closed moments.
    variance = 1 + (lower * norm.pdf(lower) - upper * norm.pdf(upper)) / mass
    variance -= ((norm.pdf(lower) - norm.pdf(upper)) / mass) ** 2
    return 1 - 6 * (SCALE**2 * variance.sum(1).mean() + open_variance)


random = np.random.default_rng(1)
for count in (12, 24):
    values = [part(count, random) for _ in range(PARTS)]
    print(count, np.mean(values), np.std(values, ddof=1) / PARTS**0.5)
