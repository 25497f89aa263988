import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(55)
H = W = 12


def make_scene(n):
    """Satellite tiles with a lake; the mask is the lake."""
    yy, xx = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
    cy, cx = torch.rand(2, n, 1, 1) * 6 + 3
    rad = torch.rand(n, 1, 1) * 2 + 2
    mask = (((yy - cy) ** 2 + (xx - cx) ** 2) < rad ** 2).float()
    img = torch.stack([0.8 * mask, -0.5 * mask], 1) + 0.6 * torch.randn(n, 2, H, W)
    return img, mask


class Segmenter(nn.Module):
    def __init__(self, ch=8):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(2, ch, 5, padding=2), nn.ReLU(),
            nn.Conv2d(ch, ch, 3, padding=1), nn.ReLU(),
            nn.Conv2d(ch, 1, 1))
        self.temperature = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return torch.sigmoid(self.net(x).squeeze(1) * self.temperature)


def dice(pred, mask, eps=1.0):
    inter = (pred * mask).sum((1, 2))
    return (2 * inter + eps) / (pred.sum((1, 2)) + mask.sum((1, 2)) + eps)


def dice_loss(prob, mask):
    pred = prob
    return 1 - dice(pred, mask).mean()


train_img, train_mask = make_scene(400)
val_img, val_mask = make_scene(100)
model = Segmenter()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

for epoch in range(6):
    model.train()
    ep = 0.0
    for idx in torch.randperm(400).split(20):
        optimizer.zero_grad()
        loss = dice_loss(model(train_img[idx]), train_mask[idx])
        loss.backward()
        optimizer.step()
        ep += loss.item()
    model.eval()
    with torch.no_grad():
        score = dice((model(val_img) > 0.5).float(), val_mask).mean().item()
    print(f"epoch {epoch}: train loss {ep / 20:.4f}   val dice {score:.3f}")
