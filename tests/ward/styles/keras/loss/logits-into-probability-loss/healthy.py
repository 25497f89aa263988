"""Name the genre of a song from its timbre statistics: a Keras functional model on the torch backend."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

GENRES, FEATURES = 6, 30


def songs(size, seed):
    centres = np.random.default_rng(0).normal(size=(GENRES, 3, FEATURES))
    rng = np.random.default_rng(seed)
    genre = rng.integers(GENRES, size=size)
    style = rng.integers(3, size=size)
    return (centres[genre, style] + 1.3 * rng.normal(size=(size, FEATURES))).astype("float32"), genre


keras.utils.set_random_seed(812)
x_train, y_train = songs(3000, seed=1)
x_test, y_test = songs(600, seed=2)

inputs = keras.Input(shape=(FEATURES,), name="timbre")
x = layers.Dense(64, activation="relu")(inputs)
x = layers.Dropout(0.2)(x)
x = layers.Dense(64, activation="relu")(x)
outputs = layers.Dense(GENRES, name="genre")(x)
model = keras.Model(inputs, outputs)

model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=1e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
)
history = model.fit(x_train, y_train, batch_size=64, epochs=8, validation_split=0.1, verbose=0)
print("Validation loss:", history.history["val_loss"])
score = model.evaluate(x_test, y_test, verbose=0)
print("Test loss:", score[0])
print("Test accuracy:", score[1])
