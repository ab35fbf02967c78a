import Compute

/// Which frozen mixing stands between the observations and the network.
package enum EncoderKind: String, CaseIterable, Hashable, Sendable {
  /// The paper's: three random layers, 2-100-100-40, with ReLU between them.
  case relu
  /// The paper's, minus everything that is linear in the latent, whitened: averaging its features
  /// tells nothing, so that what a network knows it has learned.
  case linearFree
  /// None: the network sees the observations.
  case none
}

/// The frozen nonlinear mixing `f` of observations into features: Linear(D, 100), ReLU,
/// Linear(100, 100), ReLU, Linear(100, 40), with PyTorch's default initialisation.
///
/// The cue passes by: the network sees `[cue, f(x)]`.
package struct RandomEncoder: Sendable {
  /// `encoder.0.weight` … `encoder.4.bias`; without slots where there is no encoder.
  package private(set) var parameters: ParameterBuffer
  package let kind: EncoderKind
  /// Latent dimensions that are mixed, `D`.
  package let dimensions: Int
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
  package init(kind: EncoderKind, dimensions: Int, seed: UInt64, noiseDeviation: Double) {
    self.init(layoutOf: kind, dimensions: dimensions)
    for (index, layer) in layers.enumerated() {
      Initialization.uniformByFanIn(
        &parameters,
        weight: layer.weight,
        bias: layer.bias,
        RandomStream(seed: seed, purpose: .encoderInit, step: index)
      )
    }
    if kind == .linearFree {
      removeLinearInformation(seed: seed, noiseDeviation: noiseDeviation)
    }
    rememberSilence()
  }

  /// An encoder with given weights.
  ///
  /// `nil` where `values` has none, or not as many, for a slot.
  package init?(
    kind: EncoderKind,
    dimensions: Int,
    values: (ParameterSlot) -> [Float]?
  ) {
    self.init(layoutOf: kind, dimensions: dimensions)
    for slot in parameters.slots {
      guard let stored = values(slot), stored.count == slot.count else { return nil }
      parameters.set(slot, to: stored)
    }
    rememberSilence()
  }

  private init(layoutOf kind: EncoderKind, dimensions: Int) {
    self.kind = kind
    self.dimensions = dimensions
    var layout = ParameterLayout()
    var layers: [Layer] = []
    if kind != .none {
      let widths = [dimensions, Self.hiddenWidth, Self.hiddenWidth, Self.featureWidth]
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

  /// Features that a network sees besides the cue.
  package var outputWidth: Int { kind == .none ? dimensions : Self.featureWidth }

  /// Inputs of a network behind this encoder, `I`: the cue and the features.
  package var inputWidth: Int { 1 + outputWidth }

  /// Encodes every step of every trial.
  ///
  /// Steps in which no trial shows anything are not computed: their features are `f(0)`.
  ///
  /// - Parameters:
  ///   - observations: `[T, B, 1 + D]`, the cue first.
  ///   - inputs: `[T, B, I]`; replaced.
  package func encode(_ observations: SequenceBatch, into inputs: inout SequenceBatch) {
    precondition(
      observations.width == 1 + dimensions && inputs.width == inputWidth
        && inputs.steps == observations.steps && inputs.trials == observations.trials,
      "observations and inputs don't fit this encoder"
    )
    let seen = observations.rows
    let shown = inputs.mutableRows
    let trials = observations.trials
    guard kind != .none else {
      for row in 0..<seen.rows {
        for column in 0..<seen.columns { shown[row, column] = seen[row, column] }
      }
      return
    }
    var runStart: Int?
    for step in 0...observations.steps {
      let rows = step * trials..<(step + 1) * trials
      if step < observations.steps, !isSilent(seen, rows) {
        runStart = runStart ?? rows.lowerBound
        continue
      }
      if let start = runStart {
        mix(seen, rows: start..<rows.lowerBound, into: shown)
        runStart = nil
      }
      guard step < observations.steps else { break }
      for row in rows {
        shown[row, 0] = seen[row, 0]
        for feature in 0..<outputWidth { shown[row, 1 + feature] = silence[feature] }
      }
    }
  }

  private func isSilent(_ seen: MatrixView, _ rows: Range<Int>) -> Bool {
    for row in rows {
      for dimension in 0..<dimensions where seen[row, 1 + dimension] != 0 { return false }
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
      for column in columns {
        for dimension in 0..<dimensions {
          x[dimension, column] = seen[start + column, 1 + dimension]
        }
      }
      apply(layers[0], to: x.columns(columns), into: h1.columns(columns), rectify: true)
      apply(layers[1], to: h1.columns(columns), into: h2.columns(columns), rectify: true)
      apply(layers[2], to: h2.columns(columns), into: f.columns(columns), rectify: false)
      transpose(
        f.columns(columns).readOnly,
        into: shown.rows(start..<start + count).columns(1..<1 + outputWidth)
      )
      for row in start..<start + count { shown[row, 0] = seen[row, 0] }
    }
  }

  private func apply(
    _ layer: Layer,
    to values: MutableMatrixView,
    into result: MutableMatrixView,
    rectify: Bool
  ) {
    multiply(
      parameters.view(of: layer.weight),
      values.readOnly,
      into: result,
      from: .rowBias(parameters.view(of: layer.bias).base),
      rectify: rectify
    )
  }

  private mutating func rememberSilence() {
    guard kind != .none else { return }
    let nothing = SequenceBatch(steps: 1, trials: 1, width: 1 + dimensions)
    var shown = SequenceBatch(steps: 1, trials: 1, width: inputWidth)
    mix(nothing.rows, rows: 0..<1, into: shown.mutableRows)
    silence = (0..<outputWidth).map { shown[0, 0, 1 + $0] }
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
