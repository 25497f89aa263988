import torch
from torch.nn.functional import mse_loss


def fit(net, batches, config):
    optimizer = torch.optim.Adam(net.parameters(), lr=config.LEARNING_RATE)
    losses = []
    for step, (x, y) in enumerate(batches(config.STEPS, config.BATCH, config.FEATURES)):
        loss = mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % 100 == 99:
            print(step, repr(sum(losses[-100:]) / 100))
    return losses
