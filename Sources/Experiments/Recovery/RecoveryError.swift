import Files
import SystemPackage

/// Why outputs can't be turned into latents.
package enum RecoveryError: ReportableError {
  case notAMatrix(file: FilePath, shape: String)
  case noTrials(file: FilePath)
  case shapeMismatch(outputs: FilePath, shape: [Int], boundaries: FilePath, count: Int)
  /// An output that is no probability, or a number that is none.
  case badValue(file: FilePath, row: Int, column: Int, value: Double, wanted: String, share: Double)
  case saturated(file: FilePath, row: Int, column: Int, value: Double, share: Double)
  /// A number of a boundary that is none, or too large.
  case badCoefficient(file: FilePath, row: Int, column: Int, value: Double)
  case noBoundaries(file: FilePath, why: String)
  case badBoundary(file: FilePath, number: Int, why: String)
  case tooFewBoundaries(file: FilePath, count: Int, dimensions: Int)
  case notFlat(file: FilePath, number: Int, method: String)
  /// A latent that is beyond the range of numbers.
  case noLatent(file: FilePath, row: Int, method: String)

  package var code: String {
    switch self {
    case .notAMatrix, .noTrials, .shapeMismatch: "E-RECOVER-SHAPE"
    case .badValue, .noLatent: "E-RECOVER-VALUE"
    case .saturated: "E-RECOVER-SATURATED"
    case .badCoefficient, .noBoundaries, .badBoundary: "E-RECOVER-BOUNDARY"
    case .tooFewBoundaries: "E-RECOVER-COUNT"
    case .notFlat: "E-RECOVER-METHOD"
    }
  }

  package var exitCode: Int32 { 65 }

  package var message: String {
    switch self {
    case .notAMatrix(let file, let shape):
      "no outputs in \(file) (shape = \(shape)): they are a matrix, a row a trial and a column a "
        + "boundary. MEND: save them with two axes"
    case .noTrials(let file):
      "no outputs in \(file): it has no row, and a row is a trial. MEND: check that this is the file "
        + "you meant"
    case .shapeMismatch(let outputs, let shape, let boundaries, let count):
      "outputs and boundaries don't fit in \(outputs) (columns = \(shape[1])): \(boundaries) has "
        + "\(count) boundaries. MEND: "
        + (shape[0] == count
          ? "the outputs seem to be transposed: give a row for each trial, a column for each boundary"
          : "give a column for each boundary, in the same order")
    case .badValue(let file, let row, let column, let value, let wanted, let share):
      "not an output in \(file) (row = \(row), column = \(column), value = \(value)): it is not "
        + "\(wanted), as \((share * 100).shortened) % of the values aren't. "
        + (wanted == "a probability" && !value.isNaN
          ? "MEND: mend the file, or say --logits if these are logits" : "MEND: mend the file")
    case .saturated(let file, let row, let column, let value, let share):
      "a saturated output in \(file) (row = \(row), column = \(column), value = \(value)): of such "
        + "outputs, \((share * 100).shortened) % here, the closed form makes infinite latents. "
        + "MEND: give logits and --logits, or take --method weighted or box, which keep their side"
    case .badCoefficient(let file, let row, let column, let value):
      "not a boundary in \(file) (row = \(row), column = \(column), value = \(value)): its numbers lie "
        + "within ±1000000. MEND: "
        + (value.isFinite
          ? "divide the line by one factor; a boundary is the same with all its numbers multiplied"
          : "write a number in its place")
    case .noBoundaries(let file, let why):
      "no boundaries in \(file): \(why). MEND: write a line of CSV for each, the components of its "
        + "normal and then the offset, or a YAML list"
    case .badBoundary(let file, let number, let why):
      "not a boundary in \(file) (boundary = \(number)): \(why). "
        + "MEND: see disentangle help recover"
    case .tooFewBoundaries(let file, let count, let dimensions):
      "too few boundaries in \(file) (boundaries = \(count)): they are of \(dimensions) dimensions, "
        + "which need as many boundaries at least: else many latents have the same outputs. "
        + "MEND: add boundaries; in CSV a line is one of them, \(dimensions) numbers and an offset"
    case .notFlat(let file, let number, let method):
      "a curved boundary in \(file) (boundary = \(number)): --method \(method) is a closed form for "
        + "flat ones. MEND: take --method general"
    case .noLatent(let file, let row, let method):
      "no latent for outputs in \(file) (row = \(row)): with --method \(method) it is beyond the "
        + "range of numbers. MEND: check σ/√t and the boundaries"
    }
  }
}

extension Double {
  /// With four digits at most.
  var shortened: String {
    guard self != 0, isFinite else { return description }
    let rounded = (self * 1e4).rounded() / 1e4
    return rounded == 0 ? description : rounded.description
  }
}
