#!/usr/bin/env python3
"""Makes the reference results that the scores of representations are compared with.

Computed by scikit-learn, rsatoolbox, Decodanda and SciPy where they have the score, else by its
source's formula in NumPy, written for this file. Run it again only to change a fixture:

    python make_score_fixtures.py [--into FOLDER]

needs numpy, scipy, scikit-learn, rsatoolbox, decodanda and safetensors; `scores-versions.json` says
which versions made the committed file. All draws are seeded, numbers are float64.

The file `scores.safetensors`: n = 240 trials, H = 12 units of which the last is silent, two
continuous factors (60 trials in each of the four conditions by median), three categories, and a
second system of 9 units on the same trials. Scalars have shape [1].
"""

import argparse
import itertools
import json
import platform
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.linalg import orthogonal_procrustes
from scipy.stats import spearmanr
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.metrics import mutual_info_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

warnings.filterwarnings("ignore")


def make_data():
    random = np.random.default_rng(20250711)
    n, units = 240, 12
    signs = np.array(list(itertools.product([-1, 1], repeat=2)))[np.arange(n) % 4]
    factors = signs * random.uniform(0.05, 0.5, (n, 2))
    category = random.integers(0, 3, n)
    weights = random.normal(size=(2, units))
    weights[:, :3] = [[1.5, 0, 0.2], [0, 1.5, 0.1]]
    bump = random.normal(size=(3, units)) * 0.3
    states = factors @ weights + bump[category] + 0.35 * random.normal(size=(n, units)) + 0.4
    states = np.maximum(states, 0)
    states[:, 3] += 0.8 * (factors[:, 0] * factors[:, 1] > 0)
    states[:, -1] = 0
    second = np.tanh(factors @ random.normal(size=(2, 9)) * 2) + 0.3 * random.normal(size=(n, 9))
    return states, factors, category, second


def logistic(states, labels, strength, weights=None):
    fit = LogisticRegression(C=strength, tol=1e-12, solver="newton-cholesky", max_iter=1000)
    return fit.fit(states, labels, sample_weight=weights)


def histogram_bins(values, count=20):
    return np.digitize(values, np.histogram(values, count)[1][:-1])


def gaps(table):
    ordered = np.sort(table, axis=0)[::-1]
    return ordered[0] - ordered[1]


def entropy(p):
    p = p[p > 0]
    return -np.sum(p * np.log(p))


def purity(row):
    return 1 - entropy(row / row.sum()) / np.log(len(row))


def ccgp(states, condition, upper, penalty):
    """Mean accuracy over held-out pairs; all conditions have equally many trials."""
    lower = [c for c in range(4) if c not in upper]
    found = []
    for out_lower in lower:
        for out_upper in upper:
            train = ~np.isin(condition, [out_lower, out_upper])
            inputs = states[train]
            spread = np.var(inputs, axis=0).sum()
            labels = np.isin(condition, upper)
            fit = logistic(inputs, labels[train], 1 / (train.sum() * penalty * spread))
            scores = [
                (fit.predict(states[condition == c]) == (c in upper)).mean()
                for c in (out_lower, out_upper)
            ]
            found.append(np.mean(scores))
    return found


def shattering(states, condition, penalty, repeats=20):
    total = []
    for upper in ([1, 2], [1, 3], [2, 3]):
        labels = np.isin(condition, upper)
        for repeat in range(repeats):
            folds = StratifiedKFold(5, shuffle=True, random_state=repeat)
            for train, test in folds.split(states, condition):
                inputs = states[train]
                spread = np.var(inputs, axis=0).sum()
                fit = logistic(inputs, labels[train], 1 / (len(train) * penalty * spread))
                total.append((fit.predict(states[test]) == labels[test]).mean())
    return np.mean(total)


def decodanda_ccgp(states, signs):
    from decodanda import Decodanda

    np.random.seed(0)
    data = {
        "raster": states,
        "first": signs[:, 0],
        "second": signs[:, 1],
        "trial": np.arange(len(states)),
    }
    conditions = {"first": [0, 1], "second": [0, 1]}
    box = Decodanda(data, conditions, classifier=LogisticRegression(C=1.0))
    options = dict(resamplings=20, max_semantic_dist=2)
    return [np.mean(box.CCGP_dichotomy(name, **options)) for name in ("first", "second")]


def cosine(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


def parallelism(means, lower, upper):
    """Every pairing's mean cosine."""
    values = []
    for order in itertools.permutations(upper):
        vectors = [means[u] - means[l] for l, u in zip(lower, order)]
        values.append(np.mean([cosine(a, b) for a, b in itertools.combinations(vectors, 2)]))
    return values


def split_half_cosine(states, condition, repeats=4000):
    """The matched pairs' cosine with squares and products from different halves of the trials."""
    random = np.random.default_rng(5)
    products = np.zeros((2, 2))
    for _ in range(repeats):
        halves = np.zeros((2, 4, states.shape[1]))
        for c in range(4):
            order = random.permutation(np.flatnonzero(condition == c))
            halves[0, c] = states[order[::2]].mean(0)
            halves[1, c] = states[order[1::2]].mean(0)
        d = np.stack([halves[:, 2] - halves[:, 0], halves[:, 3] - halves[:, 1]], axis=1)
        products += d[0] @ d[1].T
    return products[0, 1] / np.sqrt(products[0, 0] * products[1, 1])


def unbiased_hsic(k, l):
    """Song et al. 2012, the U-statistic, from whole tables of trials by trials."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    value = np.trace(k @ l) + k.sum() * l.sum() / ((n - 1) * (n - 2))
    return (value - 2 * k.sum(0) @ l.sum(0) / (n - 2)) / (n * (n - 3))


def factor_vae(states, levels, votes=20000, size=64):
    random = np.random.default_rng(7)
    spread = states.var(0, ddof=1)
    active = spread > 0
    tables = np.zeros((2, active.sum(), len(levels)))
    # One entry for each trial, so that levels are held as often as they occur.
    held = [[np.flatnonzero(v == level) for level in v] for v in levels]
    held = [[members for members in groups if len(members) >= 10] for groups in held]
    for table in tables:
        for _ in range(votes):
            factor = random.integers(len(levels))
            members = held[factor][random.integers(len(held[factor]))]
            chosen = random.choice(members, size)
            local = states[chosen][:, active].var(0, ddof=1) / spread[active]
            table[np.argmin(local), factor] += 1
    meaning = tables[0].argmax(1)
    return tables[1][np.arange(len(meaning)), meaning].sum() / votes


def rdms(states, condition):
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import calc_rdm

    # Trial j of a condition belongs to fold j mod 4.
    place = np.zeros(len(states), int)
    for c in np.unique(condition):
        place[condition == c] = np.arange((condition == c).sum())
    description = {"condition": condition, "fold": place % 4}
    data = Dataset(states, obs_descriptors=description)
    active = Dataset(states[:, :-1], obs_descriptors=description)
    residuals = np.concatenate(
        [states[condition == c] - states[condition == c].mean(0) for c in np.unique(condition)]
    )
    noise = (residuals**2).sum(0)[:-1] / (len(states) - len(np.unique(condition)))
    make = lambda *a, **k: calc_rdm(*a, descriptor="condition", **k).get_vectors()[0]
    return {
        "euclidean": make(data, method="euclidean"),
        "correlation": make(data, method="correlation"),
        "crossnobis": make(data, method="crossnobis", cv_descriptor="fold"),
        "crossnobis.diagonal": make(
            active, method="crossnobis", cv_descriptor="fold", noise=np.diag(1 / noise)
        ),
    }


def ceilings(matrices):
    from rsatoolbox.inference import boot_noise_ceiling
    from rsatoolbox.rdm import RDMs, compare

    matrices = np.array(matrices)
    all_rdms = RDMs(matrices)
    pair = (RDMs(matrices[:1]), RDMs(matrices[1:2]))
    result = {}
    for ours, theirs in (("spearman", "spearman"), ("pearson", "corr"), ("cosine", "cosine")):
        result[f"ceiling.{ours}"] = np.array(boot_noise_ceiling(all_rdms, method=theirs))
        result[f"similarity.{ours}"] = compare(*pair, method=theirs).ravel()
    assert np.isclose(result["similarity.spearman"], spearmanr(*matrices[:2])[0])
    return result


def adjusted(states, design):
    n = len(states)
    inputs = np.column_stack([np.ones(n), design])
    residuals = states - inputs @ np.linalg.lstsq(inputs, states, rcond=None)[0]
    share = 1 - residuals.var(0) / states.var(0)
    return 1 - (1 - share) * (n - 1) / (n - design.shape[1] - 1)


def make():
    states, factors, category, second = make_data()
    signs = (factors > np.median(factors, axis=0)).astype(int)
    condition = signs @ [2, 1]
    out = dict(states=states, factors=factors, category=category, second=second)

    # Classifiers and regressions.
    fit = logistic(states, signs[:, 0], 0.7)
    out["logistic.weights"], out["logistic.intercept"] = fit.coef_[0], fit.intercept_
    weights = np.where(category == 0, 2.0, 0.5)
    fit = logistic(states, category == 0, 3.0, weights)
    out["logistic.weighted.weights"] = fit.coef_[0]
    out["logistic.weighted.intercept"] = fit.intercept_
    inputs = states - states.mean(0)
    target = factors[:, 0] - factors[:, 0].mean()
    for name, penalty in (("large", 0.05), ("small", 0.002)):
        lasso = Lasso(alpha=penalty, tol=1e-14, max_iter=1_000_000, fit_intercept=False)
        out[f"lasso.{name}"] = lasso.fit(inputs, target).coef_
    scores = np.round(states[:, 0], 1)
    out["auc.scores"], out["auc"] = scores, roc_auc_score(signs[:, 0], scores)

    # Geometry of the conditions.
    for name, upper in (("first", [2, 3]), ("second", [1, 3]), ("xor", [1, 2])):
        out[f"ccgp.{name}"] = np.array(ccgp(states, condition, upper, 1e-3))
    out["ccgp.decodanda"] = np.array(decodanda_ccgp(states, signs))
    out["shattering"] = shattering(states, condition, 1e-3)
    means = np.array([states[condition == c].mean(0) for c in range(4)])
    pairings = parallelism(means, [0, 1], [2, 3])
    out["parallelism.matched"], out["parallelism.all"] = pairings[0], np.mean(pairings)
    out["parallelism.best"] = np.max(pairings)
    eight = np.random.default_rng(3).normal(size=(8, 5))
    pairings = parallelism(eight, range(4), range(4, 8))
    out["eight.means"], out["eight.all"] = eight, np.mean(pairings)
    out["eight.matched"], out["eight.best"] = pairings[0], np.max(pairings)
    out["parallelism.split"] = split_half_cosine(states, condition)

    # Bound to axes.
    levels = [histogram_bins(factors[:, d]) for d in range(2)] + [category]
    binned = [histogram_bins(column) for column in states.T]
    table = np.array([[mutual_info_score(u, v) for v in levels] for u in binned])
    entropies = np.array([mutual_info_score(v, v) for v in levels])
    out["information"], out["entropies"] = table, entropies
    out["mig"] = np.mean(gaps(table) / entropies)
    squares = table[:-1] ** 2
    best = squares.max(1)
    share = 1 - (squares.sum(1) - best) / (best * (squares.shape[1] - 1))
    out["modularity"] = share.mean()
    correlations = np.array(
        [[np.corrcoef(u, v)[0, 1] ** 2 for v in factors.T] for u in states.T[:-1]]
    )
    out["sap.scores"], out["sap"] = correlations, np.mean(gaps(correlations))
    importance = np.abs(correlations) + 0.01
    out["importance"] = importance
    rows, columns = importance.sum(1), importance.sum(0)
    out["dci.disentanglement"] = rows @ [purity(r) for r in importance] / rows.sum()
    out["dci.completeness"] = columns @ [purity(c) for c in importance.T] / rows.sum()
    out["factor.vae"] = factor_vae(states, levels)

    # Two systems.
    x, y = states - states.mean(0), second - second.mean(0)
    norm = np.linalg.norm
    out["cka"] = norm(x.T @ y) ** 2 / (norm(x.T @ x) * norm(y.T @ y))
    k, l = states @ states.T, second @ second.T
    out["cka.unbiased"] = unbiased_hsic(k, l) / np.sqrt(unbiased_hsic(k, k) * unbiased_hsic(l, l))
    padded = np.zeros_like(x)
    padded[:, :9] = y
    x, padded = x / norm(x), padded / norm(padded)
    rotation, nuclear = orthogonal_procrustes(padded, x)
    out["procrustes"], out["shape.angle"] = norm(padded @ rotation - x), np.arccos(nuclear)
    six = category * 2 + signs[:, 0]
    out["six"] = six
    found = rdms(states, six)
    out.update({f"rdm.{name}": values for name, values in found.items()})
    random = np.random.default_rng(11)
    subjects = [found["euclidean"] + 0.05 * random.uniform(size=15) for _ in range(4)]
    out["subjects"] = np.array(subjects)
    out.update(ceilings(subjects))

    # Single units.
    mean, square = states.mean(0)[:-1], (states**2).mean(0)[:-1]
    out["lifetime"] = ((1 - mean**2 / square) / (1 - 1 / len(states))).mean()
    mean, square = states.mean(1), (states**2).mean(1)
    out["population"] = ((1 - mean**2 / square) / (1 - 1 / states.shape[1])).mean()
    values = np.linalg.eigvalsh(np.cov(states.T))
    out["participation"] = values.sum() ** 2 / (values**2).sum()
    dummies = np.column_stack([category == 1, category == 2]).astype(float)
    main = np.column_stack([factors, dummies])
    products = [factors[:, 0] * factors[:, 1]]
    products += [factors[:, d] * dummies[:, e] for d in range(2) for e in range(2)]
    out["selectivity.linear"] = adjusted(states[:, :-1], main)
    both = np.column_stack([main, *products])
    out["selectivity.interactions"] = adjusted(states[:, :-1], both)
    return {k: np.atleast_1d(np.asarray(v, np.float64)) for k, v in out.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    folder = parser.parse_args().into
    tensors = {k: np.ascontiguousarray(v) for k, v in make().items()}
    save_file(tensors, folder / "scores.safetensors")
    names = ["numpy", "scipy", "scikit-learn", "rsatoolbox", "decodanda", "safetensors"]
    versions = {"python": platform.python_version(), **{n: version(n) for n in names}}
    (folder / "scores-versions.json").write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    main()
