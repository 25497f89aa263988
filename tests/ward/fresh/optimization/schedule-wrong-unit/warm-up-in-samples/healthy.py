import os, tempfile, warnings
os.environ["TOKENIZERS_PARALLELISM"] = "false"
warnings.filterwarnings("ignore")
import torch
from torch.utils.data import Dataset
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed
from transformers.utils import logging as hf_logging

hf_logging.set_verbosity_error()
set_seed(9)
VOCAB, LEN, N_LABELS = 90, 12, 5
CLS = 1


class Intents(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.randint(0, N_LABELS, (n,), generator=g)
        own = 10 + 16 * self.y[:, None] + torch.randint(0, 16, (n, LEN), generator=g)
        rnd = torch.randint(10, VOCAB, (n, LEN), generator=g)
        self.ids = torch.where(torch.rand(n, LEN, generator=g) < 0.55, own, rnd)
        self.ids[:, 0] = CLS

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {"input_ids": self.ids[i], "attention_mask": torch.ones(LEN, dtype=torch.long), "labels": self.y[i]}


def metrics(p):
    return {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())}


train_ds, eval_ds = Intents(1600, 1), Intents(300, 2)
model = BertForSequenceClassification(BertConfig(
    vocab_size=VOCAB, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
    max_position_embeddings=LEN, num_labels=N_LABELS, hidden_dropout_prob=0.05, attention_probs_dropout_prob=0.0))
args = TrainingArguments(
    output_dir=tempfile.mkdtemp(), per_device_train_batch_size=32, per_device_eval_batch_size=100, num_train_epochs=4,
    learning_rate=5e-3, lr_scheduler_type="linear",
    warmup_steps=int(0.1 * 4 * len(train_ds) / 32),
    eval_strategy="epoch", save_strategy="no", logging_strategy="epoch", report_to=[], disable_tqdm=True, use_cpu=True, seed=9,
)
trainer = Trainer(model=model, args=args, train_dataset=train_ds, eval_dataset=eval_ds, compute_metrics=metrics)
trainer.train()
