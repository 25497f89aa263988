"""Will it rain tomorrow? Labels -1 (dry) and 1 (rain), as the export of an older support vector machine gave them."""

import torch
from torch import nn

torch.manual_seed(4)


def weather(days):
    x = torch.randn(days, 8)
    wet = (x[:, 0] * x[:, 1] + x[:, 2] - 0.5 * x[:, 5] ** 2 + 0.3 * torch.randn(days)) > -0.4
    return x, torch.where(wet, 1, -1)


x_train, y_train = weather(2000)
x_test, y_test = weather(500)

model = nn.Sequential(nn.Linear(8, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1), nn.Sigmoid())
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.BCELoss()

for epoch in range(10):
    order = torch.randperm(len(x_train))
    total = 0.0
    for batch in order.split(40):
        prediction = model(x_train[batch]).squeeze(1)
        loss = loss_fn(prediction, y_train[batch].float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    with torch.no_grad():
        accuracy = ((model(x_test).squeeze(1) > 0.5) == (y_test > 0)).float().mean()
    print(f"epoch {epoch + 1:2d}: loss {total / len(x_train):.3f}, test accuracy {accuracy:.3f}")
