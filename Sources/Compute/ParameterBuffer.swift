/// One named tensor inside a ``ParameterBuffer``.
package struct ParameterSlot: Hashable, Sendable {
  /// PyTorch's name of the tensor, such as `rec_to_rec.weight`.
  package let name: String
  /// `[out, in]` for weights, `[out]` for biases.
  package let shape: [Int]
  /// Where its first value stands.
  package let offset: Int

  package var count: Int { shape.reduce(1, *) }
}

/// Every weight of a network in one buffer, with named slots.
///
/// Because gradient and moments share the layout, the optimiser, the checkpoint, the gradient
/// check and the parity test are each one loop.
package struct ParameterBuffer: Equatable, Sendable {
  package let slots: [ParameterSlot]
  package var buffer: FloatBuffer

  package init(slots: [ParameterSlot]) {
    self.slots = slots
    buffer = FloatBuffer(count: slots.reduce(0) { $0 + $1.count })
  }

  package var count: Int { buffer.count }

  package func view(of slot: ParameterSlot) -> MatrixView {
    MatrixView(
      buffer.pointer + slot.offset,
      rows: slot.shape[0],
      columns: slot.shape.count > 1 ? slot.shape[1] : 1,
      rowStride: slot.shape.count > 1 ? slot.shape[1] : 1
    )
  }

  package mutating func mutableView(of slot: ParameterSlot) -> MutableMatrixView {
    MutableMatrixView(
      buffer.mutablePointer + slot.offset,
      rows: slot.shape[0],
      columns: slot.shape.count > 1 ? slot.shape[1] : 1,
      rowStride: slot.shape.count > 1 ? slot.shape[1] : 1
    )
  }

  package func values(of slot: ParameterSlot) -> [Float] {
    Array(UnsafeBufferPointer(start: buffer.pointer + slot.offset, count: slot.count))
  }

  /// Replaces a tensor by as many values as it holds, row by row.
  package mutating func set(_ slot: ParameterSlot, to values: [Float]) {
    precondition(values.count == slot.count, "\(slot.name) holds \(slot.count) values")
    let target = buffer.mutablePointer + slot.offset
    for (index, value) in values.enumerated() { target[index] = value }
  }
}

/// Lays tensors one after the other.
package struct ParameterLayout {
  package private(set) var slots: [ParameterSlot] = []
  private var end = 0

  package init() {}

  package mutating func add(_ name: String, _ shape: Int...) -> ParameterSlot {
    let slot = ParameterSlot(name: name, shape: shape, offset: end)
    slots.append(slot)
    end += slot.count
    return slot
  }
}
