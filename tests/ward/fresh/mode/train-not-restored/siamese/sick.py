"""Metric learning: embed little glyphs so that the same glyph lands at the same place."""
import torch
import torch.nn as nn
import torch.nn.functional as F

SIZE = 20
N_GLYPHS = 24


def glyph_bank(generator):
    """Each glyph is a smooth random pattern of strokes."""
    coarse = torch.randn(N_GLYPHS, 1, 6, 6, generator=generator)
    return torch.tanh(2 * F.interpolate(coarse, size=(SIZE, SIZE), mode="bicubic", align_corners=False))


def jitter(imgs, generator):
    """Shift, shear and noise."""
    n = len(imgs)
    theta = torch.eye(2, 3).repeat(n, 1, 1)
    theta[:, :, :2] += 0.15 * torch.randn(n, 2, 2, generator=generator)
    theta[:, :, 2] += 0.12 * torch.randn(n, 2, generator=generator)
    grid = F.affine_grid(theta, list(imgs.shape), align_corners=False)
    moved = F.grid_sample(imgs, grid, align_corners=False)
    return moved + 0.35 * torch.randn(imgs.shape, generator=generator)


class Embedder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        chans = [1, 12, 12, 16, 16, 24, 24, 24]
        mods = []
        for i, (a, b) in enumerate(zip(chans[:-1], chans[1:])):
            mods += [nn.Conv2d(a, b, 3, padding=1, stride=2 if i in (1, 3) else 1), nn.BatchNorm2d(b), nn.ReLU()]
        self.trunk = nn.Sequential(*mods)
        self.proj = nn.Linear(24, dim)

    def forward(self, x):
        return F.normalize(self.proj(self.trunk(x).mean((2, 3))), dim=1)


def triplets(bank, n, generator):
    a = torch.randint(len(bank), (n,), generator=generator)
    b = (a + torch.randint(1, len(bank), (n,), generator=generator)) % len(bank)
    return jitter(bank[a], generator), jitter(bank[a], generator), jitter(bank[b], generator)


def retrieval(model, bank, generator):
    """Share of queries whose nearest gallery image shows the same glyph."""
    model.eval()
    with torch.no_grad():
        ids = torch.arange(len(bank)).repeat(6)
        gallery = model(jitter(bank[ids], generator))
        queries = model(jitter(bank[ids], generator))
        nearest = torch.cdist(queries, gallery).argmin(1)
    return (ids[nearest] == ids).float().mean().item()


def main():
    torch.manual_seed(31)
    g = torch.Generator().manual_seed(32)
    bank = glyph_bank(g)
    seen, unseen = bank[:18], bank[18:]
    model = Embedder()
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    loss_fn = nn.TripletMarginLoss(margin=0.4)
    print(f"untrained: recall@1 seen {retrieval(model, seen, g):.3f} unseen {retrieval(model, unseen, g):.3f}")
    for epoch in range(8):
        losses = []
        for _ in range(30):
            anchor, positive, negative = triplets(seen, 24, g)
            emb = model(torch.cat([anchor, positive, negative]))
            loss = loss_fn(*emb.chunk(3))
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        print(f"epoch {epoch}: triplet loss {sum(losses) / len(losses):.4f} "
              f"recall@1 seen {retrieval(model, seen, g):.3f} unseen {retrieval(model, unseen, g):.3f}")


if __name__ == "__main__":
    main()
