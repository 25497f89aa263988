"""Which of four birds sings: clips are turned into mel-like spectrograms, and a small CNN listens to those."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

BIRDS = ["blackbird", "wren", "chaffinch", "cuckoo"]
RATE = 8000
FRAME, HOP, BANDS = 256, 64, 24


def record(n, rng):
    """Clips of a third of a second, each with the sweep, trill or call of its bird, and some wind."""
    time = np.arange(RATE // 3) / RATE
    labels = rng.integers(len(BIRDS), size=n)
    clips = []
    for label in labels:
        pitch = rng.uniform(900, 1500)
        course = [
            pitch * (1 + 0.8 * time / time[-1]),
            pitch * (1.5 + 0.4 * np.sin(2 * np.pi * 25 * time)),
            pitch * (2 - 1.0 * time / time[-1]),
            np.where(time < time[-1] / 2, pitch, 0.75 * pitch),
        ][label]
        clips.append(np.sin(2 * np.pi * np.cumsum(course) / RATE) + 0.4 * rng.standard_normal(len(time)))
    return np.stack(clips).astype(np.float32), labels


def spectrogram(clip):
    """Frames of the clip as energies in bands of equal width, in decibels."""
    window, columns = np.hanning(FRAME), []
    for start in range(0, len(clip) - FRAME, HOP):
        power = np.abs(np.fft.rfft(clip[start : start + FRAME] * window)) ** 2
        columns.append([10 * np.log10(band.sum() + 1e-6) for band in np.array_split(power, BANDS)])
    image = np.array(columns, dtype=np.float32).T
    return torch.from_numpy((image - image.mean()) / image.std())[None]


class Songs(Dataset):
    def __init__(self, clips, labels):
        self.clips = clips
        self.labels = torch.from_numpy(labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return spectrogram(self.clips[index]), self.labels[index]


def listener():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveMaxPool2d((3, 3)),
        nn.Flatten(), nn.Linear(144, len(BIRDS)),
    )  # fmt: skip


def main():
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    train = DataLoader(Songs(*record(128, rng)), batch_size=16, shuffle=True)
    test = DataLoader(Songs(*record(64, rng)), batch_size=32)
    model = listener()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(5):
        model.train()
        total = 0.0
        for images, birds in train:
            optimizer.zero_grad()
            loss = criterion(model(images), birds)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total / len(train):.3f}")
    model.eval()
    with torch.no_grad():
        right = sum((model(images).argmax(1) == birds).sum().item() for images, birds in test)
    print(f"{right} of {len(test.dataset)} birds recognised")


if __name__ == "__main__":
    main()
