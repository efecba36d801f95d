"""Real English text, for calibration, distillation and measures of quality.

    text_set        a named set: train and test texts, split so that they cannot overlap
    sources         where the sets come from: installed packages, never downloaded
    text_key        what makes two texts the same text
    text_file       FILE.txt, one text a line, for --calibration
    tokens          texts to token ids with a checkpoint's own tokenizer

Train texts calibrate, distil and teach probes; test texts measure, and nothing else.
"""

from spbench.texts.sources import SOURCES
from spbench.texts.text_file import read_text_file, write_text_file
from spbench.texts.text_set import TextSet, read_text_set
from spbench.texts.tokens import Tokens, read_tokenizer

__all__ = [
    "SOURCES",
    "TextSet",
    "Tokens",
    "read_text_file",
    "read_text_set",
    "read_tokenizer",
    "write_text_file",
]
