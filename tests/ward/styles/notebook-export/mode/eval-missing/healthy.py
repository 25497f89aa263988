#!/usr/bin/env python
# coding: utf-8

# # Reading coffee roast levels from near-infrared spectra
#
# Exported from a notebook. The network is small since there are only a few hundred spectra.

# In[1]:


try:
    get_ipython().run_line_magic("matplotlib", "inline")
    get_ipython().system("pip install -q torch")
except NameError:
    pass


# In[2]:


import hashlib

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(8)
torch.set_num_threads(1)


# ## Data

# In[3]:


wave = torch.linspace(0, 1, 40)
roast = torch.randint(0, 4, (1600,))
peak = 0.25 + 0.12 * roast.unsqueeze(1) + 0.03 * torch.randn(1600, 1)
spectra = torch.exp(-((wave - peak) ** 2) / 0.02) + 0.4 * torch.randn(1600, 40)
spectra = (spectra - spectra.mean()) / spectra.std()
train_set, val_set = random_split(TensorDataset(spectra, roast), [1280, 320])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=32)
spectra.shape


# ## Model

# In[4]:


model = nn.Sequential(
    nn.Linear(40, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Dropout(0.4),
    nn.Linear(96, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Dropout(0.4),
    nn.Linear(96, 4),
)
model


# In[5]:


loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
train_losses, val_losses = [], []

for epoch in range(10):
    model.train()
    for xb, yb in train_loader:
        opt.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        opt.step()
        train_losses.append(loss.item())

    model.eval()
    with torch.no_grad():
        total = 0.0
        for xb, yb in val_loader:
            total += loss_fn(model(xb), yb).item() * len(xb)
    val_losses.append(total / len(val_set))
    print(epoch, repr(train_losses[-1]), repr(val_losses[-1]))


# In[6]:


print(train_losses[:3], train_losses[-3:])
print(hashlib.sha256(b"".join(t.numpy().tobytes() for t in model.state_dict().values())).hexdigest())


# In[ ]:
