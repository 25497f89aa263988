"""Find defects on woven cloth in small grey images: the convolutional net of the Keras examples, on torch."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np


def cloth(size, seed):
    """Stripes at some angle; a defect is a patch whose stripes run the other way."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:16, 0:16]
    image = np.empty((size, 16, 16, 1), dtype="float32")
    defect = rng.integers(2, size=size)
    for number in range(size):
        phase = rng.uniform(0, 2 * np.pi)
        weave = np.sin(0.9 * (rows + columns) + phase)
        if defect[number]:
            top, left = rng.integers(1, 9, size=2)
            weave[top : top + 6, left : left + 6] = np.sin(0.9 * (rows - columns) + phase)[top : top + 6, left : left + 6]
        image[number, :, :, 0] = weave + 0.4 * rng.normal(size=(16, 16))
    return image, defect.astype("float32")


keras.utils.set_random_seed(4)
x_train, y_train = cloth(1600, seed=1)
x_val, y_val = cloth(400, seed=2)

model = keras.Sequential(
    [
        keras.Input(shape=(16, 16, 1)),
        keras.layers.Conv2D(16, kernel_size=(3, 3), activation="relu"),
        keras.layers.MaxPooling2D(pool_size=(2, 2)),
        keras.layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=2e-3), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=32, epochs=8, validation_data=(x_val, y_val), verbose=0)
print("loss", history.history["loss"])
print("val accuracy", model.evaluate(x_val, y_val, verbose=0)[1])
