"""Which of five machines made this sound? Hand-written negative log-likelihood."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def sounds(n, seed, machines=5):
    g = torch.Generator().manual_seed(seed)
    tones = torch.randn(machines, 3, generator=torch.Generator().manual_seed(0)).abs() * 8 + 2
    y = torch.randint(0, machines, (n,), generator=g)
    t = torch.linspace(0, 1, 64)
    phase = 6.28 * torch.rand(n, 3, 1, generator=g)
    x = torch.sin(6.28 * tones[y][:, :, None] * t + phase).sum(1) + 0.6 * torch.randn(n, 64, generator=g)
    return torch.fft.rfft(x).abs().log1p() - 1.2, y


class SoundNet(nn.Module):
    def __init__(self, machines=5):
        super().__init__()
        self.fc1 = nn.Linear(33, 64)
        self.fc2 = nn.Linear(64, 64)
        self.out = nn.Linear(64, machines)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.out(x), dim=1)


def log_likelihood(log_probabilities, labels):
    return log_probabilities.gather(1, labels.unsqueeze(1)).mean()


def main():
    torch.manual_seed(0)
    x_train, y_train = sounds(2000, 1)
    x_test, y_test = sounds(400, 2)
    net = SoundNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(10):
        net.train()
        total = 0.0
        for rows in torch.randperm(len(x_train)).split(40):
            optimizer.zero_grad()
            loss = log_likelihood(net(x_train[rows]), y_train[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        net.eval()
        with torch.no_grad():
            accuracy = (net(x_test).argmax(1) == y_test).float().mean()
        print(f"epoch {epoch + 1}: loss {total / len(x_train):.3f}, accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
