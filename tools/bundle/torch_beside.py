"""PyTorch at the shapes of gputx bench: float32 with TF32 off, medians over rounds by CUDA events."""
import statistics
import sys

try:
    import torch
    import torch.nn.functional as functional
except ImportError as error:
    sys.exit(f"PyTorch: not here ({error})")
if not torch.cuda.is_available():
    sys.exit("PyTorch: it sees no CUDA device")

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.set_grad_enabled(False)
torch.manual_seed(7)
ROUNDS, BATCH_SECONDS = 15, 0.008


def batch(run, count):
    """Seconds a run."""
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(count):
        run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1e3 / count


def measure(name, run, flops=0, bytes_moved=0):
    try:
        batch(run, 3)
        count = max(1, min(2000, int(BATCH_SECONDS / batch(run, 3))))
        times = [batch(run, count) for _ in range(ROUNDS)]
    except RuntimeError as error:
        print(f"{name:48} failed: {str(error).splitlines()[0]}", flush=True)
        return
    middle = statistics.median(times)
    rate = f"{flops / middle / 1e12:8.2f} TFLOP/s" if flops else f"{bytes_moved / middle / 1e9:8.0f} GB/s   "
    print(f"{name:48} {middle * 1e6:10.1f} us ({min(times) * 1e6:.1f} to {max(times) * 1e6:.1f})  {rate}", flush=True)


def new(*shape):
    return torch.randn(*shape, device="cuda")


print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}, TF32 off")
for m, k, n in [(4096, 4096, 4096), (4096, 768, 3072), (512, 768, 768), (512, 768, 2304), (512, 3072, 768), (512, 768, 3072)]:
    x, weight = new(m, k), new(n, k)
    measure(f"matmul {m}x{k}x{n}", lambda: functional.linear(x, weight), 2 * m * k * n)
x, weight = new(96, 128, 64), new(96, 128, 64)
measure("matmul 96 x 128x64x128", lambda: torch.bmm(x, weight.transpose(1, 2)), 2 * 96 * 128 * 64 * 128)

for causal in (False, True):
    for length in (128, 512, 2048):
        count = 16384 // length
        q, k, v = (new(count, 12, length, 64) for _ in range(3))
        pairs = length * (length + 1) // 2 if causal else length * length
        measure(
            f"scaled_dot_product_attention {count} x {length}{' causal' if causal else ''}",
            lambda: functional.scaled_dot_product_attention(q, k, v, is_causal=causal), 4 * count * pairs * 768)

rows = (512 << 20) // 4 // 768
x, y = new(rows, 768), torch.empty(rows, 768, device="cuda")
moved = 2 * 4 * rows * 768
weight, bias = torch.ones(768, device="cuda"), torch.zeros(768, device="cuda")
ids = torch.randperm(rows, device="cuda")
measure("copy", lambda: y.copy_(x), 0, moved)
measure("softmax (rows of 768)", lambda: torch.softmax(x, -1, out=y), 0, moved)
measure("LayerNorm", lambda: functional.layer_norm(x, (768,), weight, bias), 0, moved)
if hasattr(functional, "rms_norm"):
    measure("RMSNorm", lambda: functional.rms_norm(x, (768,), weight), 0, moved)
measure("GELU", lambda: functional.gelu(x), 0, moved)
measure("embedding", lambda: torch.index_select(x, 0, ids, out=y), 0, moved)

ring = [new(14336, 4096) for _ in range(3)]
one, turn = new(1, 4096), [0]


def next_weight():
    turn[0] = (turn[0] + 1) % len(ring)
    functional.linear(one, ring[turn[0]])


measure("matmul 1x4096x14336, three weights in turn", next_weight, 0, 4 * 14336 * 4096)
