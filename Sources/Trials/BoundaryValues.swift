import Compute

/// The functions `h` of many boundaries at many latents: hyperplanes as one product, the others one
/// by one.
struct BoundaryValues: Sendable {
  let hyperplanes: [Hyperplane?]
  private let curved: [(index: Int, boundary: Boundary)]
  /// `[D, N]`; columns of curved boundaries are 0.
  private let normals: Matrix
  /// `-offset`, `[N]`.
  private let negativeOffsets: FloatBuffer

  var count: Int { normals.columns }

  init(of boundaries: [Boundary], dimensions: Int) {
    hyperplanes = boundaries.map(\.hyperplane)
    curved = boundaries.enumerated().compactMap { index, boundary in
      boundary.hyperplane == nil ? (index, boundary) : nil
    }
    var normals = Matrix(rows: dimensions, columns: boundaries.count)
    for (column, plane) in hyperplanes.enumerated() {
      for row in 0..<dimensions { normals[row, column] = Float(plane?.normal[row] ?? 0) }
    }
    self.normals = normals
    negativeOffsets = FloatBuffer(hyperplanes.map { Float(-($0?.offset ?? 0)) })
  }

  /// `h` of every boundary at `latents`, `[B, D]`, as `[B, N]`.
  func callAsFunction(_ latents: Matrix) -> Matrix {
    var values = Matrix(rows: latents.rows, columns: count)
    multiply(
      latents.view,
      normals.view,
      into: values.mutableView,
      from: .columnBias(negativeOffsets.pointer)
    )
    for trial in 0..<(curved.isEmpty ? 0 : latents.rows) {
      let latent = (0..<latents.columns).map { Double(latents[trial, $0]) }
      for (index, boundary) in curved { values[trial, index] = Float(boundary.value(at: latent)) }
    }
    return values
  }
}
