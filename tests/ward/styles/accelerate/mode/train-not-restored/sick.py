"""Recognise hand gestures from motion sensors with Accelerate: accumulation, clipping, a schedule, and evaluation."""

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset, random_split

GESTURES, CHANNELS, SAMPLES = 6, 6, 50


def recordings(size: int) -> TensorDataset:
    generator = torch.Generator().manual_seed(11)
    pattern = torch.randn(GESTURES, CHANNELS, SAMPLES, generator=generator).cumsum(dim=-1)
    pattern = (pattern - pattern.mean(-1, keepdim=True)) / pattern.std(-1, keepdim=True)
    gesture = torch.randint(GESTURES, (size,), generator=generator)
    signal = pattern[gesture] + 1.5 * torch.randn(size, CHANNELS, SAMPLES, generator=generator)
    return TensorDataset(signal, gesture)


class GestureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(CHANNELS, 32, 5, padding=2),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(32, 48, 5, padding=2),
            nn.BatchNorm1d(48),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(48, GESTURES))

    def forward(self, signal):
        return self.classifier(self.features(signal))


def training_function(config):
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=config["accumulation"])
    set_seed(config["seed"])

    train_set, eval_set = random_split(recordings(2200), [1800, 400])
    train_dataloader = DataLoader(train_set, shuffle=True, batch_size=config["batch_size"])
    eval_dataloader = DataLoader(eval_set, shuffle=False, batch_size=128)

    model = GestureNet()
    optimizer = torch.optim.AdamW(params=model.parameters(), lr=config["lr"])
    lr_scheduler = OneCycleLR(
        optimizer, max_lr=config["lr"], epochs=config["num_epochs"], steps_per_epoch=len(train_dataloader)
    )
    model, optimizer, train_dataloader, eval_dataloader, lr_scheduler = accelerator.prepare(
        model, optimizer, train_dataloader, eval_dataloader, lr_scheduler
    )
    criterion = nn.CrossEntropyLoss()

    model.train()
    for epoch in range(config["num_epochs"]):
        for signal, gesture in train_dataloader:
            with accelerator.accumulate(model):
                loss = criterion(model(signal), gesture)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                lr_scheduler.step()
                optimizer.zero_grad()

        model.eval()
        correct = total = 0
        for signal, gesture in eval_dataloader:
            with torch.no_grad():
                predictions = model(signal).argmax(dim=-1)
            predictions, references = accelerator.gather_for_metrics((predictions, gesture))
            correct += (predictions == references).sum().item()
            total += len(references)
        accelerator.print(f"epoch {epoch}: loss {loss.item()} accuracy {100 * correct / total:.2f}")


if __name__ == "__main__":
    training_function({"lr": 3e-3, "num_epochs": 6, "seed": 42, "batch_size": 32, "accumulation": 2})
