import Files
import SystemPackage
import Trials

/// The boundaries of somebody's classifier: CSV with a line for each, the components of its normal
/// and then the offset, or a YAML list as in a spec.
package struct BoundaryFile: Sendable {
  package let path: FilePath
  package let boundaries: [Boundary]
  /// Whether it is CSV or another array, where a column can be forgotten.
  package let isTable: Bool

  /// D.
  package var dimensions: Int { boundaries[0].dimensions }

  package init(contentsOf path: FilePath) throws {
    self.path = path
    let isYAML = ["yaml", "yml", "json"].contains(path.extension?.lowercased())
    isTable = !isYAML
    boundaries = try isYAML ? Self.curves(path) : Self.planes(path)
    guard let first = boundaries.first else {
      throw RecoveryError.noBoundaries(file: path, why: "its list is empty")
    }
    for (index, boundary) in boundaries.enumerated() where boundary.dimensions != first.dimensions {
      throw RecoveryError.badBoundary(
        file: path,
        number: index + 1,
        why: "it has \(boundary.dimensions) dimensions, the first one \(first.dimensions)"
      )
    }
  }

  /// What a spec says whose tasks these boundaries are.
  package func assignments() throws(SpecError) -> [SpecAssignment] {
    let text =
      "latent: {dimensions: \(dimensions)}\n"
      + "tasks: {boundaries: given, given: \(boundaries.yaml)}\n"
    return try SpecDocument(text: text, name: path.string).assignments
  }

  private static func planes(_ path: FilePath) throws -> [Boundary] {
    let table = try ArrayFile(path.string).read(limit: 1 << 28)
    guard table.shape.count == 2, table.shape[1] >= 2 else {
      throw RecoveryError.noBoundaries(
        file: path,
        why: "its shape is \(table.shownShape), and a line needs a normal and an offset"
      )
    }
    guard table.shape[0] > 0 else {
      throw RecoveryError.noBoundaries(file: path, why: "it has no line")
    }
    let width = table.shape[1]
    return try (0..<table.shape[0]).map { row in
      let values = table.values[row * width..<(row + 1) * width]
      // As in a spec, so that squares stay numbers.
      let isBad: (Double) -> Bool = { !($0.magnitude <= Boundary.largestNumber) }
      if let column = values.firstIndex(where: isBad) {
        throw RecoveryError.badCoefficient(
          file: path,
          row: row + 1,
          column: column - values.startIndex + 1,
          value: values[column]
        )
      }
      guard values.dropLast().contains(where: { $0 != 0 }) else {
        throw RecoveryError.badBoundary(file: path, number: row + 1, why: "its normal is zero")
      }
      guard values.dropLast().contains(where: { $0.magnitude >= Boundary.smallestNormal }) else {
        throw RecoveryError.badBoundary(
          file: path,
          number: row + 1,
          why: "its normal has no number of 0.000001 or more; multiply the line by one factor"
        )
      }
      return .hyperplane(Hyperplane(normal: Array(values.dropLast()), offset: values.last ?? 0))
    }
  }

  private static func curves(_ path: FilePath) throws -> [Boundary] {
    let bytes = try [UInt8](contentsOf: path, limit: SpecDocument.limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SpecError.notUTF8(at: .somewhere(inFile: path.string))
    }
    guard let written = try WrittenValue.reading(yaml: text, name: path.string),
      let elements = written.json.array
    else {
      throw RecoveryError.noBoundaries(file: path, why: "it is no list")
    }
    return try elements.enumerated().map { index, element in
      do throws(BoundaryError) {
        return try Boundary(json: element)
      } catch {
        throw RecoveryError.badBoundary(
          file: path,
          number: index + 1,
          why: "\(error.member.map { "\($0) " } ?? "it ")\(error.why)"
        )
      }
    }
  }
}
