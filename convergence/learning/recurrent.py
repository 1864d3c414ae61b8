"""A language model with long short-term memory."""

from __future__ import annotations

from torch import Tensor, nn

from convergence.errors import TrainingError
from convergence.learning.layers import scaled


class LanguageModel(nn.Module):
    """Embedding, two layers of long short-term memory, and the logits of the next word at every place."""

    def __init__(self, vocabulary: int, size: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.embedding = nn.Embedding(vocabulary, size)
        self.memory = nn.LSTM(size, size, num_layers=2, batch_first=True, dropout=dropout)
        self.words = nn.Linear(size, vocabulary)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.05, 0.05)

    def forward(self, words: Tensor) -> Tensor:
        """Words (batch, places), int64, to logits (batch, places, vocabulary); memory starts at zero."""
        remembered, _ = self.memory(self.dropout(self.embedding(words)))
        result: Tensor = self.words(self.dropout(remembered))
        return result


def lstm(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """The medium LSTM for Penn Treebank: 650 values a layer, 19,780,400 parameters for 10,000 words.

    The paper's net has one bias a gate, torch's has two: that is 5,200 parameters more.

    Source: Zaremba, Sutskever & Vinyals (2014), section 4.1.
    """
    if len(shape) != 1:
        raise TrainingError(f"model 'lstm' takes rows of words, (places,); found data of shape {shape}")
    return LanguageModel(classes, scaled(650, width), dropout)
