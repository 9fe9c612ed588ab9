"""Which digit is it? A network of two layers, on 1,797 pictures of 8 by 8 points.

    python examples/two_layers.py

What stands between the pictures and the logits is a layer of 32 hyperbolic tangents. The weights
begin at random, at a size that keeps what flows through them neither growing nor vanishing.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from chainrule import check_gradient, cross_entropy, matrix, minimize, named, tanh, vector

HIDDEN, CLASSES = 32, 10
RATE, ROWS_AT_A_TIME = 0.01, 64

# The model: one row of X for each picture, of H its hidden layer, of Z its ten logits.
X, y = matrix("X", "n", "d"), vector("y", "n")
W1, b1 = matrix("W1", "d", "h"), vector("b1", "h")
W2, b2 = matrix("W2", "h", "k"), vector("b2", "k")
H = named("H", tanh(X @ W1 + b1))
Z = named("Z", H @ W2 + b2)
loss = cross_entropy(Z, y)


def pictures():
    """Return rows to learn from and rows held out; points from 0, white, to 1, black."""
    inputs, digits = load_digits(return_X_y=True)
    known, unseen, known_digits, unseen_digits = train_test_split(
        inputs / 16, digits.astype(float), test_size=0.25, random_state=0, stratify=digits
    )
    return {"X": known, "y": known_digits}, {"X": unseen, "y": unseen_digits}


def beginning(points):
    """Return weights drawn as Glorot & Bengio (2010) have it, and biases of 0."""
    draw = np.random.default_rng(0)

    def weights(rows, columns):
        return draw.normal(0, np.sqrt(2 / (rows + columns)), (rows, columns))

    return {
        "W1": weights(points, HIDDEN),
        "b1": np.zeros(HIDDEN),
        "W2": weights(HIDDEN, CLASSES),
        "b2": np.zeros(CLASSES),
    }


def accuracy(parameters, rows):
    """Return the share of the rows whose class has the largest logit."""
    logits = Z.eval({"X": rows["X"], **parameters})
    return np.mean(np.argmax(logits, axis=1) == rows["y"])


def train(n_epochs=30, out=Path("examples-output")):
    """Learn, tell how it went, and return the accuracy on held-out rows and the trace."""
    rows, held_out = pictures()
    start = beginning(rows["X"].shape[1])

    print(f"loss      {loss}")
    few = {name: values[:20] for name, values in rows.items()}
    report = check_gradient(loss, {**few, **start}, wrt=list(start))
    print(f"gradient  {'agrees with' if report.ok else 'DIFFERS FROM'} differences of the loss")

    trace = minimize(
        loss,
        start,
        rows,
        "adam",
        learning_rate=RATE,
        n_epochs=n_epochs,
        batch_size=ROWS_AT_A_TIME,
        keep_path=False,
    )
    for epoch in range(0, len(trace), max(1, len(trace) // 6)):
        print(f"epoch {epoch:3}  loss {trace.loss[epoch]:.4f}")

    learned = trace.final.parameters
    found = accuracy(learned, held_out)
    theirs = MLPClassifier(
        HIDDEN,
        activation="tanh",
        learning_rate_init=RATE,
        batch_size=ROWS_AT_A_TIME,
        alpha=0,
        random_state=0,
    ).fit(rows["X"], rows["y"])
    print(f"accuracy on held-out pictures  {found:.3f}")
    print(f"scikit-learn's                 {theirs.score(held_out['X'], held_out['y']):.3f}")

    out.mkdir(parents=True, exist_ok=True)
    picture = out / "two_layers.svg"
    picture.write_text(loss.graph({**few, **learned}).to_svg(title="A network of two layers"))
    print(f"the graph of the loss is in    {picture}")
    return found, trace


if __name__ == "__main__":
    train()
