import Compute

/// The paper's decoder: `Linear(H, D)` fitted by Adam on the squared error.
///
/// Learning rate 3e-3, batches of 16, and as many batches as the paper gives for the number of
/// tasks. It is not run to convergence, so its angle and its r² depend on where it began.
package struct AdamFit {
  package static let learningRate = 3e-3
  package static let batchSize = 16

  /// 3000 batches for fewer than 6 tasks, 2000 for fewer than 12, else 1000.
  package static func batches(forTasks count: Int) -> Int {
    count < 6 ? 3000 : count < 12 ? 2000 : 1000
  }

  package let decoder: LinearDecoder

  /// - Parameters:
  ///   - sets: What to fit on; batches are drawn from all of them together, with replacement.
  ///   - batches: How many steps to take.
  ///   - seed: The run's.
  ///   - fit: Which of several initialisations this is.
  package init(_ sets: [StateSet], batches: Int, seed: UInt64, fit: Int) {
    precondition(!sets.isEmpty, "nothing can't be fitted")
    let (width, dimensions) = (sets[0].stateWidth, sets[0].dimensions)
    let count = sets.reduce(0) { $0 + $1.count }
    var layout = ParameterLayout()
    let weight = layout.add("weight", dimensions, width)
    let bias = layout.add("bias", dimensions)
    var parameters = ParameterBuffer(slots: layout.slots)
    Initialization.uniformByFanIn(
      &parameters,
      weight: weight,
      bias: bias,
      RandomStream(seed: seed, purpose: .decoderInit, step: fit)
    )
    var gradient = ParameterBuffer(slots: layout.slots)
    var adam = Adam(learningRate: Self.learningRate, parameterCount: parameters.count)
    var batch = Matrix(rows: Self.batchSize, columns: width)
    var errors = Matrix(rows: Self.batchSize, columns: dimensions)
    let scale = 2 / Float(Self.batchSize * dimensions)

    for step in 0..<batches {
      let stream = RandomStream(seed: seed, purpose: .decoderBatch, step: fit << 32 | step)
      let rows = batch.mutableView
      let residuals = errors.mutableView
      let weights = parameters.view(of: weight)
      let intercepts = parameters.view(of: bias)
      for row in 0..<Self.batchSize {
        var trial = stream.index(below: count, lane: row, 0)
        var place = 0
        while trial >= sets[place].count {
          trial -= sets[place].count
          place += 1
        }
        let set = sets[place]
        let state = set.states.buffer.pointer + trial * width
        (rows.base + row * width).update(from: state, count: width)
        for dimension in 0..<dimensions {
          var decoded = intercepts[dimension, 0]
          for unit in 0..<width { decoded += weights[dimension, unit] * state[unit] }
          residuals[row, dimension] =
            scale * (decoded - set.latents.buffer.pointer[trial * dimensions + dimension])
        }
      }
      gradient.buffer.fill(0)
      multiply(
        residuals.readOnly.transposed,
        rows.readOnly,
        into: gradient.mutableView(of: weight)
      )
      addColumnSums(of: residuals.readOnly, to: gradient.mutableView(of: bias).base)
      adam.update(&parameters.buffer, against: gradient.buffer)
    }

    var weights = DoubleMatrix(rows: width, columns: dimensions)
    let fitted = parameters.view(of: weight)
    for unit in 0..<width {
      for dimension in 0..<dimensions { weights[unit, dimension] = Double(fitted[dimension, unit]) }
    }
    decoder = LinearDecoder(
      weights: weights,
      intercept: parameters.values(of: bias).map(Double.init)
    )
  }
}
