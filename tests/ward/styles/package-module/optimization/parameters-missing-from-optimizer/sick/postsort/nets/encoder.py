from torch import nn


class Encoder(nn.Module):
    """Strokes of two axes to a feature vector."""

    def __init__(self, hidden):
        super().__init__()
        self.conv = nn.Conv1d(2, 16, 5, padding=2)
        self.project = nn.Linear(16 * 20, hidden)

    def forward(self, x):
        return self.project(self.conv(x).relu().flatten(1)).relu()
