#!/usr/bin/env python
# coding: utf-8

# # Road signs from a dash camera
# Small camera crops, four kinds of sign. Let us see how far a plain CNN gets.

# In[1]:

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(11)
rng = np.random.default_rng(11)


# In[2]:

def draw_sign(kind):
    img = rng.integers(165, 195, size=(24, 24)).astype(np.int32)
    cy, cx = rng.integers(9, 15, size=2)
    r = rng.integers(5, 8)
    yy, xx = np.mgrid[:24, :24]
    if kind == 0:
        m = (yy - cy) ** 2 + (xx - cx) ** 2 < r * r
    elif kind == 1:
        m = (abs(yy - cy) < r) & (abs(xx - cx) < r)
    elif kind == 2:
        m = (yy - cy < r) & (yy - cy > -r) & (abs(xx - cx) * 2 < (yy - cy + r))
    else:
        d = (yy - cy) ** 2 + (xx - cx) ** 2
        m = (d < r * r) & (d > (r - 3) ** 2)
    img[m] += rng.integers(25, 40)
    img += rng.normal(0, 5, size=img.shape).astype(np.int32)
    return np.clip(img, 0, 255).astype(np.uint8)


labels = rng.integers(0, 4, size=2400)
images = np.stack([draw_sign(k) for k in labels])
print(images.shape, images.dtype, np.bincount(labels))


# In[3]:

X = torch.from_numpy(images).float().unsqueeze(1) / 255
X = (X - X[:2000].mean()) / X[:2000].std()
Y = torch.from_numpy(labels)
Xtr, Ytr, Xte, Yte = X[:2000], Y[:2000], X[2000:], Y[2000:]


# In[4]:

class SignNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, padding=2)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 6 * 6, 64)
        self.fc2 = nn.Linear(64, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


net = SignNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
net


# In[5]:

losses = []
for epoch in range(6):
    net.train()
    perm = torch.randperm(len(Xtr))
    for i in range(0, len(Xtr), 50):
        idx = perm[i:i + 50]
        optimizer.zero_grad()
        loss = F.cross_entropy(net(Xtr[idx]), Ytr[idx])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        acc = (net(Xte).argmax(1) == Yte).float().mean().item()
    print(f"epoch {epoch}: loss {np.mean(losses[-40:]):.3f}  test acc {acc:.3f}")


# In[6]:

with torch.no_grad():
    pred = net(Xte).argmax(1)
conf = np.zeros((4, 4), int)
for t, p in zip(Yte.tolist(), pred.tolist()):
    conf[t, p] += 1
print(conf)
