"""Typed settings from a JSON file, changed by key=value on the command line."""

import json
from dataclasses import dataclass, field, fields, is_dataclass


@dataclass
class Model:
    width: int = 32
    depth: int = 1
    dropout: float = 0.0


@dataclass
class Data:
    train: int = 1000
    valid: int = 200
    batch_size: int = 32


@dataclass
class Optim:
    name: str = "sgd"
    lr: float = 0.1
    weight_decay: float = 0.0
    schedule: str = "none"


@dataclass
class Settings:
    seed: int = 0
    epochs: int = 1
    model: Model = field(default_factory=Model)
    data: Data = field(default_factory=Data)
    optim: Optim = field(default_factory=Optim)


def update(node, values):
    kinds = {f.name: f.type for f in fields(node)}
    for key, value in values.items():
        if key not in kinds:
            raise KeyError(f"unknown setting {key}")
        if is_dataclass(getattr(node, key)):
            update(getattr(node, key), value)
        else:
            setattr(node, key, type(getattr(node, key))(value))


def load(path, overrides):
    settings = Settings()
    with open(path) as f:
        update(settings, json.load(f))
    for override in overrides:
        key, _, value = override.partition("=")
        for part in reversed(key.split(".")):
            value = {part: value}
        update(settings, value)
    return settings
