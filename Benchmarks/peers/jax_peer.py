#!/usr/bin/env python3
"""JAX doing our training work, on one thread.

Each batch: draws a latent in [-0.5, 0.5]^D and a label for each of N boundaries for B trials (lines
through the origin at even angles for D = 2, otherwise random hyperplanes); shows it for 20 of T = 22
steps under fresh Gaussian noise of deviation 0.2; puts every observation through a frozen random
encoder (D, 100, 100, 40 units, ReLU between); runs a network over cue and features, and a linear
readout; takes the mean cross-entropy over all steps, trials and tasks (targets 0.5 before the last
step); differentiates; and takes one step of Adam with learning rate 1e-3.

A hundred batches (fewer of large networks) are one compiled call, data included, whose state is
donated. Before and after the stimulus the observation is blank, so its features are computed once,
not for every trial: we do the same.

Networks: `rnn`, leaky with ReLU at alpha = 1; `lstm` and `gru` as PyTorch's; `gpt2`, blocks of
causal attention and a four times wider GELU layer (tanh form) behind LayerNorms, a last LayerNorm,
dropout of 0.1 on embeddings, attention and both residuals, no positions.

Variants: `scan` runs the steps of a trial by jax.lax.scan, `unrolled` writes them all out for the
compiler; `rbg` and `threefry` (gpt2) are JAX's random generators. A mask of dropout takes 16 random
bits for each value, not the 32 of jax.random.bernoulli.
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

STEPS, STIMULUS_STEPS, FEATURES = 22, 20, 40
INPUTS = 1 + FEATURES
NOISE_DEVIATION, DROPOUT = 0.2, 0.1

# The fastest first; README.md says by how much.
VARIANTS = {
    "rnn": ["scan", "unrolled"],
    "lstm": ["scan", "unrolled"],
    "gru": ["unrolled", "scan"],
    "gpt2": ["threefry", "rbg"],
}


def linear(key, inputs, outputs, fan_in=None):
    """A layer [inputs, outputs] with PyTorch's default initialisation."""
    bound = 1 / math.sqrt(fan_in or inputs)
    weight_key, bias_key = jax.random.split(key)
    return {
        "weight": jax.random.uniform(weight_key, (inputs, outputs), minval=-bound, maxval=bound),
        "bias": jax.random.uniform(bias_key, (outputs,), minval=-bound, maxval=bound),
    }


def normal_linear(key, inputs, outputs, deviation=0.02):
    """A layer [inputs, outputs] as GPT-2 begins it."""
    return {
        "weight": deviation * jax.random.normal(key, (inputs, outputs)),
        "bias": jnp.zeros(outputs),
    }


def apply(layer, values):
    return values @ layer["weight"] + layer["bias"]


def encode(layers, observations):
    first, second, last = layers
    return apply(last, jax.nn.relu(apply(second, jax.nn.relu(apply(first, observations)))))


def boundary_normals(key, tasks, dimensions):
    """[D, N]; label 1 is where the product with the latent is positive."""
    if dimensions == 2:
        angles = (jnp.arange(tasks) + 0.5) * math.pi / tasks
        return jnp.stack([-jnp.tan(angles), jnp.ones(tasks)])
    normals = jax.random.normal(key, (dimensions, tasks))
    return normals / jnp.linalg.norm(normals, axis=0)


def draw_batch(key, encoder, normals, trials):
    """Network inputs [T, B, 41] and labels [B, N] of fresh trials."""
    latent_key, noise_key = jax.random.split(key)
    dimensions = normals.shape[0]
    latents = jax.random.uniform(latent_key, (trials, dimensions), minval=-0.5, maxval=0.5)
    noise = jax.random.normal(noise_key, (STIMULUS_STEPS, trials, dimensions))
    shown = encode(encoder, latents + NOISE_DEVIATION * noise)
    blank = jnp.broadcast_to(encode(encoder, jnp.zeros((1, 1, dimensions))), (1, trials, FEATURES))
    cue = jnp.ones((STEPS, trials, 1)).at[-1].set(0)
    inputs = jnp.concatenate([cue, jnp.concatenate([blank, shown, blank])], axis=-1)
    return inputs, (latents @ normals > 0).astype(jnp.float32)


def begin_recurrence(keys, options):
    """The parameters of rnn, lstm and gru: their gates lie side by side."""
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[options.architecture]
    units = options.units
    fan_in = INPUTS if options.architecture == "rnn" else units
    return {
        "input": linear(keys[0], INPUTS, gates * units, fan_in),
        "recurrent": linear(keys[1], units, gates * units, units),
    }


def advance_rnn(parameters, states, drive):
    return (jax.nn.relu(drive + states[0] @ parameters["recurrent"]["weight"]),)


def advance_lstm(parameters, states, drive):
    """Gates in the order input, forget, cell, output."""
    state, cell = states
    # The barrier keeps the compiler from computing the product again for each of its four uses.
    gates = jax.lax.optimization_barrier(drive + state @ parameters["recurrent"]["weight"])
    entry, forget, new, output = jnp.split(gates, 4, axis=-1)
    cell = jax.nn.sigmoid(forget) * cell + jax.nn.sigmoid(entry) * jnp.tanh(new)
    return jax.nn.sigmoid(output) * jnp.tanh(cell), cell


def advance_gru(parameters, states, drive):
    """Gates in the order reset, update, new; the old state's own bias stays inside the reset."""
    (state,) = states
    old = jax.lax.optimization_barrier(state @ parameters["recurrent"]["weight"])
    units = state.shape[-1]
    reset, update = jnp.split(
        jax.nn.sigmoid(drive[:, : 2 * units] + old[:, : 2 * units]), 2, axis=-1
    )
    old_new = old[:, 2 * units :] + parameters["recurrent"]["bias"][2 * units :]
    new = jnp.tanh(drive[:, 2 * units :] + reset * old_new)
    return (new + update * (state - new),)


def run_recurrence(parameters, inputs, options):
    """States [T, B, H] of rnn, lstm or gru from a state of zero."""
    recurrent_bias = parameters["recurrent"]["bias"]
    if options.architecture == "gru":
        recurrent_bias = recurrent_bias.at[2 * options.units :].set(0)
    drives = inputs @ parameters["input"]["weight"] + (parameters["input"]["bias"] + recurrent_bias)
    advance = {"rnn": advance_rnn, "lstm": advance_lstm, "gru": advance_gru}[options.architecture]

    def step(states, drive):
        states = advance(parameters, states, drive)
        return states, states[0]

    zeros = jnp.zeros((inputs.shape[1], options.units))
    begin = (zeros, zeros) if options.architecture == "lstm" else (zeros,)
    unroll = STEPS if options.variant == "unrolled" else 1
    return jax.lax.scan(step, begin, drives, unroll=unroll)[1]


def begin_gpt2(keys, options):
    width = options.units
    closing = 0.02 / math.sqrt(2 * options.layers)

    def norm():
        return {"gain": jnp.ones(width), "bias": jnp.zeros(width)}

    def block(key):
        four = jax.random.split(key, 4)
        return {
            "ln_1": norm(),
            "attention": normal_linear(four[0], width, 3 * width),
            "projection": normal_linear(four[1], width, width, closing),
            "ln_2": norm(),
            "widening": normal_linear(four[2], width, 4 * width),
            "narrowing": normal_linear(four[3], 4 * width, width, closing),
        }

    return {
        "inp": linear(keys[0], INPUTS, width),
        "blocks": [block(key) for key in jax.random.split(keys[1], options.layers)],
        "ln_f": norm(),
    }


def normalize(layer, values):
    centred = values - values.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    return centred * jax.lax.rsqrt(variance + 1e-5) * layer["gain"] + layer["bias"]


def drop(key, values):
    bits = jax.random.bits(key, values.shape, jnp.uint16)
    keeps = bits >= round(DROPOUT * 2**16)
    return jnp.where(keeps, values * (1 / (1 - DROPOUT)), 0)


def run_gpt2(parameters, inputs, options, key):
    """States [T, B, H] of the blocks, the trials' axis first in between."""
    trials, heads = inputs.shape[1], options.heads
    keys = jax.random.split(key, 1 + 3 * options.layers)
    hidden = drop(keys[0], apply(parameters["inp"], jnp.swapaxes(inputs, 0, 1)))
    past = jnp.tril(jnp.ones((STEPS, STEPS), bool))
    for index, block in enumerate(parameters["blocks"]):
        attention_key, first_key, second_key = keys[1 + 3 * index : 4 + 3 * index]
        three = apply(block["attention"], normalize(block["ln_1"], hidden))
        query, key_, value = (
            part.reshape(trials, STEPS, heads, -1).transpose(0, 2, 1, 3)
            for part in jnp.split(three, 3, axis=-1)
        )
        scores = query @ key_.swapaxes(-1, -2) / math.sqrt(query.shape[-1])
        weights = jax.nn.softmax(jnp.where(past, scores, -jnp.inf), axis=-1)
        attended = drop(attention_key, weights) @ value
        joined = attended.transpose(0, 2, 1, 3).reshape(trials, STEPS, -1)
        hidden = hidden + drop(first_key, apply(block["projection"], joined))
        wide = jax.nn.gelu(apply(block["widening"], normalize(block["ln_2"], hidden)))
        hidden = hidden + drop(second_key, apply(block["narrowing"], wide))
    return jnp.swapaxes(normalize(parameters["ln_f"], hidden), 0, 1)


class JaxPeer:
    name = "jax"
    version = jax.__version__

    def __init__(self, options):
        if options.variant == "rbg":
            jax.config.update("jax_default_prng_impl", "rbg")
        self.stride = protocol.stride(options, 100)
        self.key = jax.random.key(options.seed)
        self.calls = 0
        is_gpt2 = options.architecture == "gpt2"
        keys = jax.random.split(jax.random.key(options.seed + 1), 7)
        normals = boundary_normals(keys[6], options.tasks, options.dimensions)
        encoder = [linear(keys[0], options.dimensions, 100), linear(keys[1], 100, 100)]
        encoder.append(linear(keys[2], 100, FEATURES))
        begin = begin_gpt2 if is_gpt2 else begin_recurrence
        self.parameters = {
            "body": begin(keys[3:5], options),
            "rec_to_out": linear(keys[5], options.units, options.tasks),
        }
        optimizer = optax.adam(1e-3)
        self.moments = optimizer.init(self.parameters)

        def loss(parameters, inputs, labels, key):
            if is_gpt2:
                states = run_gpt2(parameters["body"], inputs, options, key)
            else:
                states = run_recurrence(parameters["body"], inputs, options)
            logits = apply(parameters["rec_to_out"], states)
            targets = jnp.full(logits.shape, 0.5).at[-1].set(labels)
            return optax.sigmoid_binary_cross_entropy(logits, targets).mean()

        def train_batch(carried, key):
            parameters, moments = carried
            trial_key, dropout_key = jax.random.split(key)
            batch = draw_batch(trial_key, encoder, normals, options.batch)
            value, gradient = jax.value_and_grad(loss)(parameters, *batch, dropout_key)
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
    options = protocol.arguments("JAX doing our training work.", VARIANTS)
    protocol.run(JaxPeer(options), options)
