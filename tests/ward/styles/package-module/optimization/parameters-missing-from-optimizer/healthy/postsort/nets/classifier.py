from torch import nn

from .encoder import Encoder


class Classifier(nn.Module):
    def __init__(self, hidden, classes):
        super().__init__()
        self.encoder = Encoder(hidden)
        self.head = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, x):
        return self.head(self.encoder(x))
