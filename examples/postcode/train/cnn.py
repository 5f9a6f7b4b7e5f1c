"""digits-cnn: a small convolutional net, trained in plain numpy (Adam on cross-entropy) and written as ONNX.

8x8x1 -> conv 3x3, 16 -> conv 3x3, 32 -> max pool 2x2 -> dense 96 -> dense 10 -> softmax
"""

import numpy as np

from graph import FLOAT, Graph, save, tensor

CHANNELS = (1, 16, 32)
HIDDEN = 96
EPOCHS = 24
BATCH = 128
RATE = 2e-3
DROP = 0.4


def patches(x):
    """[n, 8, 8, c] -> [n * 64, 9 * c]: each pixel's 3x3 neighbourhood, zeros outside."""
    n, h, w, c = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return np.concatenate([padded[:, i : i + h, j : j + w] for i in range(3) for j in range(3)], 3).reshape(-1, 9 * c)


def unpatch(grad, shape):
    n, h, w, c = shape
    grad = grad.reshape(n, h, w, 9, c)
    padded = np.zeros((n, h + 2, w + 2, c), np.float32)
    for k in range(9):
        padded[:, k // 3 : k // 3 + h, k % 3 : k % 3 + w] += grad[:, :, :, k]
    return padded[:, 1:-1, 1:-1]


def train(pixels, labels, rng):
    shapes = [(9 * CHANNELS[0], CHANNELS[1]), (9 * CHANNELS[1], CHANNELS[2]), (16 * CHANNELS[2], HIDDEN), (HIDDEN, 10)]
    weights = []
    for fan_in, out in shapes:
        weights += [rng.normal(0, np.sqrt(2 / fan_in), (fan_in, out)), np.zeros(out)]
    weights = [w.astype(np.float32) for w in weights]
    moments = [[np.zeros_like(w), np.zeros_like(w)] for w in weights]
    images = (pixels / 16).reshape(-1, 8, 8, 1).astype(np.float32)
    steps = EPOCHS * (len(images) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        order = rng.permutation(len(images))
        losses = []
        for first in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[first : first + BATCH]
            loss, grads = gradients(weights, images[chosen], labels[chosen], rng)
            losses.append(loss)
            step += 1
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for w, g, m in zip(weights, grads, moments):
                m[0] += 0.1 * (g - m[0])
                m[1] += 0.001 * (g * g - m[1])
                w -= rate * (m[0] / (1 - 0.9**step)) / (np.sqrt(m[1] / (1 - 0.999**step)) + 1e-8) + rate * 5e-3 * w
        if epoch % 4 == 3:
            print(f"  cnn epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    return weights


def gradients(weights, x, labels, rng):
    w1, b1, w2, b2, w3, b3, w4, b4 = weights
    n = len(x)
    # Forward.
    p1 = patches(x)
    a1 = np.maximum(p1 @ w1 + b1, 0)
    p2 = patches(a1.reshape(n, 8, 8, -1))
    a2 = np.maximum(p2 @ w2 + b2, 0)
    blocks = a2.reshape(n, 4, 2, 4, 2, -1)
    pooled = blocks.max((2, 4), keepdims=True)
    flat = pooled.reshape(n, -1)
    keep = (rng.random((n, HIDDEN)) >= DROP).astype(np.float32) / (1 - DROP)
    a3 = np.maximum(flat @ w3 + b3, 0) * keep
    logits = a3 @ w4 + b4
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    probabilities = shifted / shifted.sum(1, keepdims=True)
    loss = -np.log(probabilities[np.arange(n), labels] + 1e-9).mean()
    # Backward.
    d4 = probabilities
    d4[np.arange(n), labels] -= 1
    d4 /= n
    d3 = (d4 @ w4.T) * keep * (a3 > 0)
    d_pooled = (d3 @ w3.T).reshape(pooled.shape)
    d2 = ((blocks == pooled) * d_pooled).reshape(a2.shape) * (a2 > 0)
    d1 = unpatch(d2 @ w2.T, (n, 8, 8, CHANNELS[1])).reshape(a1.shape) * (a1 > 0)
    pairs = ((p1, d1), (p2, d2), (flat, d3), (a3, d4))
    return loss, [g for a, d in pairs for g in (a.T @ d, d.sum(0))]


def build(weights, path):
    w1, b1, w2, b2, w3, b3, w4, b4 = weights
    g = Graph()
    x = g.Reshape(g.Div("pixels", g.floats(16.0)), g.ints(0, 1, 8, 8))
    for w, b in ((w1, b1), (w2, b2)):
        kernel = w.reshape(3, 3, -1, w.shape[1]).transpose(3, 2, 0, 1)
        x = g.Relu(g.Conv(x, g.const(np.ascontiguousarray(kernel)), g.const(b), pads=[1, 1, 1, 1]))
    x = g.MaxPool(x, kernel_shape=[2, 2], strides=[2, 2])
    # Trained channels-last, so the features are flattened in that order here too.
    x = g.Reshape(g.Transpose(x, perm=[0, 2, 3, 1]), g.ints(0, 16 * CHANNELS[2]))
    x = g.Relu(g.Gemm(x, g.const(w3), g.const(b3)))
    g.rename(g.Softmax(g.Gemm(x, g.const(w4), g.const(b4)), axis=1), "probabilities")
    save(g, "digits-cnn", [tensor("pixels", FLOAT, ["n", 64])], [tensor("probabilities", FLOAT, ["n", 10])], path)
