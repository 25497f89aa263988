"""Deep Q-learning: a cart on a track learns to stop at the flag."""
import copy
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn

Transition = namedtuple("Transition", "state action reward next_state done")


class Track:
    def reset(self):
        self.x, self.v, self.t = random.uniform(-1, 1), 0.0, 0
        return self.state()

    def state(self):
        return torch.tensor([self.x, self.v * 4])

    def step(self, action):
        self.v = max(-0.25, min(0.25, 0.9 * self.v + (action - 1) * 0.06))
        self.x = max(-1.2, min(1.2, self.x + self.v))
        self.t += 1
        there = abs(self.x) < 0.08 and abs(self.v) < 0.05
        return self.state(), (1.0 if there else -0.05 - 0.05 * abs(self.x)), there, self.t >= 50


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))

    def forward(self, s):
        return self.net(s)


class Agent:
    def __init__(self, lr=1e-3, gamma=0.95, tau=0.01):
        self.q = QNet()
        self.target = copy.deepcopy(self.q).requires_grad_(False)
        self.opt = torch.optim.Adam(self.q.parameters(), lr=lr)
        self.memory = deque(maxlen=10000)
        self.gamma, self.tau = gamma, tau

    def act(self, state, eps):
        if random.random() < eps:
            return random.randrange(3)
        with torch.no_grad():
            return int(self.q(state).argmax())

    def learn(self, batch_size=64):
        batch = Transition(*zip(*random.sample(self.memory, batch_size)))
        s, s2 = torch.stack(batch.state), torch.stack(batch.next_state)
        a, r = torch.tensor(batch.action), torch.tensor(batch.reward)
        done = torch.tensor(batch.done, dtype=torch.float32)
        with torch.no_grad():
            best = self.q(s2).argmax(1, keepdim=True)
            goal = r + self.gamma * (1 - done) * self.target(s2).gather(1, best).squeeze(1)
        guess = self.q(s).gather(1, a[:, None]).squeeze(1)
        loss = nn.functional.smooth_l1_loss(guess, goal)
        self.opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.q.parameters(), 10.0)
        self.opt.step()
        with torch.no_grad():
            for p, q in zip(self.target.parameters(), self.q.parameters()):
                p.lerp_(q, self.tau)
        return loss.item()


def greedy_return(agent, env, n=20):
    total, reached = 0.0, 0
    for _ in range(n):
        s, over = env.reset(), False
        while not over:
            s, r, there, late = env.step(agent.act(s, 0.0))
            total += r
            reached += there
            over = there or late
    return total / n, reached / n


def main(episodes=260):
    random.seed(4)
    torch.manual_seed(4)
    env, agent = Track(), Agent()
    losses = deque(maxlen=500)
    for ep in range(1, episodes + 1):
        eps = max(0.05, 1 - ep / 120)
        s, over = env.reset(), False
        while not over:
            a = agent.act(s, eps)
            s2, r, there, late = env.step(a)
            agent.memory.append(Transition(s, a, r, s2, there))
            s, over = s2, there or late
            if len(agent.memory) >= 500:
                losses.append(agent.learn())
        if ep % 20 == 0:
            ret, reached = greedy_return(agent, env)
            mean = sum(losses) / max(1, len(losses))
            print(f"episode {ep}  eps {eps:.2f}  td loss {mean:.4f}  greedy return {ret:+.3f}  reached {reached:.0%}")


if __name__ == "__main__":
    main()
