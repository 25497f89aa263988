import torch
import torch.nn as nn

torch.manual_seed(90)
NODES, FEAT = 14, 6


def random_molecules(n):
    """Graphs as dense adjacencies; active iff enough 'nitrogen' atoms sit on rings of neighbours."""
    upper = (torch.rand(n, NODES, NODES) < 0.18).float().triu(1)
    adj = upper + upper.transpose(1, 2)
    kind = torch.randint(FEAT, (n, NODES))
    x = nn.functional.one_hot(kind, FEAT).float()
    contact = (adj @ x[..., :1] * x[..., 1:2]).sum((1, 2)) + 0.7 * x[..., 2].sum(1)
    label = (contact > contact.median()).float().unsqueeze(1)
    deg = (adj.sum(-1, keepdim=True) + 1)
    return (adj + torch.eye(NODES)) / deg.sqrt() / deg.sqrt().transpose(1, 2), x, label


class GraphConv(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.w = nn.Linear(a, b)

    def forward(self, adj, h):
        return torch.relu(self.w(adj @ h))


class MolNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.g1 = GraphConv(FEAT, 32)
        self.g2 = GraphConv(32, 32)
        self.readout = nn.Linear(32, 1)

    def forward(self, adj, x):
        h = self.g2(adj, self.g1(adj, x)).sum(1)
        return torch.sigmoid(self.readout(h))


adj, x, y = random_molecules(1600)
tr, va = torch.arange(1200), torch.arange(1200, 1600)
net = MolNet()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
bce = nn.BCELoss()

for epoch in range(12):
    epoch_loss = 0.0
    for b in tr[torch.randperm(1200)].split(40):
        optimizer.zero_grad()
        loss = bce(net(adj[b], x[b]), y[b])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() / 30
    with torch.no_grad():
        p = net(adj[va], x[va])
        vl = bce(p, y[va]).item()
        acc = ((p > 0.5).float() == y[va]).float().mean().item()
    print(f"epoch {epoch:2d}: loss {epoch_loss:.4f} | val {vl:.4f} acc {acc:.3f}")
