"""Estimate the yield of a reactor from its settings: pytorch-ignite engines, handlers and metrics."""

import torch
from ignite.engine import Engine, Events, create_supervised_trainer
from ignite.handlers import LRScheduler
from ignite.metrics import Loss, MeanAbsoluteError
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(21)

settings = torch.randn(2400, 10)
yields = (settings[:, 0] * settings[:, 1] + torch.sin(2 * settings[:, 2]) + 0.5 * settings[:, 3]).unsqueeze(1)
yields = yields + 0.1 * torch.randn_like(yields)
train_loader = DataLoader(TensorDataset(settings[:2000], yields[:2000]), batch_size=50, shuffle=True)
val_loader = DataLoader(TensorDataset(settings[2000:], yields[2000:]), batch_size=100)

model = nn.Sequential(
    nn.Linear(10, 96),
    nn.BatchNorm1d(96),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(96, 96),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(96, 1),
)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.MSELoss()

trainer = create_supervised_trainer(model, optimizer, criterion)


def validation_step(engine, batch):
    with torch.no_grad():
        x, y = batch
        return model(x), y


evaluator = Engine(validation_step)
MeanAbsoluteError().attach(evaluator, "mae")
Loss(criterion).attach(evaluator, "loss")

scheduler = LRScheduler(torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.3))
trainer.add_event_handler(Events.EPOCH_COMPLETED, scheduler)


@trainer.on(Events.EPOCH_COMPLETED)
def log_validation_results(engine):
    evaluator.run(val_loader)
    metrics = evaluator.state.metrics
    print(f"epoch {engine.state.epoch} train {engine.state.output} val {metrics['loss']} mae {metrics['mae']}")


trainer.run(train_loader, max_epochs=12)
