import Files
import Networks
import Theory
import Trials

/// A spec that runs, but lies outside the conditions of the theory.
package enum SpecWarning: Hashable, Sendable {
  /// N < D: the boundaries do not pin the latent down.
  case fewerTasksThanDimensions(tasks: Int, dimensions: Int)
  /// rank C < D: the normals of hyperplanes leave some direction open.
  case deficientNormals(rank: Int, dimensions: Int)
  /// Circles have their centers in a hyperplane, which mirrors them onto themselves.
  case mirroredCircles(dimensions: Int)
  /// All boundaries are their own mirror images, or images in a point.
  case symmetricBoundaries(isMirror: Bool)
  /// To first order in the noise the boundaries leave a direction open.
  case deficientGradients
  /// Branches of hyperbolas leave quadrants with no boundary, with one, or with parallel lines only.
  case openQuadrants(Int)
  /// Some boundaries are the same.
  case repeatedBoundaries(tasks: Int, different: Int)
  /// Some boundaries have the whole box on one side.
  case idleBoundaries(tasks: Int, idle: Int)
  /// |ρ| as large as it gets: latents follow from each other.
  case dependentLatents(correlation: Double)
  /// σ = 0: there is no evidence to accumulate.
  case noNoise(key: String)
  /// Every other label is wrong.
  case emptyLabels
  /// A region that hardly any latent falls into is withheld.
  case smallRegion(dimensions: Int)
  /// Nothing is seen in the step that is measured, and nothing is remembered.
  case noMemory

  package var code: String {
    switch self {
    case .fewerTasksThanDimensions, .deficientNormals, .mirroredCircles, .symmetricBoundaries,
      .deficientGradients, .openQuadrants, .repeatedBoundaries, .idleBoundaries, .dependentLatents,
      .noNoise:
      "W-THEORY"
    case .emptyLabels: "W-LABELS"
    case .smallRegion: "W-REGION"
    case .noMemory: "W-MEMORY"
    }
  }

  package var message: String {
    let unidentified = "the identifiability argument does not apply"
    switch self {
    case .fewerTasksThanDimensions(let tasks, let dimensions):
      return "fewer tasks, N = \(tasks), than latent.dimensions = \(dimensions): \(unidentified)"
    case .deficientNormals(let rank, let dimensions):
      return "the boundaries' normals span \(rank) of \(dimensions) latent dimensions: "
        + unidentified
    case .mirroredCircles(let dimensions):
      return "all boundaries are circles with their centers in one "
        + (dimensions == 2 ? "line" : "hyperplane") + ", so that a latent and its mirror image "
        + "have the same answers: \(unidentified)"
    case .symmetricBoundaries(let isMirror):
      return isMirror
        ? "all boundaries are their own images in one mirror, so that a latent and its mirror image "
          + "have the same answers: \(unidentified)"
        : "all boundaries are even about one point, so that opposite latents have the same "
          + "answers: \(unidentified)"
    case .deficientGradients:
      return "to first order in the noise the boundaries leave a direction open at most latents: "
        + unidentified
    case .openQuadrants(let count):
      return "in \(count) of 4 quadrants there is no boundary, only one, or only parallel lines: "
        + "the direction that they leave open there is told by the answers of other quadrants "
        + "alone, and hardly more than a few σ/√t away from those"
    case .repeatedBoundaries(let tasks, let different):
      return "of \(tasks) boundaries only \(different) are different: the theory counts those"
    case .idleBoundaries(let tasks, let idle):
      return "of \(tasks) boundaries \(idle) miss the box of latents, so that their answers never "
        + "change: the theory counts the others"
    case .dependentLatents(let correlation):
      return "latent.correlation = \(SpecValue.number(correlation)): in training latents follow "
        + "from each other and fill no box; the theorem does not apply"
    case .noNoise(let key):
      return "\(key) = 0: one look shows the latent, so that nothing has to be accumulated and "
        + "the best answers carry no distance to the boundaries; the theorem does not apply"
    case .emptyLabels:
      return "tasks.labelNoise = 0.5: every other label is wrong, so that there is nothing to learn"
    case .smallRegion(let dimensions):
      return "training.region = orthant: with latent.dimensions = \(dimensions) it holds one "
        + "latent in \(dimensions < 20 ? String(1 << dimensions) : "2^\(dimensions)"), so that "
        + "hardly anything is withheld; halfSpace holds one in 2"
    case .noMemory:
      return "network.architecture = feedForward sees nothing in the last step, whose state is "
        + "measured: set timing.free to keep the evidence on during the decision"
    }
  }

  /// As it is kept in `result.json`.
  package var json: JSONValue { ["code": .string(code), "message": .string(message)] }
}

extension SpecWarning: CustomStringConvertible {
  package var description: String { "warning[\(code)]: \(message)" }
}

extension RunSpec {
  /// What should be said beside every number of this run.
  package var warnings: [SpecWarning] {
    let dimensions = paradigm.dimensions
    let boundaries = paradigm.boundaries.boundaries(dimensions: dimensions, seed: seed)
    var warnings = Self.warnings(about: boundaries, dimensions: dimensions)
    let (tasks, different) = (boundaries.count, differentBoundaries)
    if different < tasks {
      warnings.append(.repeatedBoundaries(tasks: tasks, different: different))
    }
    let correlation = paradigm.latents.correlation
    let smallest = LatentDistribution.smallestCorrelation(dimensions: dimensions)
    if correlation == 1 || correlation <= smallest + 1e-9 {
      warnings.append(.dependentLatents(correlation: correlation))
    }
    if paradigm.noise.isNone {
      let isBefore = noisePlace == .before
      warnings.append(.noNoise(key: isBefore ? "noise.deviation" : "encoder.deviation"))
    }
    if labelNoise == 0.5 { warnings.append(.emptyLabels) }
    if withheldRegion == .orthant, dimensions > 4 {
      warnings.append(.smallRegion(dimensions: dimensions))
    }
    if case .feedForward = architecture, !paradigm.timing.isFree { warnings.append(.noMemory) }
    return warnings
  }

  private static func warnings(
    about boundaries: [Boundary],
    dimensions: Int
  ) -> [SpecWarning] {
    var warnings: [SpecWarning] = []
    let tasks = boundaries.count
    switch Conditions(boundaries, dimensions: dimensions).verdict {
    case .holds, .holdsLocally:
      break
    case .fails(.fewerTasksThanDimensions):
      warnings.append(.fewerTasksThanDimensions(tasks: tasks, dimensions: dimensions))
    case .fails(.deficientNormals(let rank)):
      warnings.append(.deficientNormals(rank: rank, dimensions: dimensions))
    case .fails(.symmetry(let symmetry)):
      let areCircles = boundaries.allSatisfy { if case .ball = $0 { true } else { false } }
      warnings.append(
        areCircles && symmetry != .pointReflection
          ? .mirroredCircles(dimensions: dimensions)
          : .symmetricBoundaries(isMirror: symmetry != .pointReflection)
      )
    case .fails(.deficientGradients):
      warnings.append(.deficientGradients)
    }
    let open = openQuadrants(boundaries)
    if open > 0 { warnings.append(.openQuadrants(open)) }
    let idle = boundaries.count(where: \.missesBox)
    if idle > 0 { warnings.append(.idleBoundaries(tasks: tasks, idle: idle)) }
    return warnings
  }

  /// Quadrants of the plane with fewer than two directions of boundaries: a branch of a hyperbola
  /// keeps to its own, and a circle counts where it reaches; lines and quadrics count in each.
  ///
  /// By exact outputs a latent is told there all the same: looks are noisy, and so the odds of a
  /// branch in another quadrant change a little. But at a distance a from it, with s = σ/√t, the
  /// information of its label is of the order of exp(-a²/2s²). With one branch in each quadrant (σ =
  /// 0.2, t = 20) the least information of all labels, times s², is below 1e-3 at four fifths of
  /// the latents; with six at a quarter of them.
  private static func openQuadrants(_ boundaries: [Boundary]) -> Int {
    let hasBranches = boundaries.contains { QuadraticForm(of: $0) == nil }
    guard hasBranches, boundaries.count > 1 else { return 0 }
    return [(true, true), (true, false), (false, true), (false, false)].count { quadrant in
      let there = boundaries.filter { !$0.missesBox && $0.reaches(quadrant) }
      let normals = there.compactMap(\.hyperplane?.normal)
      let areFlat = normals.count == there.count
      return areFlat ? rank(of: normals, dimensions: 2) < 2 : Set(there.map(\.trace)).count < 2
    }
  }

  /// A rule makes no boundary twice; only a list may hold one again, and copies do.
  private var differentBoundaries: Int {
    if case .given(let list) = paradigm.boundaries.shape { return Set(list.map(\.trace)).count }
    return paradigm.boundaryCount / paradigm.boundaries.copies
  }
}

extension Boundary {
  /// The same numbers for boundaries in the same place, whatever their scale and whichever side
  /// is above.
  fileprivate var trace: [Double] {
    if case .hyperbola(let first, let second, let threshold) = self {
      return [first ? 1 : -1, second ? 1 : -1, threshold]
    }
    let form = QuadraticForm(of: self)
    return form.map { Self.unsigned($0.matrix + $0.normal + [$0.offset]) } ?? []
  }

  private static func unsigned(_ values: [Double]) -> [Double] {
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let lead = values.first { $0.magnitude > 1e-9 * length } ?? 1
    let scale = (lead < 0 ? -1 : 1) * length
    // Rounded, since one scale may not divide as another does.
    return values.map { ($0 / scale * 1e9).rounded() + 0 }
  }

  /// Whether it may pass through a quadrant of the plane, told by the signs of its latents: lines
  /// and quadrics are not looked into.
  fileprivate func reaches(_ quadrant: (Bool, Bool)) -> Bool {
    switch self {
    case .hyperbola(let first, let second, _):
      return (first, second) == quadrant
    case .ball(let center, let radius):
      let outside = zip(center, [quadrant.0, quadrant.1]).map { value, isPositive in
        let place = isPositive ? value : -value
        return max(-place, place - 0.5, 0)
      }
      return outside.reduce(0) { $0 + $1 * $1 } < radius * radius
    case .hyperplane, .quadric:
      return true
    }
  }

  /// Whether the whole box lies on one side; quadrics are not looked into.
  fileprivate var missesBox: Bool {
    switch self {
    case .hyperplane(let plane):
      return plane.offset.magnitude >= plane.normal.reduce(0) { $0 + $1.magnitude } / 2
    case .ball(let center, let radius):
      let nearest = center.reduce(0) { sum, value in
        let outside = max(0, value.magnitude - 0.5)
        return sum + outside * outside
      }
      let farthest = center.reduce(0) { sum, value in
        let distance = value.magnitude + 0.5
        return sum + distance * distance
      }
      return radius * radius <= nearest || radius * radius > farthest
    case .hyperbola(_, _, let threshold):
      return threshold >= 0.25
    case .quadric:
      return false
    }
  }
}
