"""Advantage actor-critic on a cart that must be kept on a track."""

import hashlib

import torch
from torch import nn, optim
from torch.distributions import Categorical

torch.manual_seed(12)
torch.set_num_threads(1)


class Track:
    """Position and speed; push left, coast or push right; a reward of one for each moment near the middle."""

    def __init__(self, carts):
        self.carts = carts

    def reset(self):
        self.state = torch.randn(self.carts, 2) * 0.5
        return self.state.clone()

    def step(self, action):
        x, v = self.state.unbind(1)
        v = 0.95 * v + 0.2 * (action - 1).float() + 0.03 * torch.randn(self.carts)
        x = x + 0.3 * v
        self.state = torch.stack([x, v], 1)
        return self.state.clone(), torch.exp(-(x**2))


actor = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 3))
critic = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
actor_opt = optim.Adam(actor.parameters(), lr=3e-3)
critic_opt = optim.Adam(critic.parameters(), lr=5e-3)
env, gamma = Track(16), 0.95
rewards = []

for episode in range(120):
    state = env.reset()
    log_probs, values, gains, entropies = [], [], [], []
    for _ in range(12):
        policy = Categorical(logits=actor(state))
        action = policy.sample()
        values.append(critic(state).squeeze(1))
        log_probs.append(policy.log_prob(action))
        entropies.append(policy.entropy())
        state, gain = env.step(action)
        gains.append(gain)
    with torch.no_grad():
        ahead = critic(state).squeeze(1)
    returns = []
    for gain in reversed(gains):
        ahead = gain + gamma * ahead
        returns.insert(0, ahead)
    advantage = torch.stack(returns) - torch.stack(values)

    critic_loss = advantage.pow(2).mean()
    critic_opt.zero_grad()
    critic_loss.backward()
    critic_opt.step()

    actor_loss = -(torch.stack(log_probs) * advantage.detach()).mean() - 0.01 * torch.stack(entropies).mean()
    actor_opt.zero_grad()
    actor_loss.backward()
    actor_opt.step()

    rewards.append(torch.stack(gains).mean().item())
    if episode % 20 == 19:
        print(episode, repr(critic_loss.item()), repr(sum(rewards[-20:]) / 20))

print(rewards[-3:])
print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in [*actor.parameters(), *critic.parameters()])).hexdigest())
