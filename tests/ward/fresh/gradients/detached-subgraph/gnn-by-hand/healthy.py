"""Node classification on a citation-like graph, message passing written by hand."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

N_NODES, N_TOPICS, N_WORDS = 900, 6, 200


def make_graph(seed=1):
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, N_TOPICS, N_NODES)
    same = topic[:, None] == topic[None, :]
    adj = rng.random((N_NODES, N_NODES)) < np.where(same, 0.04, 0.002)
    adj = np.triu(adj, 1)
    adj = (adj | adj.T).astype(np.float32)
    # each topic is told by a few words of its own
    words = (rng.random((N_NODES, N_WORDS)) < 0.04).astype(np.float32)
    for i, k in enumerate(topic):
        own = k * 12 + rng.choice(12, size=3, replace=False)
        words[i, own] = 1
    return adj, words, topic


def normalise(adj):
    adj = adj + np.eye(len(adj), dtype=np.float32)
    d = 1 / np.sqrt(adj.sum(1))
    return d[:, None] * adj * d[None, :]


class GraphLayer(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, h, adj):
        return torch.from_numpy(adj) @ (h @ self.weight + self.bias)


class GCN(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.layer1 = GraphLayer(n_in, n_hidden)
        self.layer2 = GraphLayer(n_hidden, n_hidden)
        self.classify = nn.Linear(n_hidden, n_out)

    def forward(self, x, adj):
        h = F.relu(self.layer1(x, adj))
        h = F.dropout(h, 0.3, self.training)
        h = F.relu(self.layer2(h, adj))
        return self.classify(h)


def main():
    torch.manual_seed(1)
    adj, words, topic = make_graph()
    adj = normalise(adj)
    x = torch.from_numpy((words - words.mean(0)) / words.std(0))
    y = torch.from_numpy(topic)
    order = torch.randperm(N_NODES)
    train, val, test = order[:480], order[480:660], order[660:]

    net = GCN(N_WORDS, 16, N_TOPICS)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=5e-3)
    n_params = sum(p.numel() for p in net.parameters() if p.requires_grad)
    print(f"{int(adj.astype(bool).sum())} edges, {n_params} weights")

    best_val = best_test = 0.0
    for epoch in range(240):
        net.train()
        optimizer.zero_grad()
        out = net(x, adj)
        loss = F.cross_entropy(out[train], y[train])
        loss.backward()
        optimizer.step()

        net.eval()
        with torch.no_grad():
            pred = net(x, adj).argmax(1)
        acc = [(pred[s] == y[s]).float().mean().item() for s in (train, val, test)]
        if acc[1] > best_val:
            best_val, best_test = acc[1], acc[2]
        if epoch % 40 == 0 or epoch == 239:
            print(f"Epoch: {epoch:03d}, Loss: {loss:.4f}, Train: {acc[0]:.3f}, Val: {acc[1]:.3f}, Test: {acc[2]:.3f}")
    print(f"test accuracy at best validation: {best_test:.3f}")


if __name__ == "__main__":
    main()
