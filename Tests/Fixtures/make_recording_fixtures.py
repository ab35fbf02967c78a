"""What scikit-learn and NumPy say about a small recording; read by RecordingOracleTests.swift.

    python make_recording_fixtures.py

Written from the definitions in Documentation/Analyze.md, not from the Swift code.
"""

import itertools
import json
import pathlib
import platform

import numpy as np
import sklearn
from safetensors.numpy import save_file
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

here = pathlib.Path(__file__).parent
random = np.random.default_rng(20)
n, units = 240, 9
x = random.uniform(-0.5, 0.5, n)
y = random.normal(2, 3, n)
kind = random.integers(0, 3, n)
drive = np.stack([x, (y - 2) / 6, x * (y - 2), kind == 1, kind == 2], 1) @ random.normal(size=(5, units))
states = np.maximum(0, drive + 0.7 + 0.3 * random.normal(size=(n, units))) + 0.02
factors = np.stack([x, y], 1)
out = {"states": states, "factors": factors, "kind": kind.astype(float)}

# Held-out quadrants: ridge, its penalty chosen by leaving the other quadrants out in turn.
sides = (factors > np.median(factors, 0)).astype(int)
penalties = 10.0 ** (np.arange(17) / 2 - 8)
variance = factors.var(0)


def ridge(train, penalty):
    centred = states[train] - states[train].mean(0)
    trace = (centred**2).sum() / train.sum()
    return Ridge(alpha=train.sum() * penalty * trace, solver="svd").fit(states[train], factors[train])


def errors(model, test):
    return ((model.predict(states[test]) - factors[test]) ** 2).mean(0) / variance


quadrants = list(itertools.product([0, 1], [0, 1]))
where = {q: (sides == q).all(1) for q in quadrants}
held, ols, chosen = [], [], []
for quadrant in quadrants:
    rest = ~where[quadrant]
    totals = np.zeros(17)
    for left in quadrants:
        if left == quadrant:
            continue
        train = rest & ~where[left]
        totals += [errors(ridge(train, p), where[left]).sum() for p in penalties]
    best = penalties[totals.argmin()]
    chosen.append(best)
    held.append(1 - errors(ridge(rest, best), where[quadrant]))
    ols.append(1 - errors(LinearRegression().fit(states[rest], factors[rest]), where[quadrant]))
out["r2"] = np.array(held)
out["r2.ols"] = np.array(ols)
out["penalties"] = np.array(chosen)

# Softmax regression of three and of two classes.
for name, labels in [("three", kind), ("two", sides[:, 0])]:
    penalty = 0.01 if name == "three" else 0.005
    model = LogisticRegression(C=1 / (penalty * n), tol=1e-12, max_iter=100_000, solver="newton-cholesky")
    model.fit(states, labels)
    out[f"softmax.{name}.weights"] = model.coef_
    out[f"softmax.{name}.intercepts"] = model.intercept_

# Geometry.
values = np.linalg.eigvalsh(np.cov(states.T, bias=True))[::-1]
out["shares"] = values / values.sum()
out["participation"] = np.array([values.sum() ** 2 / (values**2).sum()])
slopes = LinearRegression().fit(factors, states).coef_
cosine = slopes[:, 0] @ slopes[:, 1] / np.linalg.norm(slopes[:, 0]) / np.linalg.norm(slopes[:, 1])
out["angle"] = np.array([np.degrees(np.arccos(cosine))])

# Units.
out["correlations"] = np.array(
    [[np.corrcoef(states[:, u], f)[0, 1] for f in (x, y)] for u in range(units)]
)


def adjusted(design):
    r2 = np.array([LinearRegression().fit(design, states[:, u]).score(design, states[:, u]) for u in range(units)])
    return 1 - (1 - r2) * (n - 1) / (n - design.shape[1] - 1)


one_hot = np.stack([kind == 1, kind == 2], 1).astype(float)
additive = np.concatenate([factors, one_hot], 1)
pairs = [x * y] + [f * one_hot[:, c] for f in (x, y) for c in (0, 1)]
out["linear"] = adjusted(additive)
out["mixed"] = adjusted(np.concatenate([additive, np.stack(pairs, 1)], 1))


def sparseness(rates):
    return (1 - rates.mean() ** 2 / (rates**2).mean()) / (1 - 1 / len(rates))


out["lifetime"] = np.array([sparseness(states[:, u]) for u in range(units)])
out["population"] = np.array([sparseness(states[t]) for t in range(n)])

save_file({k: np.ascontiguousarray(v, dtype=np.float64) for k, v in out.items()}, here / "recording.safetensors")
versions = {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__}
(here / "recording-versions.json").write_text(json.dumps(versions, indent=2) + "\n")
print(out["r2"], out["r2.ols"], out["penalties"], out["angle"], out["participation"])
