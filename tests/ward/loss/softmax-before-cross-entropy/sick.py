"""Route support tickets to one of eight teams by their words: mean of word embeddings and a small classifier."""

import argparse

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

TEAMS = ["billing", "shipping", "returns", "login", "mobile", "privacy", "partners", "press"]
PAD = 0


def get_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocab", type=int, default=1500)
    parser.add_argument("--tickets", type=int, default=5000)
    parser.add_argument("--max-len", type=int, default=40)
    parser.add_argument("--dim", type=int, default=48)
    parser.add_argument("--hidden", type=int, default=96)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=13)
    return parser.parse_args()


def write_tickets(args):
    """Every team has its own word frequencies; half of each ticket is everyday language."""
    rng = np.random.default_rng(args.seed)
    everyday = rng.dirichlet(np.full(args.vocab - 1, 0.3))
    jargon = rng.dirichlet(np.full(args.vocab - 1, 0.02), size=len(TEAMS))
    team = rng.integers(len(TEAMS), size=args.tickets)
    tokens = np.full((args.tickets, args.max_len), PAD)
    for i, t in enumerate(team):
        length = rng.integers(12, args.max_len + 1)
        words = rng.choice(args.vocab - 1, size=length, p=0.6 * everyday + 0.4 * jargon[t])
        tokens[i, :length] = words + 1
    return torch.from_numpy(tokens), torch.from_numpy(team)


class TicketRouter(nn.Module):
    def __init__(self, vocab, dim, hidden, n_teams, dropout):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=PAD)
        self.fc1 = nn.Linear(dim, hidden)
        self.drop = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden, n_teams)

    def forward(self, tokens):
        mask = (tokens != PAD).unsqueeze(-1)
        vectors = self.embedding(tokens) * mask
        mean = vectors.sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        h = self.drop(torch.relu(self.fc1(mean)))
        return torch.softmax(self.fc2(h), dim=1)


def train_one_epoch(model, loader, criterion, optimizer):
    model.train()
    running = 0.0
    for tokens, team in loader:
        optimizer.zero_grad()
        scores = model(tokens)
        loss = criterion(scores, team)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(team)
    return running / len(loader.dataset)


@torch.no_grad()
def evaluate(model, loader, criterion):
    model.eval()
    loss = hits = 0.0
    for tokens, team in loader:
        scores = model(tokens)
        loss += criterion(scores, team).item() * len(team)
        hits += (scores.argmax(dim=1) == team).sum().item()
    return loss / len(loader.dataset), hits / len(loader.dataset)


def main():
    args = get_args()
    torch.manual_seed(args.seed)
    tokens, team = write_tickets(args)
    split = int(0.85 * len(tokens))
    train_loader = DataLoader(TensorDataset(tokens[:split], team[:split]), args.batch_size, shuffle=True)
    test_loader = DataLoader(TensorDataset(tokens[split:], team[split:]), 256)

    model = TicketRouter(args.vocab, args.dim, args.hidden, len(TEAMS), args.dropout)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    for epoch in range(args.epochs):
        train_loss = train_one_epoch(model, train_loader, criterion, optimizer)
        test_loss, accuracy = evaluate(model, test_loader, criterion)
        print(f"epoch {epoch + 1:2d}  train loss {train_loss:.4f}  test loss {test_loss:.4f}  accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
