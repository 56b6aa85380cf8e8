"""Records the answers that the shipped models must give, in float64 and plain Python, with no code in common with the
kernels: usage: python3 expected.py MODELS [NAME ...]

It follows PyTorch's and Hugging Face's definitions in evaluation mode (no dropout). It keeps what PyTorch itself
recorded right (words, phonemes, prompts, fills of a mask) and replaces the logits of g2p, g2p-nat, vit-fashion and
gpt2-shakespeare and the greedy texts of the last: those had been recorded while dropout was still on, so no
deterministic implementation can repeat them.
"""
import json
import math
import os
import struct
import sys
from operator import mul

IMAGES = 32


def tensors(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    kinds = {"F16": "e", "F32": "f", "U8": "B", "I64": "q"}
    result = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            raw = data[8 + length + begin:8 + length + end]
            kind = kinds[entry["dtype"]]
            result[name] = (entry["shape"], struct.unpack(f"<{len(raw) // struct.calcsize(kind)}{kind}", raw))
    return result


class Weights:
    def __init__(self, folder):
        self.all = tensors(os.path.join(folder, "model.safetensors"))
        self.config = json.load(open(os.path.join(folder, "config.json"), encoding="utf-8"))

    def vector(self, name):
        return list(self.all[name][1])

    def matrix(self, name):
        """Rows of the last dimensions; a convolution's kernel is flattened."""
        shape, flat = self.all[name]
        width = len(flat) // shape[0]
        return [flat[i * width:(i + 1) * width] for i in range(shape[0])]


def dot(a, b):
    return sum(map(mul, a, b))


def linear(rows, weight, bias):
    return [[dot(row, w) + b for w, b in zip(weight, bias)] for row in rows]


def add(a, b):
    return [[x + y for x, y in zip(r, s)] for r, s in zip(a, b)]


def layer_norm(rows, weight, bias, eps):
    result = []
    for row in rows:
        mean = sum(row) / len(row)
        scale = 1 / math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + eps)
        result.append([(x - mean) * scale * w + b for x, w, b in zip(row, weight, bias)])
    return result


def attention(q, k, v, heads, first=None):
    """first: how many keys the first query sees, one more for each that follows; None: all."""
    width = len(q[0]) // heads
    result = []
    for i, query in enumerate(q):
        seen = len(k) if first is None else first + i
        row = []
        for h in range(heads):
            part = slice(h * width, (h + 1) * width)
            scores = [dot(query[part], k[j][part]) / math.sqrt(width) for j in range(seen)]
            largest = max(scores)
            weights = [math.exp(s - largest) for s in scores]
            total = sum(weights)
            columns = zip(*(v[j][part] for j in range(seen)))
            row.extend(dot(weights, column) / total for column in columns)
        result.append(row)
    return result


def split(rows, parts):
    width = len(rows[0]) // parts
    return [[row[p * width:(p + 1) * width] for row in rows] for p in range(parts)]


def gelu_erf(x):
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def apply(rows, function):
    return [[function(x) for x in row] for row in rows]


# ---- the transformer of 2017 -------------------------------------------------------------------------------------

def seq2seq_logits(w, source, target):
    config, width, heads = w.config, w.config["d_model"], w.config["heads"]

    def norm(rows, name):
        return layer_norm(rows, w.vector(f"{name}.weight"), w.vector(f"{name}.bias"), config["layer_norm_eps"])

    def embed(name, ids):
        table = w.matrix(name)
        rows = []
        for p, token in enumerate(ids):
            position = []
            for c in range(width):
                angle = p * math.exp((c & ~1) * -math.log(10000.0) / width)
                position.append(math.cos(angle) if c & 1 else math.sin(angle))
            rows.append([x * math.sqrt(width) + y for x, y in zip(table[token], position)])
        return rows

    def attend(x, memory, name, first):
        weight, bias = w.matrix(f"{name}.in_proj_weight"), w.vector(f"{name}.in_proj_bias")
        q = linear(x, weight[:width], bias[:width])
        k = linear(memory, weight[width:2 * width], bias[width:2 * width])
        v = linear(memory, weight[2 * width:], bias[2 * width:])
        return linear(attention(q, k, v, heads, first), w.matrix(f"{name}.out_proj.weight"), w.vector(f"{name}.out_proj.bias"))

    def feed_forward(x, name):
        inner = linear(x, w.matrix(f"{name}.linear1.weight"), w.vector(f"{name}.linear1.bias"))
        inner = apply(inner, lambda value: max(0.0, value))
        return linear(inner, w.matrix(f"{name}.linear2.weight"), w.vector(f"{name}.linear2.bias"))

    x = embed("source_embedding.weight", source)
    for layer in range(config["encoder_layers"]):
        name = f"transformer.encoder.layers.{layer}"
        x = norm(add(x, attend(x, x, f"{name}.self_attn", None)), f"{name}.norm1")
        x = norm(add(x, feed_forward(x, name)), f"{name}.norm2")
    memory = norm(x, "transformer.encoder.norm")
    first = 1 if config["decoder"] == "autoregressive" else None
    x = embed("target_embedding.weight", target)
    for layer in range(config["decoder_layers"]):
        name = f"transformer.decoder.layers.{layer}"
        x = norm(add(x, attend(x, x, f"{name}.self_attn", first)), f"{name}.norm1")
        x = norm(add(x, attend(x, memory, f"{name}.multihead_attn", None)), f"{name}.norm2")
        x = norm(add(x, feed_forward(x, name)), f"{name}.norm3")
    x = norm(x, "transformer.decoder.norm")
    return linear(x, w.matrix("generator.weight"), w.vector("generator.bias"))


def record_seq2seq(folder):
    path = os.path.join(folder, "expected.json")
    expected = json.load(open(path, encoding="utf-8"))
    probe = expected["probe"]
    logits = seq2seq_logits(Weights(folder), probe["source"], probe["target"])
    probe["logits"] = [[round(x, 6) for x in row] for row in logits]
    save_json(path, expected)


# ---- ViT ---------------------------------------------------------------------------------------------------------

def vit_logits(w, pixels):
    config = w.config
    size, patch, heads, eps = config["image_size"], config["patch_size"], config["num_attention_heads"], config["layer_norm_eps"]

    def norm(rows, name):
        return layer_norm(rows, w.vector(f"{name}.weight"), w.vector(f"{name}.bias"), eps)

    def dense(rows, name):
        return linear(rows, w.matrix(f"{name}.weight"), w.vector(f"{name}.bias"))

    patches = []
    for top in range(0, size, patch):
        for left in range(0, size, patch):
            patches.append([pixels[(top + i) * size + left + j] for i in range(patch) for j in range(patch)])
    x = [w.vector("vit.embeddings.cls_token")] + dense(patches, "vit.embeddings.patch_embeddings.projection")
    positions = w.vector("vit.embeddings.position_embeddings")
    width = len(x[0])
    x = [[a + b for a, b in zip(row, positions[i * width:(i + 1) * width])] for i, row in enumerate(x)]
    for layer in range(config["num_hidden_layers"]):
        name = f"vit.encoder.layer.{layer}"
        normed = norm(x, f"{name}.layernorm_before")
        q, k, v = (dense(normed, f"{name}.attention.attention.{part}") for part in ("query", "key", "value"))
        x = add(x, dense(attention(q, k, v, heads), f"{name}.attention.output.dense"))
        inner = apply(dense(norm(x, f"{name}.layernorm_after"), f"{name}.intermediate.dense"), gelu_erf)
        x = add(x, dense(inner, f"{name}.output.dense"))
    return dense(norm(x[:1], "vit.layernorm"), "classifier")[0]


def record_vit(folder):
    w = Weights(folder)
    path = os.path.join(folder, "expected.safetensors")
    recorded = tensors(path)
    shape, images = recorded["images"]
    each = shape[1] * shape[2]
    count = min(IMAGES, shape[0])
    mean, deviation = w.config["pixel_mean"], w.config["pixel_std"]
    logits = []
    for i in range(count):
        logits += vit_logits(w, [(b / 255 - mean) / deviation for b in images[i * each:(i + 1) * each]])
    classes = len(logits) // count
    parts = [
        ("images", "U8", [count, shape[1], shape[2]], bytes(images[:count * each])),
        ("labels", "U8", [count], bytes(recorded["labels"][1][:count])),
        ("logits", "F32", [count, classes], struct.pack(f"<{len(logits)}f", *logits)),
    ]
    header, offset = {}, 0
    for name, kind, dims, raw in parts:
        header[name] = {"dtype": kind, "shape": dims, "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(raw for *_, raw in parts))


# ---- GPT-2 -------------------------------------------------------------------------------------------------------

class Gpt2:
    """Keeps keys and values, so that each step computes its own rows only."""

    def __init__(self, w):
        self.w, self.length = w, 0
        self.layers, self.heads = w.config["n_layer"], w.config["n_head"]
        self.keys = [[] for _ in range(self.layers)]
        self.values = [[] for _ in range(self.layers)]
        self.tokens, self.positions = w.matrix("transformer.wte.weight"), w.matrix("transformer.wpe.weight")
        # Conv1D stores (in, out).
        self.transposed = {n: list(zip(*w.matrix(n))) for n in w.all if n.endswith(".weight") and (".attn." in n or ".mlp." in n)}

    def norm(self, rows, name):
        return layer_norm(rows, self.w.vector(f"{name}.weight"), self.w.vector(f"{name}.bias"), self.w.config["layer_norm_epsilon"])

    def conv(self, rows, name):
        return linear(rows, self.transposed[f"{name}.weight"], self.w.vector(f"{name}.bias"))

    def append(self, ids):
        """Logits of the token that follows the ids."""
        x = [[a + b for a, b in zip(self.tokens[t], self.positions[self.length + i])] for i, t in enumerate(ids)]
        for layer in range(self.layers):
            name = f"transformer.h.{layer}"
            q, k, v = split(self.conv(self.norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn"), 3)
            self.keys[layer] += k
            self.values[layer] += v
            attended = attention(q, self.keys[layer], self.values[layer], self.heads, self.length + 1)
            x = add(x, self.conv(attended, f"{name}.attn.c_proj"))
            inner = apply(self.conv(self.norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc"), gelu_tanh)
            x = add(x, self.conv(inner, f"{name}.mlp.c_proj"))
        self.length += len(ids)
        last = self.norm(x[-1:], "transformer.ln_f")[0]
        return [dot(last, row) for row in self.tokens]


def byte_letters():
    """GPT-2's letters for bytes: printable ones stand for themselves, the rest for 256 and up."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = {chr(b): b for b in plain}
    letters.update({chr(256 + i): b for i, b in enumerate(b for b in range(256) if b not in plain)})
    return letters


def record_gpt2(folder):
    w = Weights(folder)
    path = os.path.join(folder, "expected.json")
    expected = json.load(open(path, encoding="utf-8"))
    vocabulary = json.load(open(os.path.join(folder, "tokenizer.json"), encoding="utf-8"))["model"]["vocab"]
    names, letters = {i: n for n, i in vocabulary.items()}, byte_letters()
    for case in expected["cases"]:
        model, ids = Gpt2(w), list(case["prompt_ids"])
        logits = model.append(ids)
        case["last_logits"] = [round(x, 5) for x in logits]
        margin = math.inf
        while len(ids) < len(case["greedy_ids"]):
            best = max(range(len(logits)), key=logits.__getitem__)
            margin = min(margin, logits[best] - max(x for i, x in enumerate(logits) if i != best))
            ids.append(best)
            logits = model.append([best]) if len(ids) < len(case["greedy_ids"]) else logits
        case["greedy_ids"] = ids
        case["greedy_text"] = bytes(letters[c] for i in ids for c in names[i]).decode("utf-8", "replace")
        case["smallest_margin"] = round(margin, 5)
    save_json(path, expected)


def save_json(path, value):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(value, file, indent=0)


RECORDERS = {"g2p": record_seq2seq, "g2p-nat": record_seq2seq, "vit-fashion": record_vit, "gpt2-shakespeare": record_gpt2}

if __name__ == "__main__":
    root, chosen = sys.argv[1], sys.argv[2:] or list(RECORDERS)
    for model in chosen:
        RECORDERS[model](os.path.join(root, model))
        print(f"{model}: recorded")
