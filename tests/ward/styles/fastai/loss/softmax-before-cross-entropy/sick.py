"""A tabular classifier with fastai's Learner."""
import numpy as np
import torch
from fastai.basics import CrossEntropyLossFlat, DataLoader, DataLoaders, Learner, accuracy, set_seed
from fastai.callback import schedule  # gives Learner fit_one_cycle
from torch import nn

set_seed(3)
rng = np.random.default_rng(0)
centres = rng.normal(size=(4, 12)) * 1.5
y = rng.integers(0, 4, 2400)
x = centres[y] + rng.normal(size=(2400, 12))
items = [(torch.tensor(a, dtype=torch.float32), int(b)) for a, b in zip(x, y)]
dls = DataLoaders(DataLoader(items[:2000], bs=50, shuffle=True), DataLoader(items[2000:], bs=100))
model = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Linear(48, 4), nn.Softmax(dim=1))
learn = Learner(dls, model, loss_func=CrossEntropyLossFlat(), metrics=accuracy)
learn.fit_one_cycle(6, 5e-3)
