/// What one batch of training costs, counted from its sizes.
///
/// With `R = B·T` rows, `I = 41` inputs, `H` units, `g` gates (1 for rnn, 4 for lstm, 3 for gru)
/// and a multiplication and an addition as two operations:
///
///     encoder     2 R (100 D + 100·100 + 100·40)
///     readout     3 · 2 R H N                              forward, and two products backward
///     recurrent   2 · 2 R I g H + 3 · 2 B (T-1) H g H      inputs need no gradient; r_0 is 0
///     gpt2        2 · 2 R I H + L · 3 · (2 R · 12 H² + 4 B T² H)
///
/// with attention counted over all pairs of steps, though half of them lie in the future. The two
/// steps without a stimulus are counted as encoded, though they need not be.
struct StepWork {
  let options: Options

  private static let steps = 22.0
  private static let inputs = 41.0
  private static let features = 40.0
  private static let encoderWidth = 100.0

  private var batch: Double { Double(options.batch) }
  private var rows: Double { batch * Self.steps }
  private var units: Double { Double(options.units) }
  private var tasks: Double { Double(options.tasks) }
  private var dimensions: Double { Double(options.dimensions) }
  private var layers: Double { Double(options.layers) }

  /// Floating-point operations.
  var flops: Double { encoder + network + readout }

  private var encoder: Double {
    let width = Self.encoderWidth
    return 2 * rows * (dimensions * width + width * width + width * Self.features)
  }

  private var readout: Double { 3 * 2 * rows * units * tasks }

  private var network: Double {
    switch options.architecture {
    case .rnn: recurrent(gates: 1)
    case .lstm: recurrent(gates: 4)
    case .gru: recurrent(gates: 3)
    case .gpt2:
      2 * 2 * rows * Self.inputs * units
        + layers * 3 * (2 * rows * 12 * units * units + 4 * batch * Self.steps * Self.steps * units)
    }
  }

  private func recurrent(gates: Double) -> Double {
    2 * 2 * rows * Self.inputs * gates * units
      + 3 * 2 * batch * (Self.steps - 1) * units * gates * units
  }

  /// Bytes of what one batch must keep until its backward pass is done.
  ///
  /// In values a row: the observation, the inputs, target and logit of every task, and
  ///
  ///     rnn     H             the rates
  ///     lstm    6 H           four gates, cell, state
  ///     gru     5 H           three gates, what the reset gate multiplies, state
  ///     gpt2    2 H + L (16 H + T·heads)   embeddings, last LayerNorm; and a block's LayerNorms 2,
  ///                           queries, keys and values 3, joined heads 1, both sums 2, before and
  ///                           after the GELU 8 H, attention's weights T·heads
  var activationBytes: Int {
    let network =
      switch options.architecture {
      case .rnn: units
      case .lstm: 6 * units
      case .gru: 5 * units
      case .gpt2: 2 * units + layers * (16 * units + Self.steps * Double(options.heads))
      }
    return Int(4 * rows * (1 + dimensions + Self.inputs + 2 * tasks + network))
  }
}
