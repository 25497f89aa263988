import torch
import torch.nn as nn


class Sorter(nn.Module):
    """Transformer encoder that labels each element of a list with its rank."""

    def __init__(self, n_values=20, n_pos=6, d=32):
        super().__init__()
        self.val = nn.Embedding(n_values, d)
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.rank = nn.Linear(d, n_pos)

    def forward(self, x):
        return self.rank(self.enc(self.val(x)))


def make_lists(n, g):
    x = torch.rand(n, 20, generator=g).argsort(1)[:, :6]
    return x, x.argsort(1).argsort(1)


class NoamTrainer:
    def __init__(self, model, d_model=32, warmup=40, factor=0.6):
        self.model = model
        self.opt = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
        self.sched = torch.optim.lr_scheduler.LambdaLR(
            self.opt,
            lambda s: factor * d_model ** -0.5 * min((s + 1) ** -0.5, (s + 1) * warmup ** -1.5),
        )

    def fit(self, x, y, xv, yv, epochs, bs=50):
        for ep in range(epochs):
            self.model.train()
            tot = 0.0
            for idx in torch.randperm(len(x)).split(bs):
                logits = self.model(x[idx])
                loss = nn.functional.cross_entropy(logits.reshape(-1, 6), y[idx].reshape(-1))
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
                self.sched.step()
                tot += loss.item() * len(idx)
            print(f"epoch {ep + 1} loss {tot / len(x):.4f} val {self.score(xv, yv):.3f}")

    @torch.no_grad()
    def score(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(-1) == y).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(1)
    x, y = make_lists(1500, gen)
    xv, yv = make_lists(300, gen)
    NoamTrainer(Sorter()).fit(x, y, xv, yv, epochs=7)
