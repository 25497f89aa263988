"""Advantage actor-critic on a small grid: reach the flag, avoid the pit."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical


class Grid:
    """5x5 board. Reward +1 at the flag, -1 in the pit, a small cost per move, at most 30 moves."""

    MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))

    def __init__(self, rng, side=5):
        self.rng, self.side = rng, side
        self.flag, self.pit = (side - 1, side - 1), (2, 2)

    def reset(self):
        while True:
            self.at = tuple(int(v) for v in self.rng.integers(0, self.side, 2))
            if self.at not in (self.flag, self.pit):
                break
        self.moves = 0
        return self.observe()

    def observe(self):
        board = np.zeros((self.side, self.side), dtype=np.float32)
        board[self.at] = 1.0
        return board.ravel()

    def step(self, action):
        dy, dx = self.MOVES[action]
        self.at = (min(max(self.at[0] + dy, 0), self.side - 1), min(max(self.at[1] + dx, 0), self.side - 1))
        self.moves += 1
        if self.at == self.flag:
            return self.observe(), 1.0, True, False
        if self.at == self.pit:
            return self.observe(), -1.0, True, False
        return self.observe(), -0.02, False, self.moves >= 30


class Policy(nn.Module):
    def __init__(self, inputs=25, hidden=64, actions=4):
        super().__init__()
        self.affine = nn.Linear(inputs, hidden)
        self.action_head = nn.Linear(hidden, actions)
        self.value_head = nn.Linear(hidden, 1)

    def forward(self, x):
        x = torch.tanh(self.affine(x))
        return self.action_head(x), self.value_head(x).squeeze(-1)


def collect(envs, states, model, horizon):
    observations, actions, rewards, ends, nexts, cuts, finished = [], [], [], [], [], [], []
    for _ in range(horizon):
        obs = torch.from_numpy(np.stack(states))
        with torch.no_grad():
            logits, _ = model(obs)
        action = Categorical(logits=logits).sample()
        observations.append(obs)
        actions.append(action)
        results = [env.step(a) for env, a in zip(envs, action.tolist())]
        nexts.append(torch.from_numpy(np.stack([r[0] for r in results])))
        rewards.append(torch.tensor([r[1] for r in results]))
        ends.append(torch.tensor([float(r[2]) for r in results]))
        cuts.append(torch.tensor([float(r[2] or r[3]) for r in results]))
        finished += [r[1] for r in results if r[2] or r[3]]
        states = [env.reset() if (r[2] or r[3]) else r[0] for env, r in zip(envs, results)]
    stacked = tuple(torch.stack(t) for t in (observations, actions, rewards, ends, cuts, nexts))
    return stacked, states, finished


def returns_of(rewards, ends, cuts, next_values, gamma):
    returns = torch.empty_like(rewards)
    running = next_values[-1]
    for t in reversed(range(len(rewards))):
        running = torch.where(cuts[t].bool(), next_values[t], running)
        running = rewards[t] + gamma * (1 - ends[t]) * running
        returns[t] = running
    return returns


def main():
    torch.manual_seed(543)
    rng = np.random.default_rng(543)
    envs = [Grid(rng) for _ in range(16)]
    states = [env.reset() for env in envs]
    model = Policy()
    optimizer = torch.optim.Adam(model.parameters(), lr=7e-3)
    finished = []

    for update in range(300):
        (obs, actions, rewards, ends, cuts, nexts), states, done = collect(envs, states, model, horizon=8)
        finished = (finished + done)[-200:]
        with torch.no_grad():
            next_values = model(nexts)[1]
        returns = returns_of(rewards, ends, cuts, next_values, gamma=0.97)

        logits, values = model(obs)
        dist = Categorical(logits=logits)
        advantage = (returns - values).detach()
        policy_loss = -(dist.log_prob(actions) * advantage).mean()
        value_loss = F.smooth_l1_loss(values, returns)
        entropy = dist.entropy().mean()
        loss = policy_loss + 0.5 * value_loss - 0.01 * entropy

        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()

        if update % 50 == 49 or update == 0:
            won = np.mean([r == 1.0 for r in finished]) if finished else 0.0
            print(
                f"update {update + 1:3d}  loss {loss.item():+.3f}  value {value_loss.item():.3f}  "
                f"entropy {entropy.item():.3f}  reached the flag {won:.2f}"
            )


if __name__ == "__main__":
    main()
