#!/usr/bin/env python3
"""JAX doing our training work, on one thread.

Each batch: draws a latent of D = 2 in [-0.5, 0.5]^2 and a label for each of N lines through the
origin for B trials; shows it for 20 of T = 22 steps under fresh Gaussian noise of deviation 0.2;
puts every observation through a frozen random encoder (2, 100, 100, 40 units, ReLU between); runs a
leaky RNN of 64 ReLU units (alpha = 1) over cue and features, and a linear readout; takes the mean
cross-entropy over all steps, trials and tasks (targets 0.5 before the last step); differentiates
through time; and takes one step of Adam with learning rate 1e-3.

A hundred batches are one compiled call, data included. Before and after the stimulus the
observation is blank, so its features are computed once, not for every trial: we do the same.
"""

import math
import os

import protocol

os.environ["XLA_FLAGS"] = " ".join(
    ["--xla_cpu_multi_thread_eigen=false", os.environ.get("XLA_FLAGS", "")]
)

import jax  # noqa: E402  (after the flags, which it reads when loaded)
import jax.numpy as jnp  # noqa: E402
import optax  # noqa: E402

STEPS, STIMULUS_STEPS, LATENTS, FEATURES, UNITS = 22, 20, 2, 40, 64
NOISE_DEVIATION = 0.2


def linear(key, inputs, outputs):
    """A layer [inputs, outputs] with PyTorch's default initialisation."""
    bound = 1 / math.sqrt(inputs)
    weight_key, bias_key = jax.random.split(key)
    return {
        "weight": jax.random.uniform(weight_key, (inputs, outputs), minval=-bound, maxval=bound),
        "bias": jax.random.uniform(bias_key, (outputs,), minval=-bound, maxval=bound),
    }


def apply(layer, values):
    return values @ layer["weight"] + layer["bias"]


def encode(layers, observations):
    first, second, last = layers
    return apply(last, jax.nn.relu(apply(second, jax.nn.relu(apply(first, observations)))))


def draw_batch(key, encoder, slopes, trials):
    """Network inputs [T, B, 41] and labels [B, N] of fresh trials."""
    latent_key, noise_key = jax.random.split(key)
    latents = jax.random.uniform(latent_key, (trials, LATENTS), minval=-0.5, maxval=0.5)
    noise = jax.random.normal(noise_key, (STIMULUS_STEPS, trials, LATENTS))
    shown = encode(encoder, latents + NOISE_DEVIATION * noise)
    blank = jnp.broadcast_to(encode(encoder, jnp.zeros((1, 1, LATENTS))), (1, trials, FEATURES))
    cue = jnp.ones((STEPS, trials, 1)).at[-1].set(0)
    inputs = jnp.concatenate([cue, jnp.concatenate([blank, shown, blank])], axis=-1)
    labels = latents[:, 1:] > slopes * latents[:, :1]
    return inputs, labels.astype(jnp.float32)


def run_recurrence(drive, weight):
    """States [T, B, H] of r <- max(0, drive + r W), from r = 0."""

    def advance(rates, current):
        rates = jax.nn.relu(current + rates @ weight)
        return rates, rates

    return jax.lax.scan(advance, jnp.zeros(drive.shape[1:]), drive)[1]


class JaxPeer:
    name = "jax"
    version = jax.__version__
    stride = 100

    def __init__(self, options):
        self.variant = options.variant
        self.key = jax.random.key(options.seed)
        self.calls = 0
        trials, tasks = options.batch, options.tasks
        slopes = jnp.tan((jnp.arange(tasks) + 0.5) * math.pi / tasks)
        keys = jax.random.split(jax.random.key(options.seed + 1), 6)
        encoder = [linear(keys[0], LATENTS, 100), linear(keys[1], 100, 100)]
        encoder.append(linear(keys[2], 100, FEATURES))
        self.parameters = {
            "inp_to_rec": linear(keys[3], 1 + FEATURES, UNITS),
            "rec_to_rec": linear(keys[4], UNITS, UNITS),
            "rec_to_out": linear(keys[5], UNITS, tasks),
        }
        optimizer = optax.adam(1e-3)
        self.moments = optimizer.init(self.parameters)

        def loss(parameters, inputs, labels):
            drive = apply(parameters["inp_to_rec"], inputs) + parameters["rec_to_rec"]["bias"]
            states = run_recurrence(drive, parameters["rec_to_rec"]["weight"])
            logits = apply(parameters["rec_to_out"], states)
            targets = jnp.full(logits.shape, 0.5).at[-1].set(labels)
            return optax.sigmoid_binary_cross_entropy(logits, targets).mean()

        def train_batch(carried, key):
            parameters, moments = carried
            batch = draw_batch(key, encoder, slopes, trials)
            value, gradient = jax.value_and_grad(loss)(parameters, *batch)
            updates, moments = optimizer.update(gradient, moments)
            return (optax.apply_updates(parameters, updates), moments), value

        def train_stride(parameters, moments, key):
            keys = jax.random.split(key, self.stride)
            carried, losses = jax.lax.scan(train_batch, (parameters, moments), keys)
            return *carried, losses.mean()

        self.train_stride = jax.jit(train_stride, donate_argnums=(0, 1))

    def train(self, batches):
        if batches % self.stride:
            raise SystemExit(f"{batches} batches: JAX trains by strides of {self.stride}")
        total = 0.0
        for _ in range(batches // self.stride):
            key = jax.random.fold_in(self.key, self.calls)
            self.parameters, self.moments, loss = self.train_stride(
                self.parameters, self.moments, key
            )
            self.calls += 1
            total += float(loss)  # waits for the result
        return total / (batches // self.stride)


if __name__ == "__main__":
    options = protocol.arguments("JAX doing our training work.", ["scan"])
    protocol.run(JaxPeer(options), options)
