import torch
from torch.utils.data import DataLoader, TensorDataset

CLASSES = 6


def strokes(n, generator):
    y = torch.randint(CLASSES, (n,), generator=generator)
    t = torch.linspace(0, 1, 20)
    bend = 2 + 1.3 * y.float().unsqueeze(1)
    x = torch.sin(bend * t) * (1 + 0.2 * torch.randn(n, 1, generator=generator))
    y_axis = torch.cos(bend * t * 0.7) + 0.2 * torch.randn(n, 1, generator=generator)
    both = torch.stack([x, y_axis], 1) + 0.25 * torch.randn(n, 2, 20, generator=generator)
    return both, y


def loaders(batch_size, seed):
    generator = torch.Generator().manual_seed(seed)
    train = TensorDataset(*strokes(3000, generator))
    test = TensorDataset(*strokes(600, generator))
    return DataLoader(train, batch_size, shuffle=True), DataLoader(test, 200)
