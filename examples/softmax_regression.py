"""Which digit is it? Softmax regression on 1,797 pictures of 8 by 8 points.

    python examples/softmax_regression.py

One matrix of weights gives each of ten classes a logit; the loss is their cross-entropy. Trained by
Adam on a few rows at a time, as large models are.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from chainrule import check_gradient, cross_entropy, matrix, minimize, named, vector

CLASSES = 10
PENALTY = 0.001

# The model: one row of X for each picture, and of Z its ten logits; y is the class, 0 to 9.
X, y = matrix("X", "n", "d"), vector("y", "n")
W, b = matrix("W", "d", "k"), vector("b", "k")
Z = named("Z", X @ W + b)
loss = cross_entropy(Z, y) + PENALTY / 2 * (W**2).sum()


def pictures():
    """Return rows to learn from and rows held out; points from 0, white, to 1, black."""
    inputs, digits = load_digits(return_X_y=True)
    known, unseen, known_digits, unseen_digits = train_test_split(
        inputs / 16, digits.astype(float), test_size=0.25, random_state=0, stratify=digits
    )
    return {"X": known, "y": known_digits}, {"X": unseen, "y": unseen_digits}


def accuracy(parameters, rows):
    """Return the share of the rows whose class has the largest logit."""
    logits = Z.eval({"X": rows["X"], **parameters})
    return np.mean(np.argmax(logits, axis=1) == rows["y"])


def train(n_epochs=20, out=Path("examples-output")):
    """Learn, tell how it went, and return the accuracy on held-out rows and the trace."""
    rows, held_out = pictures()
    start = {"W": np.zeros((rows["X"].shape[1], CLASSES)), "b": np.zeros(CLASSES)}

    print(f"loss      {loss}")
    few = {name: values[:20] for name, values in rows.items()}
    report = check_gradient(loss, {**few, **start}, wrt=["W", "b"])
    print(f"gradient  {'agrees with' if report.ok else 'DIFFERS FROM'} differences of the loss")

    trace = minimize(
        loss, start, rows, "adam", learning_rate=0.02, n_epochs=n_epochs, batch_size=64
    )
    for entry in trace[:: max(1, len(trace) // 6)]:
        print(f"epoch {entry.epoch:3}  loss {entry.loss:.4f}")

    learned = trace.final.parameters
    found = accuracy(learned, held_out)
    theirs = LogisticRegression(C=1 / (PENALTY * len(rows["y"])), tol=1e-3, max_iter=1000)
    theirs.fit(rows["X"], rows["y"])
    print(f"accuracy on held-out pictures  {found:.3f}")
    print(f"scikit-learn's                 {theirs.score(held_out['X'], held_out['y']):.3f}")

    out.mkdir(parents=True, exist_ok=True)
    picture = out / "softmax_regression.svg"
    picture.write_text(loss.graph({**few, **learned}).to_svg(title="Softmax regression"))
    print(f"the graph of the loss is in    {picture}")
    return found, trace


if __name__ == "__main__":
    train()
