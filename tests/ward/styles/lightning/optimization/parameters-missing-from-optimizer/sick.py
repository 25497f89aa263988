"""Forecast the load of a power line from the last day: a GRU under the Lightning Trainer, with warm-up and clipping."""

import math

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class LoadCurve(Dataset):
    def __init__(self, start: int, hours: int, window: int = 24):
        t = torch.arange(start, start + hours, dtype=torch.float32)
        noise = torch.randn(hours, generator=torch.Generator().manual_seed(start))
        self.load = torch.sin(2 * math.pi * t / 24) + 0.5 * torch.sin(2 * math.pi * t / 168) + 0.1 * noise
        self.hour = torch.stack([torch.sin(2 * math.pi * t / 24), torch.cos(2 * math.pi * t / 24)], dim=-1)
        self.window = window

    def __len__(self):
        return len(self.load) - self.window

    def __getitem__(self, index):
        past = slice(index, index + self.window)
        return torch.cat([self.load[past, None], self.hour[past]], dim=-1), self.load[index + self.window]


class Forecaster(nn.Module):
    def __init__(self, hidden: int = 32):
        super().__init__()
        self.inlet = nn.Linear(3, hidden)
        self.rnn = nn.GRU(hidden, hidden, batch_first=True)
        self.outlet = nn.Linear(hidden, 1)

    def forward(self, past):
        states, _ = self.rnn(torch.relu(self.inlet(past)))
        return self.outlet(states[:, -1]).squeeze(-1)


class LitForecaster(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Forecaster()
        self.criterion = nn.MSELoss()

    def training_step(self, batch, batch_idx):
        past, target = batch
        loss = self.criterion(self.net(past), target)
        self.log("train/loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        past, target = batch
        self.log("val/loss", self.criterion(self.net(past), target))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(
            [{"params": self.net.outlet.parameters()}, {"params": self.net.inlet.parameters()}], lr=3e-3
        )
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=20)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def main():
    L.seed_everything(3, workers=True)
    train = DataLoader(LoadCurve(0, 2000), batch_size=64, shuffle=True, drop_last=True)
    val = DataLoader(LoadCurve(5000, 500), batch_size=128)
    trainer = L.Trainer(
        max_epochs=8,
        accelerator="cpu",
        gradient_clip_val=1.0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(LitForecaster(), train, val)
    print(f"val/loss {trainer.callback_metrics['val/loss'].item()}")


if __name__ == "__main__":
    main()
