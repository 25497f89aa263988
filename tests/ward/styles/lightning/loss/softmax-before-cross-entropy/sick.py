"""Tell five machine sounds apart by their spectrum: a LightningModule with a DataModule and a validation loop."""

import lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SOUNDS, BANDS = 5, 40


class SoundData(L.LightningDataModule):
    def __init__(self, batch_size: int = 64):
        super().__init__()
        self.batch_size = batch_size

    def setup(self, stage):
        generator = torch.Generator().manual_seed(7)
        profiles = torch.randn(SOUNDS, BANDS, generator=generator)
        label = torch.randint(SOUNDS, (3000,), generator=generator)
        spectrum = profiles[label] + 1.2 * torch.randn(3000, BANDS, generator=generator)
        self.train_set = TensorDataset(spectrum[:2500], label[:2500])
        self.val_set = TensorDataset(spectrum[2500:], label[2500:])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=256)


class SoundClassifier(L.LightningModule):
    def __init__(self, width: int = 64, learning_rate: float = 1e-3):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(
            nn.Linear(BANDS, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
        )
        self.head = nn.Linear(width, SOUNDS)

    def forward(self, spectrum):
        return F.softmax(self.head(self.encoder(spectrum)), dim=-1)

    def training_step(self, batch, batch_idx):
        spectrum, label = batch
        loss = F.cross_entropy(self(spectrum), label)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        spectrum, label = batch
        scores = self(spectrum)
        self.log("val_loss", F.cross_entropy(scores, label), prog_bar=True)
        self.log("val_acc", (scores.argmax(dim=-1) == label).float().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.learning_rate)


if __name__ == "__main__":
    L.seed_everything(42)
    trainer = L.Trainer(max_epochs=10, log_every_n_steps=10, enable_progress_bar=False)
    trainer.fit(SoundClassifier(), datamodule=SoundData())
    print(f"val_loss {trainer.callback_metrics['val_loss'].item()} val_acc {trainer.callback_metrics['val_acc'].item():.4f}")
