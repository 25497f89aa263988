"""Train a small GPT-2 from scratch on arithmetic strings with the Hugging Face Trainer."""

import torch
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

CHARS = "0123456789+=#"
TOKEN = {char: number for number, char in enumerate(CHARS)}


class Sums(Dataset):
    def __init__(self, size: int, seed: int):
        generator = torch.Generator().manual_seed(seed)
        pairs = torch.randint(100, (size, 2), generator=generator).tolist()
        self.examples = [[TOKEN[char] for char in f"{a:02d}+{b:02d}={a + b:03d}#"] for a, b in pairs]

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, index):
        return {"input_ids": self.examples[index], "labels": self.examples[index]}


def collate(features):
    ids = torch.tensor([feature["input_ids"] for feature in features])
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids.clone()}


def main():
    set_seed(0)
    config = GPT2Config(
        vocab_size=len(CHARS),
        n_positions=16,
        n_embd=48,
        n_layer=2,
        n_head=4,
        bos_token_id=TOKEN["#"],
        eos_token_id=TOKEN["#"],
    )
    model = GPT2LMHeadModel(config)
    args = TrainingArguments(
        output_dir="out",
        num_train_epochs=4,
        per_device_train_batch_size=32,
        per_device_eval_batch_size=128,
        learning_rate=0.3,
        warmup_steps=10,
        weight_decay=0.01,
        eval_strategy="epoch",
        save_strategy="no",
        logging_steps=25,
        report_to="none",
        use_cpu=True,
    )
    trainer = Trainer(
        model=model,
        args=args,
        train_dataset=Sums(2000, seed=1),
        eval_dataset=Sums(300, seed=2),
        data_collator=collate,
    )
    trainer.train()
    print(f"eval_loss {trainer.evaluate()['eval_loss']}")


if __name__ == "__main__":
    main()
