import Analysis
import Compute
import RealModule
import TestSupport

/// What scikit-learn, rsatoolbox, Decodanda, SciPy and formulas in NumPy found on one recording;
/// `make_score_fixtures.py` beside the file says how.
struct ScoreFixture {
  private let fixture: Fixture
  let states: DoubleMatrix
  let second: DoubleMatrix
  /// Two continuous ones, then three categories.
  let factors: [Factor]

  init() throws {
    fixture = try Fixture("scores")
    states = try Self.matrix(fixture, "states")
    second = try Self.matrix(fixture, "second")
    let continuous = try Self.matrix(fixture, "factors")
    let category = try fixture.exactDoubles("category").map { Int($0) }
    factors = [
      Factor("x", .continuous(continuous.column(0))),
      Factor("y", .continuous(continuous.column(1))),
      Factor("kind", .categorical(category, names: ["a", "b", "c"])),
    ]
  }

  var continuous: [Factor] { Array(factors.prefix(2)) }

  func matrix(_ name: String) throws -> DoubleMatrix { try Self.matrix(fixture, name) }

  func values(_ name: String) throws -> [Double] { try fixture.exactDoubles(name) }

  func value(_ name: String) throws -> Double { try fixture.exactDoubles(name)[0] }

  private static func matrix(_ fixture: Fixture, _ name: String) throws -> DoubleMatrix {
    let shape = try fixture.shape(name)
    return DoubleMatrix(
      rows: shape[0],
      columns: shape[1],
      values: try fixture.exactDoubles(name)
    )
  }
}

/// Two uniform factors and codes of them whose scores are known.
struct KnownCode {
  /// Rows of two numbers within ±½, never nearer to 0 than .05.
  let latents: [[Double]]

  init(trials: Int = 400, seed: UInt64 = 1) {
    var random = PlainRandom(seed: seed)
    latents = (0..<trials).map { trial in
      // The same number of trials in each quadrant.
      [trial % 2 == 0 ? 1.0 : -1, trial / 2 % 2 == 0 ? 1.0 : -1].map {
        $0 * random.uniform(from: 0.05, to: 0.5)
      }
    }
  }

  var factors: [Factor] {
    [
      Factor("x", .continuous(latents.map { $0[0] })),
      Factor("y", .continuous(latents.map { $0[1] })),
    ]
  }

  var conditions: Conditions { Conditions(factors) }

  /// The dichotomies of the four quadrants: by x, by y, by neither.
  static let byX = Dichotomy(isUpper: [false, false, true, true])
  static let byY = Dichotomy(isUpper: [false, true, false, true])
  static let byNeither = Dichotomy(isUpper: [false, true, true, false])

  /// A code of the latents, with noise of the given deviation added to every unit.
  func states(noise: Double = 0, seed: UInt64 = 2, _ code: ([Double]) -> [Double]) -> DoubleMatrix {
    var random = PlainRandom(seed: seed)
    let rows = latents.map { latent in code(latent).map { $0 + noise * random.normal() } }
    return DoubleMatrix(rows: rows.count, columns: rows[0].count, values: rows.flatMap { $0 })
  }

  /// One unit each, and one that never answers.
  func factorized(noise: Double = 0) -> DoubleMatrix {
    var states = states(noise: noise) { [$0[0] + 1, $0[1] + 2, 0] }
    for trial in 0..<states.rows { states[trial, 2] = 0 }
    return states
  }

  /// The same two, turned by 45 degrees.
  func turned(noise: Double = 0) -> DoubleMatrix {
    let scale = 0.5.squareRoot()
    return states(noise: noise) { [scale * ($0[0] + $0[1]), scale * ($0[0] - $0[1])] }
  }

  /// Only whether the signs agree.
  func exclusive(noise: Double) -> DoubleMatrix {
    states(noise: noise) { [$0[0] * $0[1] > 0 ? 1 : -1, 0] }
  }
}

/// A rotation of `width` coordinates that mixes all of them.
func rotation(_ width: Int, seed: UInt64) -> DoubleMatrix {
  var random = PlainRandom(seed: seed)
  var symmetric = DoubleMatrix(rows: width, columns: width)
  for row in 0..<width {
    for column in row..<width { symmetric[row, column] = random.normal() }
  }
  return SymmetricEigen.portable(symmetric.symmetrized).vectors
}

extension DoubleMatrix {
  fileprivate var symmetrized: DoubleMatrix { self + transposed }

  static func normal(_ rows: Int, _ columns: Int, seed: UInt64) -> DoubleMatrix {
    var random = PlainRandom(seed: seed)
    return DoubleMatrix(
      rows: rows,
      columns: columns,
      values: (0..<rows * columns).map { _ in random.normal() }
    )
  }
}
