import Kernels

/// Which values of a layer dropout keeps, one bit each.
///
/// A value is dropped with probability `p` and kept values grow by `1 / (1 - p)`, so that means
/// stay. Sixteen bits decide a value: `p` counts in steps of 2⁻¹⁶, and the growth is that of the
/// rounded `p`.
package struct DropoutMask: Sendable {
  package let count: Int
  /// A value is kept where its sixteen bits are no less.
  private let threshold: UInt32
  /// Sixteen values a word, the first the lowest bit.
  private var words: [UInt16]

  /// A mask for `count` values that are dropped with `probability`; nothing is dropped before the
  /// first ``draw(from:source:)``.
  package init(count: Int, probability: Double) {
    precondition(
      probability >= 0 && probability < 1,
      "a dropout probability lies in [0, 1), not at \(probability)"
    )
    self.count = count
    threshold = min(UInt32((probability * 65536).rounded()), 65535)
    words = [UInt16](repeating: .max, count: (count + 15) / 16)
  }

  /// `1 / (1 - p)`.
  package var scale: Float { 65536 / Float(65536 - threshold) }

  /// Draws anew.
  ///
  /// - Parameters:
  ///   - stream: Which numbers.
  ///   - source: Masks of other sources are independent: source `s` uses lanes `16 s ..< 16 s + 16`.
  package mutating func draw(from stream: RandomStream, source: Int) {
    let threshold = threshold
    words.withUnsafeMutableBufferPointer { words in
      guard let base = words.baseAddress else { return }
      stream.fillDropoutBits(base, count: words.count, threshold: threshold, firstLane: 16 * source)
    }
  }

  /// What each value is multiplied by: 0 or ``scale``.
  package var factors: [Float] {
    (0..<count).map { words[$0 / 16] >> ($0 % 16) & 1 == 1 ? scale : 0 }
  }

  func withWords<Result>(_ body: (UnsafePointer<UInt16>?) -> Result) -> Result {
    words.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

/// Computes `result = start + mask ⊙ values`; without a mask every value is kept as it is, without
/// a start it is zero.
///
/// `result` may be `start` or `values`. The way back is the same: a gradient goes where its value
/// went.
package func dropout(
  _ values: MatrixView,
  keeping mask: DropoutMask?,
  addedTo start: MatrixView? = nil,
  into result: MutableMatrixView
) {
  let count = values.rows * values.columns
  precondition(
    mask.map { $0.count == count } ?? true && count == result.rows * result.columns
      && count == start.map { $0.rows * $0.columns } ?? count,
    "a mask of \(mask?.count ?? count) values for \(values.rows) × \(values.columns)"
  )
  precondition(
    values.rowStride == values.columns && result.rowStride == result.columns
      && start.map { $0.rowStride == $0.columns } ?? true,
    "rows with gaps between them can't be masked"
  )
  func drop(_ bits: UnsafePointer<UInt16>?) {
    Kernel.active.table.dropout(
      count,
      bits,
      mask?.scale ?? 1,
      start?.base,
      values.base,
      result.base
    )
  }
  if let mask { mask.withWords(drop) } else { drop(nil) }
}
