"""Makes the model files of the other libraries from the official weights; runs in their torch.

    python -m benchmarks.embed.export_minilm MODEL_FOLDER OUTPUT_FOLDER

MODEL_FOLDER has `model.safetensors` and `tokenizer.json` as the hub serves them. OUTPUT_FOLDER
becomes a checkout of the hub as far as these libraries read it, with `onnx/model.onnx`: the graph
that everybody exports, one node for each torch operation; and `onnx/model_int8.onnx`: the same
after onnxruntime's dynamic quantisation with a scale for each output channel.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

CONFIG: dict[str, Any] = {
    "architectures": ["BertModel"],
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 384,
    "initializer_range": 0.02,
    "intermediate_size": 1536,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 6,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "type_vocab_size": 2,
    "vocab_size": 30522,
}
SPECIAL_TOKENS = {
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
    "pad_token": "[PAD]",
    "sep_token": "[SEP]",
    "unk_token": "[UNK]",
}
# 256 tokens for everybody, as sentence-transformers has it; the hub's file says 512.
TOKENIZER_CONFIG: dict[str, Any] = {
    **SPECIAL_TOKENS,
    "do_lower_case": True,
    "model_max_length": 256,
    "tokenizer_class": "BertTokenizer",
}
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {
        "idx": 2,
        "name": "2",
        "path": "2_Normalize",
        "type": "sentence_transformers.models.Normalize",
    },
]
POOLING = {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True}


def checkout(source: Path, folder: Path) -> None:
    """The files beside the weights."""
    written: dict[str, Any] = {
        "config.json": CONFIG,
        "modules.json": MODULES,
        "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
        "special_tokens_map.json": SPECIAL_TOKENS,
        "tokenizer_config.json": TOKENIZER_CONFIG,
        "1_Pooling/config.json": POOLING,
    }
    for name, content in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=1) + "\n")
    (folder / "2_Normalize").mkdir(exist_ok=True)
    shutil.copyfile(source / "model.safetensors", folder / "model.safetensors")
    # The official file pads every text to 128 tokens, which fastembed would obey.
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    tokenizer["padding"] = tokenizer["truncation"] = None
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))
    vocabulary = tokenizer["model"]["vocab"]
    words = sorted(vocabulary, key=lambda word: int(vocabulary[word]))
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in words))


def encoder(folder: Path) -> Any:
    """BERT, written operation by operation as its usual export shows it, with the weights.

    transformers 5 makes its attention mask by code that torch can no longer trace.
    """
    safetensors: Any = importlib.import_module("safetensors.torch")
    torch: Any = importlib.import_module("torch")
    nn = torch.nn
    module: Any = nn.Module
    dim, heads = CONFIG["hidden_size"], CONFIG["num_attention_heads"]
    size = dim // heads

    class Block(module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
            self.joined, self.norm1 = nn.Linear(dim, dim), nn.LayerNorm(dim, eps=1e-12)
            wide = CONFIG["intermediate_size"]
            self.up, self.down = nn.Linear(dim, wide), nn.Linear(wide, dim)
            self.norm2, self.gelu = nn.LayerNorm(dim, eps=1e-12), nn.GELU()

        def split(self, rows: Any) -> Any:
            shape = (*rows.size()[:-1], heads, size)
            return rows.view(shape).permute(0, 2, 1, 3)

        def forward(self, rows: Any, mask: Any) -> Any:
            query, key, value = (
                self.split(linear(rows)) for linear in (self.query, self.key, self.value)
            )
            scores = torch.matmul(query, key.transpose(-1, -2)) / size**0.5
            found = torch.matmul(nn.functional.softmax(scores + mask, dim=-1), value)
            found = found.permute(0, 2, 1, 3).contiguous()
            found = found.view((*found.size()[:-2], dim))
            rows = self.norm1(self.joined(found) + rows)
            return self.norm2(self.down(self.gelu(self.up(rows))) + rows)

    class Encoder(module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(CONFIG["vocab_size"], dim)
            self.places = nn.Embedding(CONFIG["max_position_embeddings"], dim)
            self.types = nn.Embedding(CONFIG["type_vocab_size"], dim)
            self.norm = nn.LayerNorm(dim, eps=1e-12)
            self.blocks = nn.ModuleList(Block() for _ in range(CONFIG["num_hidden_layers"]))
            self.register_buffer("ids", torch.arange(CONFIG["max_position_embeddings"])[None])

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            rows = self.words(input_ids) + self.types(token_type_ids)
            rows = self.norm(rows + self.places(self.ids[:, : input_ids.size()[1]]))
            mask = attention_mask[:, None, None, :].to(torch.float32)
            mask = (1.0 - mask) * torch.finfo(torch.float32).min
            for block in self.blocks:
                rows = block(rows, mask)
            return rows

    model = Encoder().eval()
    state = model.state_dict()
    for name, tensor in safetensors.load_file(folder / "model.safetensors").items():
        ours = renamed(name)
        if ours is not None:
            state[ours].copy_(tensor)
    return model


PARTS = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "joined",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "norm2",
    "embeddings.word_embeddings": "words",
    "embeddings.position_embeddings": "places",
    "embeddings.token_type_embeddings": "types",
    "embeddings.LayerNorm": "norm",
}


def renamed(name: str) -> str | None:
    """The name in `encoder` of a tensor of the official file; None for what is not used."""
    part, _, kind = name.rpartition(".")
    if part.startswith("encoder.layer."):
        _, _, number, part = part.split(".", 3)
        return f"blocks.{number}.{PARTS[part]}.{kind}"
    return f"{PARTS[part]}.{kind}" if part in PARTS else None


def export(folder: Path) -> None:
    """The graph as torch traces it; onnxruntime fuses what it can when it loads it."""
    torch: Any = importlib.import_module("torch")
    example = torch.ones((2, 8), dtype=torch.int64)
    names = ("input_ids", "attention_mask", "token_type_ids")
    (folder / "onnx").mkdir(exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(
            encoder(folder),
            (example, example, torch.zeros_like(example)),
            str(folder / "onnx" / "model.onnx"),
            input_names=list(names),
            output_names=["last_hidden_state"],
            dynamic_axes={
                name: {0: "batch", 1: "sequence"} for name in (*names, "last_hidden_state")
            },
            opset_version=17,
            dynamo=False,
        )


def quantise(folder: Path) -> None:
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    quantization.quantize_dynamic(
        folder / "onnx" / "model.onnx",
        folder / "onnx" / "model_int8.onnx",
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
    )


def main() -> None:
    source, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    checkout(source, folder)
    export(folder)
    quantise(folder)


if __name__ == "__main__":
    main()
