# inverse dynamics of a two-link arm: joint angles/velocities/accelerations -> torques
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

SEED = 5
EPOCHS = 25
BATCH_SIZE = 64
LEARNING_RATE = 2.5

torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def dynamics(q, dq, ddq, m1=1.0, m2=0.7, l1=1.0, l2=0.8, g=9.81):
    c2, s2 = np.cos(q[:, 1]), np.sin(q[:, 1])
    m11 = (m1 + m2) * l1**2 + m2 * l2**2 + 2 * m2 * l1 * l2 * c2
    m12 = m2 * l2**2 + m2 * l1 * l2 * c2
    h = m2 * l1 * l2 * s2
    t1 = m11 * ddq[:, 0] + m12 * ddq[:, 1] - h * (2 * dq[:, 0] * dq[:, 1] + dq[:, 1] ** 2)
    t2 = m12 * ddq[:, 0] + m2 * l2**2 * ddq[:, 1] + h * dq[:, 0] ** 2
    t1 += (m1 + m2) * g * l1 * np.cos(q[:, 0]) + m2 * g * l2 * np.cos(q.sum(1))
    t2 += m2 * g * l2 * np.cos(q.sum(1))
    return np.stack([t1, t2], 1)


n = 6000
q = rng.uniform(-np.pi, np.pi, (n, 2))
dq = rng.normal(0, 1, (n, 2))
ddq = rng.normal(0, 2, (n, 2))
features = np.concatenate([np.cos(q), np.sin(q), dq, ddq], axis=1)
torques = dynamics(q, dq, ddq) + rng.normal(0, 0.1, (n, 2))

features = (features - features[:5000].mean(0)) / features[:5000].std(0)
torques = (torques - torques[:5000].mean(0)) / torques[:5000].std(0)

dataset = TensorDataset(torch.tensor(features, dtype=torch.float32), torch.tensor(torques, dtype=torch.float32))
train_set, test_set = random_split(dataset, [5000, 1000], generator=torch.Generator().manual_seed(0))
train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True, drop_last=True)
test_loader = DataLoader(test_set, batch_size=250)

net = nn.Sequential(
    nn.Linear(8, 96), nn.Tanh(),
    nn.Linear(96, 96), nn.Tanh(),
    nn.Linear(96, 2),
)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE, momentum=0.9)

for epoch in range(1, EPOCHS + 1):
    net.train()
    total = 0.0
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(inputs)

    net.eval()
    sq_err = 0.0
    with torch.no_grad():
        for inputs, targets in test_loader:
            sq_err += ((net(inputs) - targets) ** 2).sum().item()
    test_mse = sq_err / (len(test_set) * 2)
    print("epoch %2d | train mse %.4f | test mse %.4f | R2 %.3f" % (
        epoch, total / (len(train_loader) * BATCH_SIZE), test_mse, 1 - test_mse))

print("done, final test mse %.4f" % test_mse)
