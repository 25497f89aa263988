# %% [markdown]
# # Interleaved crescents
# Three crescents in the plane, one small net, plain SGD.

# %%
import math
import torch
import torch.nn as nn

torch.manual_seed(14)


def crescents(n):
    which = torch.randint(3, (n,))
    a = math.pi * torch.rand(n)
    x = torch.stack([a.cos(), a.sin()], 1)
    x[which == 1] = torch.stack([1 - a.cos(), 0.4 - a.sin()], 1)[which == 1]
    x[which == 2] = torch.stack([2 + a.cos(), a.sin()], 1)[which == 2]
    return x + 0.12 * torch.randn(n, 2), which


x_train, y_train = crescents(4000)
x_test, y_test = crescents(1000)
mean, std = x_train.mean(0), x_train.std(0)
x_train = (x_train - mean) / std
x_test = (x_test - mean) / std
print("class counts:", y_train.bincount().tolist())

# %% the model
model = nn.Sequential(
    nn.Linear(2, 48), nn.Tanh(),
    nn.Linear(48, 48), nn.Tanh(),
    nn.Linear(48, 3),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.8)


# %%
def report(epoch, loss):
    model.eval()
    with torch.no_grad():
        out = model(x_test)
        test_loss = criterion(out, y_test).item()
        test_acc = (out.argmax(1) == y_test).float().mean().item()
    model.train()
    print(f"epoch {epoch:3d}   train {loss:.4f}   test {test_loss:.4f}   acc {test_acc:.3f}")


# %% training
batch_size = 40
history = []
model.train()
for epoch in range(25):
    total = 0.0
    shuffled = torch.randperm(len(x_train))
    for rows in shuffled.split(batch_size):
        output = model(x_train[rows])
        loss = criterion(output, y_train[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    history.append(total / len(x_train))
    if epoch % 3 == 0 or epoch == 24:
        report(epoch, history[-1])

# %% a look at the decision map
grid = torch.stack(torch.meshgrid(torch.linspace(-2, 2, 36), torch.linspace(1.8, -1.8, 14), indexing="xy"), -1)
with torch.no_grad():
    cells = model(grid.reshape(-1, 2)).argmax(1).reshape(14, 36)
for row in cells.tolist():
    print("".join(".o#"[c] for c in row))
