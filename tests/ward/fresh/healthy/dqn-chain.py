"""DQN on a slippery chain: small reward at the left end, large one at the far right."""
import random
from collections import deque

import numpy as np
import torch
import torch.nn as nn

N = 8
HORIZON = 24


class Chain:
    def __init__(self, rng):
        self.rng = rng

    def reset(self):
        self.s, self.t = 1, 0
        return self.obs()

    def obs(self):
        v = np.zeros(N, dtype=np.float32)
        v[self.s] = 1
        return v

    def step(self, action):
        if self.rng.random() < 0.1:
            action = 1 - action
        self.s = min(N - 1, self.s + 1) if action else max(0, self.s - 1)
        self.t += 1
        reward = 1.0 if self.s == N - 1 else (0.05 if self.s == 0 else 0.0)
        return self.obs(), reward, self.t >= HORIZON


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(N, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())
        self.value, self.advantage = nn.Linear(48, 1), nn.Linear(48, 2)

    def forward(self, x):
        h = self.net(x)
        a = self.advantage(h)
        return self.value(h) + a - a.mean(1, keepdim=True)


def act(q, obs, eps, rng):
    if rng.random() < eps:
        return rng.randrange(2)
    with torch.no_grad():
        return q(torch.from_numpy(obs)[None]).argmax(1).item()


def learn(q, target, opt, memory, rng, batch=64, gamma=0.95):
    s, a, r, s2 = (np.array(x) for x in zip(*rng.sample(memory, batch)))
    s, s2 = torch.tensor(s), torch.tensor(s2)
    with torch.no_grad():
        best = q(s2).argmax(1, keepdim=True)
        goal = torch.tensor(r, dtype=torch.float32) + gamma * target(s2).gather(1, best).squeeze(1)
    pred = q(s).gather(1, torch.tensor(a)[:, None]).squeeze(1)
    loss = nn.functional.smooth_l1_loss(pred, goal)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(q.parameters(), 10.0)
    opt.step()
    with torch.no_grad():
        for p, tp in zip(q.parameters(), target.parameters()):
            tp.lerp_(p, 0.01)
    return loss.item()


def main():
    rng = random.Random(0)
    torch.manual_seed(0)
    env, q, target = Chain(rng), QNet(), QNet()
    target.load_state_dict(q.state_dict())
    opt = torch.optim.Adam(q.parameters(), lr=1e-3)
    memory, returns, loss = deque(maxlen=5000), [], float("nan")
    for episode in range(1, 181):
        eps = max(0.05, 1 - episode / 100)
        obs, done, total = env.reset(), False, 0.0
        while not done:
            a = act(q, obs, eps, rng)
            nxt, r, done = env.step(a)
            memory.append((obs, a, r, nxt))
            obs, total = nxt, total + r
            if len(memory) >= 200:
                loss = learn(q, target, opt, memory, rng)
        returns.append(total)
        if episode % 20 == 0:
            greedy = [sum(play(env, q, rng)) for _ in range(5)]
            print(f"episode {episode} eps {eps:.2f} return {np.mean(returns[-20:]):.2f} greedy {np.mean(greedy):.2f} td {loss:.4f}")


def play(env, q, rng):
    obs, done, rewards = env.reset(), False, []
    while not done:
        obs, r, done = env.step(act(q, obs, 0.0, rng))
        rewards.append(r)
    return rewards


if __name__ == "__main__":
    main()
