"""Sort short log lines into four severities with a BERT classifier made from a configuration, and compute accuracy."""

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

SEVERITIES, WORDS, LENGTH = 4, 200, 16


class LogLines(torch.utils.data.Dataset):
    """Words of a severity are told by where they lie in the vocabulary and by their order in the line."""

    def __init__(self, size, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(SEVERITIES, size=size)
        self.tokens = rng.integers(2, WORDS, size=(size, LENGTH))
        marks = rng.integers(2, 40, size=(size, 3)) + 45 * self.labels[:, None]
        for row, place in enumerate(rng.integers(1, LENGTH - 3, size=size)):
            self.tokens[row, place : place + 3] = marks[row]
        self.tokens[:, 0] = 1

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return {
            "input_ids": torch.tensor(self.tokens[index]),
            "attention_mask": torch.ones(LENGTH, dtype=torch.long),
            "labels": int(self.labels[index]),
        }


def compute_metrics(prediction):
    logits, labels = prediction
    return {"accuracy": float((logits.argmax(axis=-1) == labels).mean())}


config = BertConfig(
    vocab_size=WORDS,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=LENGTH,
    num_labels=SEVERITIES,
)
torch.manual_seed(5)
model = BertForSequenceClassification(config)

trainer = Trainer(
    model=model,
    args=TrainingArguments(
        output_dir="severity",
        max_steps=250,
        per_device_train_batch_size=32,
        learning_rate=2e-3,
        lr_scheduler_type="constant",
        logging_steps=50,
        save_strategy="no",
        report_to=[],
        seed=5,
    ),
    train_dataset=LogLines(3000, seed=0),
    eval_dataset=LogLines(400, seed=1),
    compute_metrics=compute_metrics,
)
trainer.train()
print(trainer.evaluate()["eval_accuracy"])
