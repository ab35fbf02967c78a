#!/usr/bin/env python3
"""Makes the posteriors that the ideal observer is compared with, by quadrature from single looks.

    python make_observer_fixtures.py [--into FOLDER]

needs numpy and scipy; the file `observers.json` says which versions made it. Nothing here knows a sufficient
statistic: a latent's likelihood is the product of the densities of its looks, that of an autoregression
a normal density with the full covariance matrix. Integrals are double-exponential (tanh-sinh) on pieces
that end where the integrand has a corner, with 150 nodes a piece (60 under a copula), in three and four
dimensions Gauss-Legendre's with 16 and 11; with three quarters of them odds differ by less than `refinement`
says, relative to the larger of them and 1.

Of every trial: `law`, `sigma`, looks `[t, D]`, and after each look `mean` and `variance` (box prior,
`[D]`), `flat` and `box` log-odds of the boundaries in `plane` or `space`, and in the plane also those
under a Gaussian copula of each correlation in `copulas`, with its mean. `values` are the posterior mean and
variance of each boundary's function under the box prior, `copulaValues` under the copulas.
"""

import argparse
import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy.special import gammainc, gammaincc, log_ndtr, ndtr, ndtri

LINES = [
    {"kind": "line", "normal": [0.6, -0.8], "offset": 0.05},
    {"kind": "line", "normal": [1.0, 1.0], "offset": 0.72},
    {"kind": "line", "normal": [-0.2, 0.9], "offset": -0.21},
]
CURVES = [
    {"kind": "ball", "center": [0.2, -0.1], "radius": 0.31},
    {"kind": "quadric", "matrix": [0.7, 1.1, 1.1, 0.2], "normal": [-0.3, 0.1], "offset": -0.02},
    {"kind": "quadric", "matrix": [1.2, -0.4, -0.4, -0.9], "normal": [0.2, 0.5], "offset": -0.0605},
    {"kind": "hyperbola", "signs": [1, -1], "threshold": 0.02},
]
SPACE = {
    3: [([0.5, -0.7, 0.4], 0.1), ([0.2, 0.3, 0.9], 0.45), ([0.6, 0.6, 0.6], -0.66)],
    4: [([0.5, -0.5, 0.5, 0.5], 0.1), ([0.1, 0.8, -0.3, 0.4], 0.5), ([0.5, 0.5, 0.4, -0.4], -0.7)],
}
COPULAS = [-0.6, 0.5, 0.9]
SPACE_COPULAS = [-0.3, 0.4, 0.8]


def rule(n):
    """Tanh-sinh on [-1, 1], with the distances to both ends kept apart from rounding."""
    u = np.linspace(-3.6, 3.6, n)
    s = 0.5 * np.pi * np.sinh(u)
    x = np.tanh(s)
    w = 0.5 * np.pi * np.cosh(u) / np.cosh(s) ** 2 * (u[1] - u[0])
    return x, w


class Rule:
    def __init__(self, n, smooth=False):
        self.x, self.w = np.polynomial.legendre.leggauss(n) if smooth else rule(n)

    def over(self, ends):
        """Nodes and weights on all pieces between sorted numbers."""
        ends = np.unique(ends)
        half = 0.5 * np.diff(ends)[:, None]
        mid = 0.5 * (ends[1:] + ends[:-1])[:, None]
        return (mid + half * self.x).ravel(), (half * self.w).ravel()


class Latent:
    """What looks at one latent say: log likelihood, tails, and where to cut integrals."""

    def __init__(self, law, sigma, looks):
        self.law, self.sigma, self.looks = law, sigma, np.asarray(looks)
        t = len(looks)
        if law == "gumbel":
            self.rate = np.exp(-self.looks / sigma).sum()
            self.peak = sigma * np.log(t / self.rate)
            self.width = sigma / np.sqrt(t)
        else:
            steps = np.arange(t)
            rho = 0.7 if law == "autoregressive" else 0.0
            covariance = sigma**2 * rho ** np.abs(steps[:, None] - steps) if rho else sigma**2 * np.eye(t)
            self.precision = np.linalg.inv(covariance)
            self.width = self.precision.sum() ** -0.5
            self.peak = self.width**2 * (self.precision @ self.looks).sum()
        self.top = 0.0
        self.top = self.log(np.clip(self.peak, -0.5, 0.5))

    def log(self, x):
        x = np.asarray(x, float)
        if self.law == "gumbel":
            z = (self.looks - x[..., None]) / self.sigma
            return (-z - np.exp(-z)).sum(-1) - self.top
        d = self.looks - x[..., None]
        return -0.5 * np.einsum("...i,ij,...j", d, self.precision, d) - self.top

    def cuts(self, low=-0.5, high=0.5):
        steps = np.array([-30, -14, -8, -5, -2.5, 0, 2.5, 5, 8, 14, 30.0])
        places = self.peak + steps * self.width
        return np.concatenate([[low, high], places[(places > low) & (places < high)]])

    def range(self):
        """Beyond it the flat posterior has no mass worth a digit of any odds here."""
        if self.law == "gumbel":
            return self.peak - 90 * self.sigma / len(self.looks) - 4 * self.sigma, self.peak + 7 * self.sigma
        return self.peak - 14 * self.width, self.peak + 14 * self.width

    def mass(self, low, high):
        """∫ exp(log) over intervals, from the tail in which both ends are small numbers."""
        if self.law == "gumbel":
            t = len(self.looks)
            scale = self.sigma * np.exp(-self.top + self.constant(t))
            a, b = self.rate * np.exp(low / self.sigma), self.rate * np.exp(high / self.sigma)
            lower = gammainc(t, b) - gammainc(t, a)
            upper = gammaincc(t, a) - gammaincc(t, b)
            return scale * np.where(a > t, upper, lower)
        a, b = (low - self.peak) / self.width, (high - self.peak) / self.width
        flip = a > 0
        a, b = np.where(flip, -b, a), np.where(flip, -a, b)
        shift = float(self.log(self.peak))
        return self.width * np.sqrt(2 * np.pi) * np.exp(shift) * (ndtr(b) - ndtr(a))

    def constant(self, t):
        from scipy.special import gammaln

        # exp(log + top) = exp(-Σ X/β + t x/β - S e^(x/β)); over x it is β Γ(t) S^-t exp(-Σ X/β).
        return gammaln(t) - t * np.log(self.rate) - self.looks.sum() / self.sigma


def value(boundary, x, y):
    kind = boundary["kind"]
    if kind == "line":
        return boundary["normal"][0] * x + boundary["normal"][1] * y - boundary["offset"]
    if kind == "ball":
        (a, b), r = boundary["center"], boundary["radius"]
        return r * r - (x - a) ** 2 - (y - b) ** 2
    if kind == "quadric":
        (a, b, c, d), n = boundary["matrix"], boundary["normal"]
        return a * x * x + (b + c) * x * y + d * y * y + n[0] * x + n[1] * y - boundary["offset"]
    a, b = boundary["signs"][0] * x, boundary["signs"][1] * y
    return np.where((a > 0) & (b > 0), a * b, 0.0) - boundary["threshold"]


def quadratic_in_y(boundary, x):
    """h = a y² + b y + c at x; of a hyperbola on its own side of y only."""
    kind = boundary["kind"]
    if kind == "line":
        n = boundary["normal"]
        return 0.0, n[1], n[0] * x - boundary["offset"]
    if kind == "ball":
        (a, b), r = boundary["center"], boundary["radius"]
        return -1.0, 2 * b, r * r - b * b - (x - a) ** 2
    if kind == "quadric":
        (a, b, c, d), n = boundary["matrix"], boundary["normal"]
        return d, (b + c) * x + n[1], a * x * x + n[0] * x - boundary["offset"]
    x = boundary["signs"][0] * x
    return (0.0, boundary["signs"][1] * x, -boundary["threshold"]) if x > 0 else (0.0, 0.0, -boundary["threshold"])


def real_roots(a, b, c):
    scale = max(abs(a), abs(b), abs(c))
    coefficients = [v for v in (a, b, c)]
    while coefficients and abs(coefficients[0]) <= 1e-14 * scale:
        coefficients = coefficients[1:]
    if len(coefficients) < 2:
        return []
    roots = np.roots(coefficients)
    return [r.real for r in roots if abs(r.imag) < 1e-12]


def corners(boundary):
    """The x at which sections in y change their form."""
    found = [0.0] if boundary["kind"] == "hyperbola" else []
    # h is a polynomial in x for fixed y, known from three points.
    for y in (-0.5, 0.5, 0.0):
        if boundary["kind"] == "hyperbola":
            found += [boundary["threshold"] / 0.5 * boundary["signs"][0]]
            continue
        p = [float(value(boundary, x, y)) for x in (-1.0, 0.0, 1.0)]
        found += real_roots(0.5 * (p[0] + p[2]) - p[1], 0.5 * (p[2] - p[0]), p[1])
    if boundary["kind"] in ("ball", "quadric"):
        d = []
        for x in (-1.0, 0.0, 1.0):
            a, b, c = quadratic_in_y(boundary, x)
            d.append(b * b - 4 * a * c)
        a, b, c = 0.5 * (d[0] + d[2]) - d[1], 0.5 * (d[2] - d[0]), d[1]
        found += real_roots(a, b, c)
        if a and b * b < 4 * a * c:
            found.append(-b / (2 * a))
    for root in [f for f in found if 0.5 <= abs(f) < 0.56]:
        # A root just outside: pieces that shrink towards it.
        gap = abs(root) - 0.5
        found += [np.sign(root) * (0.5 - gap * k) for k in (1, 4, 13, 40) if gap * k < 0.3]
    return [f for f in found if abs(f) < 0.5]


def plane_odds(first, second, boundary, r):
    """log P - log(1 - P) under the box prior."""
    sides = np.zeros(2)
    logs = ([], [])
    # Where the curve is steep, it is followed by more pieces.
    edges = np.concatenate([first.cuts(), corners(boundary), np.linspace(-0.5, 0.5, 9)])
    xs, ws = r.over(edges)
    for x, w in zip(xs, ws):
        if w == 0:
            continue
        places = [y for y in real_roots(*quadratic_in_y(boundary, x)) if abs(y) < 0.5]
        if boundary["kind"] == "hyperbola":
            places = [y for y in places if y * boundary["signs"][1] > 0]
        ends = np.unique([-0.5, *places, 0.5])
        lx = np.log(w) + float(first.log(x))
        for low, high in zip(ends, ends[1:]):
            above = float(value(boundary, x, 0.5 * (low + high))) > 0
            m = float(second.mass(low, high))
            if m > 0:
                logs[0 if above else 1].append(lx + np.log(m))
    return log_sum(logs[0]) - log_sum(logs[1])


def log_sum(terms):
    terms = np.asarray(terms)
    if not len(terms):
        return -np.inf
    top = terms.max()
    return float(top + np.log(np.exp(terms - top).sum()))


def space_masses(latents, normal, offset, r, box=True):
    """P(above) and P(below), unnormalised: nested integrals, the last latent by its tails."""
    bounds = [(-0.5, 0.5) if box else latent.range() for latent in latents]

    def inner(level, rest):
        """The masses of latents[..level] with Σ c x > rest and < rest, vectorised over `rest`."""
        latent, c, (low, high) = latents[level], normal[level], bounds[level]
        if level == 0:
            place = np.clip(rest / c, low, high)
            upper, lower = latent.mass(place, high), latent.mass(low, place)
            return (upper, lower) if c > 0 else (lower, upper)
        out = np.zeros((2, len(rest)))
        reach = [np.sort([normal[k] * bounds[k][0], normal[k] * bounds[k][1]]) for k in range(level)]
        sums = [0.0]
        for a in reach:
            sums = [s + e for s in sums for e in a]
        fixed = latent.cuts(low, high)
        for i, value in enumerate(rest):
            kinks = np.array([(value - s) / c for s in sums])
            x, w = r.over(np.concatenate([fixed, kinks[(kinks > low) & (kinks < high)]]))
            density = w * np.exp(latent.log(x))
            keep = density > 0
            above, below = inner(level - 1, value - c * x[keep])
            out[0, i], out[1, i] = (density[keep] * above).sum(), (density[keep] * below).sum()
        return out

    above, below = inner(len(latents) - 1, np.array([offset]))
    return float(above[0]), float(below[0])


def copula_sums(first, second, rho, boundary, r, functions):
    """Masses above and below under a copula, and means of functions of (x, y)."""
    deviation = np.sqrt(1 - rho * rho)

    def normal_cuts(latent, extra=()):
        places = np.concatenate([latent.cuts(), extra])
        inside = places[np.abs(places) < 0.5 - 1e-13]
        return np.concatenate([ndtri(inside + 0.5), np.linspace(-8, 8, 9)])

    masses = np.zeros(2)
    totals = np.zeros(len(functions))
    g, wg = r.over(normal_cuts(first, corners(boundary)))
    x = np.where(g < 0, ndtr(g) - 0.5, 0.5 - ndtr(-g))
    lg = np.log(np.maximum(wg, 1e-300)) + first.log(x) - 0.5 * g * g
    for gi, xi, li in zip(g, x, lg):
        if li < -120:
            continue
        places = [y for y in real_roots(*quadratic_in_y(boundary, xi)) if abs(y) < 0.5 - 1e-13]
        if boundary["kind"] == "hyperbola":
            places = [y for y in places if y * boundary["signs"][1] > 0]
        ridge = rho * gi + deviation * np.array([-8, -4, -2, 0, 2, 4, 8.0])
        h, wh = r.over(np.concatenate([normal_cuts(second, places), ridge[np.abs(ridge) < 8]]))
        y = np.where(h < 0, ndtr(h) - 0.5, 0.5 - ndtr(-h))
        density = wh * np.exp(li + second.log(y) - 0.5 * ((h - rho * gi) / deviation) ** 2)
        above = value(boundary, xi, y) > 0
        masses += density[above].sum(), density[~above].sum()
        totals += [(density * f(xi, y)).sum() for f in functions]
    return masses, totals / masses.sum()


def plane_trial(law, sigma, looks, coarse, fine, copulas):
    ratio = 2.0 if law == "anisotropic" else 1.0
    steps, refinement = [], 0.0
    for t in range(1, len(looks) + 1):
        pair = [Latent(law, sigma * (ratio if d else 1.0), looks[:t, d]) for d in (0, 1)]
        step = {"mean": [], "variance": [], "flat": [], "box": [], "values": []}
        marginals = []
        for latent in pair:
            x, w = fine.over(np.concatenate([latent.cuts(), [0.0]]))
            p = w * np.exp(latent.log(x))
            p /= p.sum()
            m = (p * x).sum()
            step["mean"].append(m)
            step["variance"].append((p * (x - m) ** 2).sum())
            marginals.append((x, p))
        for boundary in LINES + CURVES:
            odds = plane_odds(*pair, boundary, fine)
            other = plane_odds(*pair, boundary, coarse)
            # Beyond that tails of Gumbel looks end in doubles.
            if abs(odds) < 200:
                refinement = max(refinement, abs(odds - other) / max(1, abs(odds)))
            step["box"].append(odds if abs(odds) < 200 else None)
            (x, p), (y, q) = marginals
            h = value(boundary, x[:, None], y[None, :])
            m = p @ h @ q
            step["values"].append([m, p @ (h - m) ** 2 @ q])
        for boundary in LINES:
            above, below = space_masses(pair, boundary["normal"], boundary["offset"], fine, box=False)
            # Further out the integrals' own range ends.
            known = min(above, below) > 1e-20 * max(above, below)
            # So little noise makes the other latent's tail a step that no piece ends at.
            known = known and (law != "gumbel" or sigma > 0.1)
            step["flat"].append(np.log(above / below) if known else None)
        if copulas:
            step["copulas"], step["copulaMeans"], step["copulaValues"] = [], [], []
            for rho in COPULAS:
                odds, values = [], []
                for boundary in LINES[:1] + LINES[2:] + CURVES[:1]:
                    f = [lambda x, y: x, lambda x, y: y, lambda x, y, b=boundary: value(b, x, y),
                         lambda x, y, b=boundary: value(b, x, y) ** 2]
                    masses, means = copula_sums(*pair, rho, boundary, Rule(60), f)
                    odds.append(np.log(masses[0] / masses[1]))
                    values.append([means[2], means[3] - means[2] ** 2])
                step["copulas"].append(odds)
                step["copulaMeans"].append(means[:2].tolist())
                step["copulaValues"].append(values)
        steps.append(step)
    return {"law": law, "sigma": sigma, "looks": looks.tolist(), "steps": steps, "refinement": refinement}


def space_trial(law, sigma, looks, small, smaller):
    count = looks.shape[1]
    steps, refinement = [], 0.0
    for t in range(1, len(looks) + 1):
        latents = [
            Latent(law, sigma * (1 + d / (count - 1) if law == "anisotropic" else 1.0), looks[:t, d])
            for d in range(count)
        ]
        step = {"flat": [], "box": []}
        for normal, offset in SPACE[count]:
            for key, box in (("box", True), ("flat", False)):
                if key == "flat" and law == "gumbel" and count == 4:
                    step[key].append(None)
                    continue
                sides = [space_masses(latents, normal, offset, r, box) for r in (small, smaller)]
                if not box and min(sides[0]) < 1e-20 * max(sides[0]):
                    step[key].append(None)
                    continue
                odds = [np.log(above / below) for above, below in sides]
                refinement = max(refinement, abs(odds[0] - odds[1]) / max(1, abs(odds[0])))
                step[key].append(odds[0])
        if count == 3 and law in ("gaussian", "gumbel"):
            step["copulas"] = [
                [space_copula(latents, rho, n, b)[0] for n, b in SPACE[3]] for rho in SPACE_COPULAS
            ]
        steps.append(step)
        print(law, count, t, step, refinement, flush=True)
    return {"law": law, "sigma": sigma, "looks": looks.tolist(), "steps": steps, "refinement": refinement}


def gauss(edges, order):
    x, w = np.polynomial.legendre.leggauss(order)
    half, mid = 0.5 * np.diff(edges)[..., None], 0.5 * (edges[..., 1:] + edges[..., :-1])[..., None]
    flat = edges.shape[:-1] + (-1,)
    return (mid + half * x).reshape(flat), (half * w).reshape(flat)


def space_copula(latents, rho, normal, offset, pieces=26, order=8):
    """log P - log(1 - P) and the means of three latents that a copula joins, to about 1e-6."""
    inverse = np.linalg.inv(np.full((3, 3), rho) + (1 - rho) * np.eye(3))
    uniform = lambda g: np.where(g < 0, ndtr(g) - 0.5, 0.5 - ndtr(-g))
    g, w = gauss(np.linspace(-7.5, 7.5, pieces + 1), order)
    weights = [w * np.exp(latent.log(uniform(g))) for latent in latents]
    masses, sums = np.zeros(2), np.zeros(3)
    for a, wa in zip(g, weights[0]):
        if wa < 1e-40:
            continue
        b, wb = g[weights[1] > 1e-40], weights[1][weights[1] > 1e-40]
        x, y = uniform(a), uniform(b)
        crossing = (offset - normal[0] * x - normal[1] * y) / normal[2]
        cut = ndtri(np.clip(crossing + 0.5, 1e-13, 1 - 1e-13))
        edges = np.sort(np.concatenate([np.tile(np.linspace(-7.5, 7.5, pieces + 1), (len(b), 1)), cut[:, None]], 1))
        h, wh = gauss(edges, order)
        z = uniform(h)
        bb = b[:, None]
        form = (inverse[0, 0] * (a * a + bb * bb + h * h) + 2 * inverse[0, 1] * (a * bb + a * h + bb * h))
        density = wa * wb[:, None] * wh * np.exp(latents[2].log(z) - 0.5 * form)
        above = (normal[2] * (z - crossing[:, None])) > 0
        masses += density[above].sum(), density[~above].sum()
        sums += density.sum() * x, (density * y[:, None]).sum(), (density * z).sum()
    return np.log(masses[0] / masses[1]), sums / masses.sum()


def draw(random, law, sigma, latent, count):
    """Looks with a few decimals, so that the file holds them exactly."""
    size = (count, len(latent))
    noise = random.gumbel(size=size) if law == "gumbel" else random.normal(size=size)
    if law == "autoregressive":
        for k in range(1, count):
            noise[k] = 0.7 * noise[k - 1] + np.sqrt(1 - 0.49) * noise[k]
    return np.round(np.asarray(latent) + sigma * noise, 4)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", default=Path(__file__).parent, type=Path)
    folder = parser.parse_args().into
    random = np.random.default_rng(20250302)
    coarse, fine = Rule(110), Rule(150)
    plane, space = [], []
    for law in ("gaussian", "anisotropic", "autoregressive", "gumbel"):
        for sigma, latent in ((0.25, [0.21, -0.34]), (0.03, [-0.27, 0.13])):
            looks = draw(random, law, sigma, latent, 3)
            plane.append(plane_trial(law, sigma, looks, coarse, fine, copulas=sigma > 0.1))
            print(law, sigma, plane[-1]["refinement"], plane[-1]["steps"][-1], flush=True)
    for law in ("gaussian", "anisotropic", "autoregressive", "gumbel"):
        for latent in ([0.21, -0.34, 0.1], [0.1, -0.2, 0.4, 0.3]):
            looks = draw(random, law, 0.2, latent, 3)
            orders = (16, 12) if len(latent) == 3 else (11, 8)
            space.append(space_trial(law, 0.2, looks, *(Rule(n, smooth=True) for n in orders)))
    result = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        "lines": LINES,
        "curves": CURVES,
        "correlations": COPULAS,
        "spaceCorrelations": SPACE_COPULAS,
        "normals": {str(k): [{"normal": n, "offset": b} for n, b in v] for k, v in SPACE.items()},
        "plane": plane,
        "space": space,
    }
    (folder / "observers.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
