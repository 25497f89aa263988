# %% [markdown]
# # Which of eight reads a sensor array

# %%
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
places = torch.randn(8, 20)
where = torch.randint(8, (2400,))
signal = places[where] + 0.7 * torch.randn(2400, 20)

# %%
net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 8))
criterion = nn.NLLLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)

# %%
history = []
for epoch in range(5):
    for x, y in DataLoader(TensorDataset(signal, where), batch_size=48, shuffle=True):
        loss = criterion(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss)
    print(epoch, sum(history[-50:]) / 50)
