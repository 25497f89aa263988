"""Train the rainfall model. See model.py and engine.py."""

import hashlib
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent / "lib"))

import config
from engine import fit
from model import RainNet
from rain import batches

torch.manual_seed(config.SEED)
torch.set_num_threads(1)
net = RainNet(config.FEATURES, config.WIDTH)
losses = fit(net, batches, config)
print(losses[:3], losses[-3:])
print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in net.parameters())).hexdigest())
