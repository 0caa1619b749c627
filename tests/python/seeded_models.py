"""Model directories as the hub has them, with weights of the real shapes from a seed."""

from __future__ import annotations

import importlib.util
import json
import math
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

HIDDEN = 384
HEADS = 12
INNER = 1536
POSITIONS = 512
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

Tensors = dict[str, NDArray[np.float32]]


def write_safetensors(path: Path, tensors: Tensors) -> None:
    """Writes the tensors in their order."""
    header: dict[str, Any] = {}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor).tobytes())


def word_pieces() -> Tokenizer:
    """An uncased tokenizer whose words are short runs of letters, so that any text has tokens."""
    letters = [chr(code) for code in (*range(33, 127), *range(0xC0, 0x100), *range(0x400, 0x450))]
    words = ["the", "cat", "sat", "on", "mat", "tax", "law", "of", "peru", "vector", "search"]
    pieces = [*SPECIAL, *letters, *words, *(f"##{letter}" for letter in letters), "##ing", "##ed"]
    vocabulary = {piece: id for id, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def bert_tensors(layers: int, words: int, seed: int) -> Tensors:
    """Weights that spread as trained ones do, so that no activation vanishes or explodes."""
    random = np.random.default_rng(seed)

    def normal(*shape: int, deviation: float, mean: float = 0) -> NDArray[np.float32]:
        return (mean + deviation * random.standard_normal(shape)).astype(np.float32)

    def dense(name: str, inputs: int, outputs: int) -> Tensors:
        weight = normal(outputs, inputs, deviation=inputs**-0.5)
        return {f"{name}.weight": weight, f"{name}.bias": normal(outputs, deviation=0.1)}

    def norm(name: str) -> Tensors:
        return {
            f"{name}.weight": normal(HIDDEN, mean=1, deviation=0.1),
            f"{name}.bias": normal(HIDDEN, deviation=0.1),
        }

    tensors = {
        "embeddings.word_embeddings.weight": normal(words, HIDDEN, deviation=0.05),
        "embeddings.position_embeddings.weight": normal(POSITIONS, HIDDEN, deviation=0.02),
        "embeddings.token_type_embeddings.weight": normal(2, HIDDEN, deviation=0.02),
        **norm("embeddings.LayerNorm"),
    }
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            tensors |= dense(f"{name}.attention.self.{part}", HIDDEN, HIDDEN)
        tensors |= dense(f"{name}.attention.output.dense", HIDDEN, HIDDEN)
        tensors |= norm(f"{name}.attention.output.LayerNorm")
        tensors |= dense(f"{name}.intermediate.dense", HIDDEN, INNER)
        tensors |= dense(f"{name}.output.dense", INNER, HIDDEN)
        tensors |= norm(f"{name}.output.LayerNorm")
    return tensors


def make_bert(
    directory: Path,
    *,
    layers: int = 2,
    pooling: Literal["mean", "cls"] = "mean",
    max_tokens: int = 256,
    query_prefix: str = "",
    seed: int = 1,
) -> Path:
    """Writes a BERT sentence encoder as sentence-transformers lays one out; returns its directory.

    With 12 layers, "cls" and 512 tokens it has the shape of bge-small-en-v1.5.
    """
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = word_pieces()
    tokenizer.save(str(directory / "tokenizer.json"))
    words = tokenizer.get_vocab_size()
    write_safetensors(directory / "model.safetensors", bert_tensors(layers, words, seed))
    files: dict[str, object] = {
        "config.json": {
            "model_type": "bert",
            "architectures": ["BertModel"],
            "hidden_size": HIDDEN,
            "num_hidden_layers": layers,
            "num_attention_heads": HEADS,
            "intermediate_size": INNER,
            "vocab_size": words,
            "max_position_embeddings": POSITIONS,
            "type_vocab_size": 2,
            "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
        },
        "sentence_bert_config.json": {"max_seq_length": max_tokens, "do_lower_case": True},
        "1_Pooling/config.json": {
            "word_embedding_dimension": HIDDEN,
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": query_prefix} if query_prefix else {}
        },
    }
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
    return directory


# --- MobileNetV3-Small, by the weights that tests/golden/mobilenet_v3 describes

GOLDEN = Path(__file__).parents[1] / "golden" / "mobilenet_v3"


def golden_module() -> Any:
    """tests/golden/mobilenet_v3/seeded_weights.py."""
    spec = importlib.util.spec_from_file_location("seeded_weights", GOLDEN / "seeded_weights.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_mobilenet(directory: Path) -> Path:
    """Writes the network as torchvision does, without torch; returns the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    tensors = golden_module().seeded_weights()
    write_state_dict(directory / "mobilenet_v3_small-047dcff4.pth", tensors)
    return directory


def write_state_dict(path: Path, tensors: Tensors) -> None:
    """A state dict as torch.save writes it: a zip file of one pickle and the storages."""
    ordered = b"ccollections\nOrderedDict\n)R"
    pickled = b"\x80\x02" + ordered + b"("
    for key, (name, tensor) in enumerate(tensors.items()):
        strides = [math.prod(tensor.shape[axis + 1 :]) for axis in range(tensor.ndim)]
        storage = b"ctorch\nFloatStorage\n" + _text(str(key)) + _text("cpu") + _number(tensor.size)
        pickled += _text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n("
        pickled += b"(" + _text("storage") + storage + b"tQ" + _number(0)
        pickled += b"(" + b"".join(map(_number, tensor.shape)) + b"t"
        pickled += b"(" + b"".join(map(_number, strides)) + b"t"
        pickled += b"\x89" + ordered + b"tR"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled + b"u.")
        archive.writestr("archive/byteorder", b"little")
        for key, tensor in enumerate(tensors.values()):
            archive.writestr(f"archive/data/{key}", np.ascontiguousarray(tensor).tobytes())
        archive.writestr("archive/version", b"3\n")


def _text(text: str) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def _number(number: int) -> bytes:
    return b"J" + number.to_bytes(4, "little")
