"""Node classification on a community graph with plain matrix multiplications."""
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(27)
N, C, D = 300, 5, 16
community = torch.randint(C, (N,))
same = community[:, None] == community[None, :]
edge = torch.rand(N, N) < torch.where(same, 0.10, 0.01)
adj = torch.triu(edge, 1).float()
adj = adj + adj.T + torch.eye(N)
deg = adj.sum(1)
a_hat = adj / (deg[:, None] * deg[None, :]).sqrt()
x = 0.6 * torch.randn(C, D)[community] + torch.randn(N, D)

perm = torch.randperm(N)
train_idx, val_idx = perm[:150], perm[150:]


class GCN(nn.Module):
    def __init__(self, d_in, d_h, n_out):
        super().__init__()
        self.w1 = nn.Linear(d_in, d_h)
        self.w2 = nn.Linear(d_h, n_out)
        self.drop = nn.Dropout(0.3)

    def forward(self, x, a):
        h = torch.relu(a @ self.w1(x))
        return a @ self.w2(self.drop(h))


def score(logits, idx):
    _, guess = logits[idx].topk(1, dim=1)
    return (guess.squeeze(1) == community[idx]).float().mean().item()


gcn = GCN(D, 32, C)
opt = torch.optim.Adam(gcn.parameters(), lr=0.01, weight_decay=5e-4)
for epoch in range(1, 101):
    gcn.train()
    loss = F.cross_entropy(gcn(x, a_hat)[train_idx], community[train_idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 20 == 0:
        gcn.eval()
        with torch.no_grad():
            logits = gcn(x, a_hat)
            val_loss = F.cross_entropy(logits[val_idx], community[val_idx])
        print(
            f"epoch {epoch:3d} train loss {loss.item():.3f} acc {score(logits, train_idx):.3f} "
            f"| val loss {val_loss:.3f} acc {score(logits, val_idx):.3f}"
        )
