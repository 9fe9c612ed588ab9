"""Is a tumour malignant? Logistic regression on 569 of them, each measured in 30 ways.

    python examples/logistic_regression.py

Writes the loss as an expression, checks its gradient, descends to its minimum, and compares the
answer with scikit-learn's, which minimises the same loss in another way.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from chainrule import (
    binary_cross_entropy_with_logits,
    check_gradient,
    expression,
    matrix,
    minimize,
    named,
    vector,
)

# On the squares of the weights: without it, classes that can be told apart send them to infinity.
PENALTY = 0.01

# The model: one row of X for each tumour, and a logit z, which is positive for "benign".
X, y = matrix("X", "n", "d"), vector("y", "n")
w, b = vector("w", "d"), expression("b", shape=())
z = named("z", X @ w + b)
loss = binary_cross_entropy_with_logits(z, y) + PENALTY / 2 * (w @ w)


def tumours():
    """Return rows to learn from and rows held out, both scaled by what was learned from."""
    inputs, benign = load_breast_cancer(return_X_y=True)
    known, unseen, known_benign, unseen_benign = train_test_split(
        inputs, benign.astype(float), test_size=0.25, random_state=0, stratify=benign
    )
    scaler = StandardScaler().fit(known)
    return (
        {"X": scaler.transform(known), "y": known_benign},
        {"X": scaler.transform(unseen), "y": unseen_benign},
    )


def accuracy(parameters, rows):
    """Return the share of the rows whose class the sign of the logit tells."""
    logits = z.eval({"X": rows["X"], **parameters})
    return np.mean((logits > 0) == (rows["y"] == 1))


def train(n_epochs=None, out=Path("examples-output")):
    """Learn, tell how it went, and return the accuracy on held-out rows and the trace."""
    rows, held_out = tumours()
    start = {"w": np.zeros(rows["X"].shape[1]), "b": 0.0}

    print(f"loss      {loss}")
    report = check_gradient(loss, {**rows, **start}, wrt=["w", "b"])
    print(f"gradient  {'agrees with' if report.ok else 'DIFFERS FROM'} differences of the loss")

    trace = minimize(loss, start, rows, "bfgs", n_epochs=n_epochs)
    for entry in trace[:: max(1, len(trace) // 6)]:
        print(f"epoch {entry.epoch:3}  loss {entry.loss:.6f}")
    print(trace)

    learned = trace.best.parameters
    found = accuracy(learned, held_out)
    theirs = LogisticRegression(C=1 / (PENALTY * len(rows["y"])), tol=1e-8, max_iter=1000)
    theirs.fit(rows["X"], rows["y"])
    print(f"accuracy on held-out tumours  {found:.3f}")
    print(f"scikit-learn's                {theirs.score(held_out['X'], held_out['y']):.3f}")
    print(f"weights differ by at most     {np.max(np.abs(learned['w'] - theirs.coef_[0])):.1e}")

    out.mkdir(parents=True, exist_ok=True)
    picture = out / "logistic_regression.svg"
    picture.write_text(loss.graph({**rows, **learned}).to_svg(title="Logistic regression"))
    print(f"the graph of the loss is in   {picture}")
    return found, trace


if __name__ == "__main__":
    train()
