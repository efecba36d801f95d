"""A linear probe: how much of a task can be read off frozen sentence vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spbench.errors import InputError

_MOST_STEPS = 2000


def require_probe() -> None:
    """Raises :class:`InputError` where scikit-learn is missing."""
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InputError("accuracy needs scikit-learn: pip install 'spbench[quality]'") from error


def probe(
    train: np.ndarray, train_labels: Sequence[str], test: np.ndarray, test_labels: Sequence[str]
) -> np.ndarray:
    """Whether each test text is classified right, bool [texts].

    A logistic regression with an L2 penalty (C = 0.1) on vectors [texts, hidden] of which every
    channel has mean 0 and variance 1 over the train texts.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=_MOST_STEPS))
    classifier.fit(train, np.asarray(train_labels))
    return classifier.predict(test) == np.asarray(test_labels)
