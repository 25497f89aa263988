"""Estimate what a house sells for from a table of its figures: keras.Sequential, SGD, and early stopping."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

keras.utils.set_random_seed(77)
rng = np.random.default_rng(77)

area = rng.uniform(40, 260, size=2400)
rooms = np.round(area / 30 + rng.normal(0, 0.8, size=2400)).clip(1)
plot = rng.uniform(100, 2500, size=2400)
year = rng.integers(1900, 2024, size=2400)
distance = rng.exponential(9000, size=2400)
table = np.stack([area, rooms, plot, year, distance], axis=1).astype("float32")

price = 0.9 * area / 150 + 0.4 * plot / 1300 + 0.5 * (year - 1960) / 40 - 0.5 * distance / 9000 + 0.1 * rooms
price = price + 0.3 * np.sin(area / 25)
price = ((price - price.mean()) / price.std() + 0.1 * rng.normal(size=2400)).astype("float32")

model = keras.Sequential(
    [
        keras.Input(shape=(5,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=keras.losses.MeanSquaredError(), metrics=["mae"])
history = model.fit(
    table[:2000],
    price[:2000],
    validation_data=(table[2000:], price[2000:]),
    batch_size=32,
    epochs=10,
    callbacks=[keras.callbacks.EarlyStopping(monitor="val_loss", patience=5)],
    verbose=0,
)
print("loss", history.history["loss"])
print("val", model.evaluate(table[2000:], price[2000:], verbose=0))
