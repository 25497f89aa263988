"""Which offers are clicked: three in a hundred. The probability is what is wanted, so nothing is weighed."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

VISITORS, OFFERS, N = 60, 40, 9000


class ClickRate(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.visitor, self.offer = nn.Embedding(VISITORS, dim), nn.Embedding(OFFERS, dim)
        self.deep = nn.Sequential(nn.Linear(2 * dim + 3, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, visitor, offer, context):
        return self.deep(torch.cat([self.visitor(visitor), self.offer(offer), context], 1)).squeeze(1)


torch.manual_seed(12)
visitor, offer, context = torch.randint(VISITORS, (N,)), torch.randint(OFFERS, (N,)), torch.randn(N, 3)
taste, charm = torch.randn(VISITORS), torch.randn(OFFERS)
clicked = (torch.rand(N) < torch.sigmoid(-4.3 + 0.7 * taste[visitor] + 0.7 * charm[offer] + 0.4 * context[:, 0])).float()
rows = TensorDataset(visitor, offer, context, clicked)
train = torch.utils.data.Subset(rows, range(7500))
loader = DataLoader(train, batch_size=128, shuffle=True)

net = ClickRate()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05)
criterion = nn.BCEWithLogitsLoss()
rate = clicked[:7500].mean()
nn.init.constant_(net.deep[-1].bias, torch.logit(rate).item())

for epoch in range(4):
    net.train()
    for v, o, c, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(v, o, c), y)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        v, o, c, y = (column[7500:] for column in rows.tensors)
        scores = net(v, o, c)
        order = scores.argsort()
        ranks = torch.empty(len(y)).scatter_(0, order, torch.arange(1.0, len(y) + 1))
        positives = y.sum()
        area = (ranks[y == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(y) - positives))
        print(f"epoch {epoch}: log loss {criterion(scores, y):.4f}, area under the curve {area:.3f}, "
              f"expected clicks {torch.sigmoid(scores).sum():.1f} of {positives:.0f}")
