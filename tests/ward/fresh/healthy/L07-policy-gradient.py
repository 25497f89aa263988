"""REINFORCE with a value baseline on a small corridor world."""
import random
from collections import deque

import torch
import torch.nn as nn
from torch.distributions import Categorical

LENGTH = 8
MAX_STEPS = 40


class Corridor:
    """Fetch the key on the left end, then open the door on the right end."""

    def reset(self):
        self.pos, self.key, self.t = random.randint(1, LENGTH - 2), False, 0
        return self.observe()

    def observe(self):
        o = torch.zeros(LENGTH + 1)
        o[self.pos] = 1.0
        o[-1] = float(self.key)
        return o

    def step(self, action):
        self.pos = min(LENGTH - 1, max(0, self.pos + (1 if action == 1 else -1)))
        self.t += 1
        reward = -0.02
        if self.pos == 0 and not self.key:
            self.key, reward = True, 0.5
        done = self.pos == LENGTH - 1 and self.key
        if done:
            reward = 1.0
        return self.observe(), reward, done or self.t >= MAX_STEPS


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.base = nn.Sequential(nn.Linear(LENGTH + 1, 64), nn.Tanh())
        self.actor = nn.Linear(64, 2)
        self.critic = nn.Linear(64, 1)

    def forward(self, obs):
        h = self.base(obs)
        return Categorical(logits=self.actor(h)), self.critic(h).squeeze(-1)


def episode(env, net):
    obs, done = env.reset(), False
    log_probs, values, rewards, entropies = [], [], [], []
    while not done:
        dist, value = net(obs)
        action = dist.sample()
        obs, reward, done = env.step(action.item())
        log_probs.append(dist.log_prob(action))
        values.append(value)
        rewards.append(reward)
        entropies.append(dist.entropy())
    return torch.stack(log_probs), torch.stack(values), rewards, torch.stack(entropies)


def discounted(rewards, gamma=0.97):
    out, total = [], 0.0
    for r in reversed(rewards):
        total = r + gamma * total
        out.append(total)
    return torch.tensor(out[::-1])


def main(updates=120, per_update=4):
    random.seed(3)
    torch.manual_seed(3)
    env, net = Corridor(), ActorCritic()
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    returns = deque(maxlen=100)
    for update in range(1, updates + 1):
        runs = [episode(env, net) for _ in range(per_update)]
        target = torch.cat([discounted(r[2]) for r in runs])
        log_prob, value, entropy = (torch.cat([r[i] for r in runs]) for i in (0, 1, 3))
        advantage = target - value.detach()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-6)
        actor_loss = -(log_prob * advantage).mean()
        critic_loss = (value - target).pow(2).mean()
        loss = actor_loss + 0.5 * critic_loss - 0.01 * entropy.mean()
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        opt.step()
        returns.extend(sum(r[2]) for r in runs)
        if update % 20 == 0:
            print(f"update {update:4d}  loss {loss.item():+.3f}  actor {actor_loss.item():+.3f}  "
                  f"entropy {entropy.mean().item():.3f}  return {sum(returns) / len(returns):.3f}")


if __name__ == "__main__":
    main()
