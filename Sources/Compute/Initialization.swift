/// How the weights from units to units are drawn before training.
package enum RecurrentInitialization: String, CaseIterable, Hashable, Sendable {
  /// As PyTorch draws every linear layer: uniform in ±1/√H.
  case pytorch
  /// Most are zero.
  case sparse
  /// Norms and angles are kept: every singular value is 1.
  case orthogonal
}

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
      uniform(&parameters, slot, within: bound, stream, lane: lane)
    }
  }

  /// Uniform in ±`bound`, value by value from one lane of the stream.
  package static func uniform(
    _ parameters: inout ParameterBuffer,
    _ slot: ParameterSlot,
    within bound: Float,
    _ stream: RandomStream,
    lane: Int
  ) {
    var uniform = Matrix(rows: slot.count, columns: 1)
    stream.fillUniform(uniform.mutableView, firstLane: lane)
    parameters.set(slot, to: uniform.buffer.values.map { bound * (2 * $0 - 1) })
  }

  /// Normal with mean 0, value by value from lane 0 of the stream.
  package static func normal(
    _ parameters: inout ParameterBuffer,
    _ slot: ParameterSlot,
    deviation: Float,
    _ stream: RandomStream
  ) {
    parameters.set(slot, to: normalDraws(slot.count, stream).map { deviation * $0 })
  }

  /// A recurrent layer: its weight, `[H, H]`, as asked for, its bias by PyTorch's default.
  ///
  /// Lane 1 of the stream draws the bias, lane 0 the weight, row by row, and lane 2 which of a
  /// sparse weight's entries are not zero.
  package static func recurrent(
    _ parameters: inout ParameterBuffer,
    weight: ParameterSlot,
    bias: ParameterSlot,
    as kind: RecurrentInitialization,
    _ stream: RandomStream
  ) {
    uniformByFanIn(&parameters, weight: weight, bias: bias, stream)
    switch kind {
    case .pytorch:
      break
    case .sparse:
      parameters.set(weight, to: sparse(order: weight.shape[0], stream))
    case .orthogonal:
      parameters.set(weight, to: orthogonal(order: weight.shape[0], stream))
    }
  }

  /// The share of a sparse weight's entries that are not zero.
  package static let sparseShare = 0.15

  /// A square matrix in which 15 % of the entries are normal with variance `2 / (0.15 H)`, the rest
  /// zero.
  ///
  /// Which ones is decided by lot over the whole matrix, so that their number is exact
  /// (0.15 H², rounded) and a unit's differs from the next one's. The variance is He's for ReLU
  /// units with 0.15 H inputs.
  private static func sparse(order: Int, _ stream: RandomStream) -> [Float] {
    let count = order * order
    let kept = Int((sparseShare * Double(count)).rounded())
    let deviation = Float((2 / (sparseShare * Double(order))).squareRoot())
    let normals = normalDraws(count, stream)
    // The first places of a shuffle (Fisher and Yates), which needs no more draws than places.
    var places = Array(0..<count)
    var weight = [Float](repeating: 0, count: count)
    for index in 0..<kept {
      places.swapAt(index, index + stream.index(below: count - index, lane: 2, index))
      weight[places[index]] = deviation * normals[places[index]]
    }
    return weight
  }

  /// A square matrix with orthonormal columns, uniform among all of them.
  ///
  /// It is the `Q` of a normal matrix's decomposition `QR` with a positive diagonal in `R`, as
  /// `torch.nn.init.orthogonal_` makes it. By Gram and Schmidt's process in double precision, every
  /// column twice, since one pass leaves what the rounding of a nearly dependent column lets
  /// through. Sums run in order: the bits are the same everywhere.
  private static func orthogonal(order: Int, _ stream: RandomStream) -> [Float] {
    let normals = normalDraws(order * order, stream)
    // A column a row, so that its values lie side by side.
    var basis = [Double](repeating: 0, count: order * order)
    for row in 0..<order {
      for column in 0..<order {
        basis[column * order + row] = Double(normals[row * order + column])
      }
    }
    basis.withUnsafeMutableBufferPointer { basis in
      for column in 0..<order {
        let current = column * order
        for _ in 0..<2 {
          for earlier in stride(from: 0, to: current, by: order) {
            var overlap = 0.0
            for row in 0..<order { overlap += basis[earlier + row] * basis[current + row] }
            for row in 0..<order { basis[current + row] -= overlap * basis[earlier + row] }
          }
        }
        var square = 0.0
        for row in 0..<order { square += basis[current + row] * basis[current + row] }
        let norm = square.squareRoot()
        for row in 0..<order { basis[current + row] /= norm }
      }
    }
    return (0..<order * order).map { Float(basis[$0 % order * order + $0 / order]) }
  }

  private static func normalDraws(_ count: Int, _ stream: RandomStream) -> [Float] {
    var normals = Matrix(rows: count, columns: 1)
    stream.fillNormal(normals.mutableView)
    return normals.buffer.values
  }
}
