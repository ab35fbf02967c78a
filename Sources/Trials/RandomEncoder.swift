import Compute

/// Which frozen mixing stands between the observations and the network.
package enum EncoderKind: String, CaseIterable, Hashable, Sendable {
  /// The paper's: three random layers, 2-100-100-40, with ReLU between them.
  case relu
  /// The same with squares, `h²`, in place of ReLU: the paper's control.
  case quadratic
  /// The paper's, minus everything that is linear in the latent, whitened: averaging its features
  /// tells nothing, so that what a network knows it has learned.
  case linearFree
  /// None: the network sees the observations.
  case none

  /// Features of a latent with so many dimensions.
  package func outputWidth(dimensions: Int) -> Int {
    self == .none ? dimensions : RandomEncoder.featureWidth
  }
}

/// The frozen nonlinear mixing `f` of observations into features: Linear(D, 100), ReLU,
/// Linear(100, 100), ReLU, Linear(100, 40), with PyTorch's default initialisation.
///
/// The cue and the rule pass by: the network sees `[cue, rule, f(x)]`, with noise added to all of it
/// where the observations bring some.
package struct RandomEncoder: Sendable {
  /// `encoder.0.weight` … `encoder.4.bias`; without slots where there is no encoder.
  package private(set) var parameters: ParameterBuffer
  package let kind: EncoderKind
  /// What stands where in the observations that it encodes.
  package private(set) var layout: ObservationLayout
  private let layers: [Layer]
  /// `f(0)`: what every step without a stimulus shows.
  private var silence: [Float] = []

  private struct Layer: Sendable {
    let weight: ParameterSlot
    let bias: ParameterSlot
  }

  package static let hiddenWidth = 100
  package static let featureWidth = 40

  /// An encoder as it is drawn by a seed.
  ///
  /// `noiseDeviation` is `σ` of the looks on which ``EncoderKind/linearFree`` finds what is linear.
  package init(
    kind: EncoderKind,
    layout: ObservationLayout,
    seed: UInt64,
    noiseDeviation: Double
  ) {
    self.init(layoutOf: kind, layout: layout)
    for (index, layer) in layers.enumerated() {
      Initialization.uniformByFanIn(
        &parameters,
        weight: layer.weight,
        bias: layer.bias,
        RandomStream(seed: seed, purpose: .encoderInit, step: index)
      )
    }
    if kind == .linearFree {
      // Single looks have neither rules nor noise behind the encoder.
      self.layout = ObservationLayout(dimensions: layout.dimensions)
      removeLinearInformation(seed: seed, noiseDeviation: noiseDeviation)
      self.layout = layout
    }
    rememberSilence()
  }

  /// The encoder of a world, as it is drawn by a seed.
  package init(of paradigm: Paradigm, seed: UInt64) {
    self.init(
      kind: paradigm.encoder,
      layout: paradigm.layout,
      seed: seed,
      noiseDeviation: paradigm.noise.lookDeviation
    )
  }

  /// An encoder with given weights.
  ///
  /// `nil` where `values` has none, or not as many, for a slot.
  package init?(
    kind: EncoderKind,
    layout: ObservationLayout,
    values: (ParameterSlot) -> [Float]?
  ) {
    self.init(layoutOf: kind, layout: layout)
    for slot in parameters.slots {
      guard let stored = values(slot), stored.count == slot.count else { return nil }
      parameters.set(slot, to: stored)
    }
    rememberSilence()
  }

  private init(layoutOf kind: EncoderKind, layout observations: ObservationLayout) {
    self.kind = kind
    layout = observations
    var layout = ParameterLayout()
    var layers: [Layer] = []
    if kind != .none {
      let widths = [observations.dimensions, Self.hiddenWidth, Self.hiddenWidth, Self.featureWidth]
      for index in 0..<3 {
        // A ReLU counts as a layer in PyTorch's Sequential: 0, 2, 4.
        layers.append(
          Layer(
            weight: layout.add("encoder.\(2 * index).weight", widths[index + 1], widths[index]),
            bias: layout.add("encoder.\(2 * index).bias", widths[index + 1])
          )
        )
      }
    }
    parameters = ParameterBuffer(slots: layout.slots)
    self.layers = layers
  }

  /// Latent dimensions that are mixed, `D`.
  package var dimensions: Int { layout.dimensions }

  /// Features that a network sees besides the cue and the rule.
  package var outputWidth: Int { kind.outputWidth(dimensions: dimensions) }

  /// Inputs of a network behind this encoder, `I`: the cue, the rule and the features.
  package var inputWidth: Int { layout.passed + outputWidth }

  /// Encodes every step of every trial.
  ///
  /// Steps in which no trial shows anything are not computed: their features are `f(0)`.
  ///
  /// - Parameters:
  ///   - observations: ``ObservationLayout``, `[T, B, W]`.
  ///   - inputs: `[T, B, I]`; replaced.
  package func encode(_ observations: SequenceBatch, into inputs: inout SequenceBatch) {
    precondition(
      observations.width == layout.width && inputs.width == inputWidth
        && inputs.steps == observations.steps && inputs.trials == observations.trials,
      "observations and inputs don't fit this encoder"
    )
    let seen = observations.rows
    let shown = inputs.mutableRows
    if kind == .none {
      for row in 0..<seen.rows {
        for column in 0..<inputWidth { shown[row, column] = seen[row, column] }
      }
    } else {
      encodeLatents(seen, steps: observations.steps, into: shown)
    }
    guard layout.featureNoise > 0 else { return }
    let firstNoise = layout.passed + dimensions
    for row in 0..<seen.rows {
      for column in 0..<inputWidth { shown[row, column] += seen[row, firstNoise + column] }
    }
  }

  /// `f` of single latents, without noise.
  ///
  /// - Parameter latents: `[n, D]`.
  /// - Returns: `[n, F]`.
  package func features(of latents: [[Double]]) -> Matrix {
    var observations = SequenceBatch(steps: 1, trials: latents.count, width: layout.width)
    let seen = observations.mutableRows
    for (row, latent) in latents.enumerated() {
      for (dimension, value) in latent.enumerated() {
        seen[row, layout.passed + dimension] = Float(value)
      }
    }
    var inputs = SequenceBatch(steps: 1, trials: latents.count, width: inputWidth)
    encode(observations, into: &inputs)
    var features = Matrix(rows: latents.count, columns: outputWidth)
    let shown = inputs.rows.columns(layout.passed..<inputWidth)
    let kept = features.mutableView
    for row in latents.indices {
      (kept.base + row * kept.rowStride)
        .update(from: shown.base + row * shown.rowStride, count: outputWidth)
    }
    return features
  }

  private func encodeLatents(_ seen: MatrixView, steps: Int, into shown: MutableMatrixView) {
    let trials = seen.rows / steps
    var runStart: Int?
    for step in 0...steps {
      let rows = step * trials..<(step + 1) * trials
      if step < steps, !isSilent(seen, rows) {
        runStart = runStart ?? rows.lowerBound
        continue
      }
      if let start = runStart {
        mix(seen, rows: start..<rows.lowerBound, into: shown)
        runStart = nil
      }
      guard step < steps else { break }
      for row in rows {
        for column in 0..<layout.passed { shown[row, column] = seen[row, column] }
        for feature in 0..<outputWidth { shown[row, layout.passed + feature] = silence[feature] }
      }
    }
  }

  private func isSilent(_ seen: MatrixView, _ rows: Range<Int>) -> Bool {
    for row in rows {
      for dimension in 0..<dimensions where seen[row, layout.passed + dimension] != 0 {
        return false
      }
    }
    return true
  }

  /// A chunk keeps a feature a row and an observation a column: then its columns fill whole
  /// vectors at any layer width, and both hidden layers stay in the first-level cache.
  private static let chunk = 64

  private func mix(_ seen: MatrixView, rows: Range<Int>, into shown: MutableMatrixView) {
    var visible = Matrix(rows: dimensions, columns: Self.chunk)
    var first = Matrix(rows: Self.hiddenWidth, columns: Self.chunk)
    var second = Matrix(rows: Self.hiddenWidth, columns: Self.chunk)
    var features = Matrix(rows: Self.featureWidth, columns: Self.chunk)
    let (x, h1, h2, f) = (
      visible.mutableView, first.mutableView, second.mutableView, features.mutableView
    )
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.chunk) {
      let count = min(Self.chunk, rows.upperBound - start)
      let columns = 0..<count
      transpose(
        seen.rows(start..<start + count).columns(layout.passed..<layout.passed + dimensions),
        into: x.columns(columns)
      )
      apply(layers[0], to: x.columns(columns), into: h1.columns(columns), hidden)
      apply(layers[1], to: h1.columns(columns), into: h2.columns(columns), hidden)
      apply(layers[2], to: h2.columns(columns), into: f.columns(columns), .linear)
      transpose(
        f.columns(columns).readOnly,
        into: shown.rows(start..<start + count).columns(layout.passed..<inputWidth)
      )
      for row in start..<start + count {
        for column in 0..<layout.passed { shown[row, column] = seen[row, column] }
      }
    }
  }

  private func apply(
    _ layer: Layer,
    to values: MutableMatrixView,
    into result: MutableMatrixView,
    _ finish: ProductFinish
  ) {
    multiply(
      parameters.view(of: layer.weight),
      values.readOnly,
      into: result,
      from: .rowBias(parameters.view(of: layer.bias).base),
      finish: finish
    )
  }

  /// What the hidden layers do with their sums.
  private var hidden: ProductFinish { kind == .quadratic ? .square : .rectify }

  private mutating func rememberSilence() {
    guard kind != .none else { return }
    let nothing = SequenceBatch(steps: 1, trials: 1, width: layout.width)
    var shown = SequenceBatch(steps: 1, trials: 1, width: inputWidth)
    mix(nothing.rows, rows: 0..<1, into: shown.mutableRows)
    silence = (0..<outputWidth).map { shown[0, 0, layout.passed + $0] }
  }

  /// Replaces the last layer by `matrix · (last layer - mean)`.
  package mutating func foldIntoLastLayer(_ matrix: DoubleMatrix, mean: [Double]) {
    let layer = layers[layers.count - 1]
    let width = Self.featureWidth
    let old = DoubleMatrix(
      rows: width,
      columns: Self.hiddenWidth,
      values: parameters.values(of: layer.weight).map(Double.init)
    )
    let bias = zip(parameters.values(of: layer.bias), mean).map { Double($0) - $1 }
    let folded = matrix * old
    let shifted = matrix * DoubleMatrix(rows: width, columns: 1, values: bias)
    parameters.set(layer.weight, to: folded.values.map { Float($0) })
    parameters.set(layer.bias, to: shifted.values.map { Float($0) })
  }
}
