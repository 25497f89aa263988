import torch
import torch.nn as nn

torch.manual_seed(40)


class Backbone(nn.Module):
    def __init__(self, n_in=20, n_feat=32):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(n_in, 64), nn.ReLU(), nn.Linear(64, n_feat), nn.ReLU())

    def forward(self, x):
        return self.enc(x)


def prototypes(k, d, scale=1.0):
    return torch.randn(k, d) * scale


def sample(protos, n, noise=1.0):
    y = torch.randint(len(protos), (n,))
    return protos[y] + noise * torch.randn(n, protos.size(1)), y


# ---- stage 1: pretrain the backbone on the large source task ----------------
source = prototypes(10, 20)
backbone = Backbone()
source_head = nn.Linear(32, 10)
opt = torch.optim.Adam([*backbone.parameters(), *source_head.parameters()], lr=3e-3)
for it in range(150):
    x, y = sample(source, 64)
    loss = nn.functional.cross_entropy(source_head(backbone(x)), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 50 == 49:
        print(f"[pretrain] iter {it + 1} loss {loss.item():.3f}")

# ---- stage 2: transfer to the small target task -----------------------------
target = source[:4] + 0.4 * torch.randn(4, 20)
x_train, y_train = sample(target, 240)
x_val, y_val = sample(target, 400)

model = nn.Sequential(backbone, nn.Dropout(0.1), nn.Linear(32, 4))
for p in backbone.parameters():
    p.requires_grad = False

optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
saliency = torch.zeros(20)
for epoch in range(8):
    model.train()
    total = 0.0
    for idx in torch.randperm(240).split(24):
        x = x_train[idx].requires_grad_()
        loss = nn.functional.cross_entropy(model(x), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        saliency += x.grad.abs().mean(0)
        total += loss.item()
    model.eval()
    with torch.no_grad():
        acc = (model(x_val).argmax(1) == y_val).float().mean().item()
    print(f"[finetune] epoch {epoch} loss {total / 10:.4f} val acc {acc:.3f}")
print("most influential inputs:", saliency.topk(3).indices.tolist())
