"""Tag films with any of ten genres from their plot keywords (several genres per film): multi-label classification."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

GENRES = ["drama", "comedy", "crime", "war", "romance", "horror", "western", "music", "sport", "fantasy"]


class Films(Dataset):
    def __init__(self, n, n_keywords=300, seed=0):
        rng = np.random.default_rng(seed)
        typical = rng.random((len(GENRES), n_keywords)) < 0.06
        popular = rng.beta(1, 30, n_keywords)
        common = np.array([0.45, 0.35, 0.25, 0.12, 0.3, 0.15, 0.1, 0.12, 0.1, 0.2])
        self.genres = (rng.random((n, len(GENRES))) < common).astype(np.float32)
        strength = self.genres @ typical
        chance = 1 - (1 - popular) * (1 - 0.4) ** strength
        self.keywords = (rng.random((n, n_keywords)) < chance).astype(np.float32)

    def __len__(self):
        return len(self.genres)

    def __getitem__(self, i):
        return {"keywords": torch.from_numpy(self.keywords[i]), "genres": torch.from_numpy(self.genres[i])}


class Tagger(nn.Module):
    def __init__(self, n_keywords, n_genres, hidden=96):
        super().__init__()
        self.hidden = nn.Linear(n_keywords, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(0.4)
        self.output = nn.Linear(hidden, n_genres)

    def forward(self, keywords):
        h = nn.functional.gelu(self.norm(self.hidden(keywords)))
        return self.output(self.dropout(h))


class TrainingLoop:
    def __init__(self, model, lr=2e-3):
        self.model = model
        self.criterion = nn.BCEWithLogitsLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.05)

    def step(self, batch):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(batch["keywords"]), batch["genres"])
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, train_loader, val_loader, epochs):
        for epoch in range(1, epochs + 1):
            self.model.train()
            losses = [self.step(batch) for batch in train_loader]
            val_loss, f1 = self.validate(val_loader)
            print(f"[{epoch}] train {np.mean(losses):.4f}  val {val_loss:.4f}  micro F1 {f1:.3f}")

    @torch.inference_mode()
    def validate(self, loader):
        self.model.eval()
        losses, tp, wrong = [], 0.0, 0.0
        for batch in loader:
            logits = self.model(batch["keywords"])
            losses.append(self.criterion(logits, batch["genres"]).item())
            tags = (logits > 0).float()
            tp += (tags * batch["genres"]).sum().item()
            wrong += (tags - batch["genres"]).abs().sum().item()
        return np.mean(losses), 2 * tp / (2 * tp + wrong)


if __name__ == "__main__":
    torch.manual_seed(12)
    train_set, val_set = random_split(Films(4000), [3400, 600])
    loop = TrainingLoop(Tagger(300, len(GENRES)))
    loop.fit(DataLoader(train_set, 50, shuffle=True), DataLoader(val_set, 200), epochs=6)
