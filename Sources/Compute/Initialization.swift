/// How weights are drawn before training.
package enum Initialization {
  /// PyTorch's default for a linear layer: weight and bias uniform in ±1/√(fan in).
  ///
  /// Source: `torch.nn.Linear.reset_parameters` (Kaiming-uniform with a = √5 comes to the same).
  /// Lane 0 of the stream draws the weight, row by row, lane 1 the bias.
  package static func uniformByFanIn(
    _ parameters: inout ParameterBuffer,
    weight: ParameterSlot,
    bias: ParameterSlot,
    _ stream: RandomStream
  ) {
    let bound = 1 / Float(weight.shape[1]).squareRoot()
    for (lane, slot) in [weight, bias].enumerated() {
      var uniform = Matrix(rows: slot.count, columns: 1)
      stream.fillUniform(uniform.mutableView, firstLane: lane)
      parameters.set(slot, to: uniform.buffer.values.map { bound * (2 * $0 - 1) })
    }
  }
}
