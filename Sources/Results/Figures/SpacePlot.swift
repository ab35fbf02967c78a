/// A point of a state space and the time when the state was there.
package struct SpacePoint: Hashable, Sendable {
  package let x: Double
  package let y: Double
  package let z: Double
  package let time: Double
  /// What stands there; empty where its group says so.
  package let name: String

  package init(_ x: Double, _ y: Double, _ z: Double, time: Double = 0, name: String = "") {
    self.x = x
    self.y = y
    self.z = z
    self.time = time
    self.name = name
  }

  var isDefined: Bool { x.isFinite && y.isFinite && z.isFinite && time.isFinite }
}

/// Paths through a state space, coloured by time from light to dark, or by another quantity that
/// stands in place of time.
package struct Trajectories: Hashable, Sendable {
  package let paths: [[SpacePoint]]
  /// Of each path; empty, or none at all, where it needs none.
  package let names: [String]
  /// What the colour shows, with its unit.
  package let timeLabel: String
  package let times: ClosedRange<Double>
  package let ramp: Ramp

  /// Leaves out paths with an undefined point and those too short to be drawn.
  package init(
    _ paths: [[SpacePoint]],
    names: [String] = [],
    timeLabel: String,
    ramp: Ramp = .sequential
  ) {
    precondition(
      names.isEmpty || names.count == paths.count,
      "\(names.count) names for \(paths.count) paths"
    )
    let drawn = paths.indices.filter { paths[$0].count > 1 && paths[$0].allSatisfy(\.isDefined) }
    self.paths = drawn.map { paths[$0] }
    self.names = names.isEmpty ? [] : drawn.map { names[$0] }
    self.timeLabel = timeLabel
    self.ramp = ramp
    let all = self.paths.lazy.flatMap { $0 }.map(\.time)
    let first = all.min() ?? 0
    let last = all.max() ?? 1
    self.times = first...max(last, first + 1e-9)
  }
}

/// Points of one kind in a state space: end points of a quadrant, fixed points.
package struct SpaceGroup: Hashable, Sendable {
  package let name: String
  package let meaning: Meaning
  package let points: [SpacePoint]
  /// What is written beside each point; nothing, or as many as points.
  package let labels: [String]

  package init(
    _ name: String,
    _ meaning: Meaning,
    _ points: [SpacePoint],
    labels: [String] = []
  ) {
    precondition(
      labels.isEmpty || labels.count == points.count,
      "\(labels.count) labels for \(points.count) points"
    )
    let drawn = points.indices.filter { points[$0].isDefined }
    self.name = name
    self.meaning = meaning
    self.points = drawn.map { points[$0] }
    self.labels = labels.isEmpty ? [] : drawn.map { labels[$0] }
  }
}

/// A small picture of the latents' square that says which marker stands for which part of it.
package struct LatentKey: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package let x: Double
    package let y: Double
    package let meaning: Meaning

    package init(_ x: Double, _ y: Double, _ meaning: Meaning) {
      self.x = x
      self.y = y
      self.meaning = meaning
    }
  }

  package let horizontal: String
  package let vertical: String
  /// Both sides of the square run over this range.
  package let range: ClosedRange<Double>
  package let entries: [Entry]

  package init(
    horizontal: String,
    vertical: String,
    range: ClosedRange<Double>,
    entries: [Entry]
  ) {
    self.horizontal = horizontal
    self.vertical = vertical
    self.range = range
    self.entries = entries
  }
}

/// Three axes of equal scale, seen without perspective.
///
/// On a screen the reader turns it. In print it becomes two plane pictures, first against second
/// and first against third axis, because a turned cube can't be measured on paper.
package struct SpacePlot: Hashable, Sendable {
  /// The three axes, all with the same length in state units: a flat cloud looks flat.
  package let axes: [Axis]
  package let trajectories: Trajectories?
  package let groups: [SpaceGroup]
  package let key: LatentKey?

  /// Finds axes that hold all points; `labels` are three, such as `PC1 (61 %)`.
  package init(
    labels: [String],
    trajectories: Trajectories? = nil,
    groups: [SpaceGroup],
    key: LatentKey? = nil
  ) {
    precondition(labels.count == 3, "a space has three axes, not \(labels.count)")
    let points =
      groups.flatMap(\.points) + (trajectories?.paths.flatMap { $0 } ?? [])
    let coordinates: [(SpacePoint) -> Double] = [\.x, \.y, \.z]
    let extents = coordinates.map { coordinate in
      let values = points.map(coordinate)
      return (values.min() ?? -0.5)...(values.max() ?? 0.5)
    }
    let longest = extents.map { $0.upperBound - $0.lowerBound }.max() ?? 1
    let half = longest > 0 ? 0.55 * longest : 0.5
    self.axes = zip(labels, extents).map { label, extent in
      let middle = (extent.lowerBound + extent.upperBound) / 2
      return Axis(label, range: (middle - half)...(middle + half))
    }
    self.trajectories = trajectories
    self.groups = groups
    self.key = key
  }
}

// From where a screen shows it first.
extension SpacePlot {
  static let eye = (x: 1.2, y: -1.4, z: 0.9)

  /// Where a point is seen, to the right of and above the cube's middle, in edges of the cube.
  package func fromEye(_ point: SpacePoint) -> (x: Double, y: Double) {
    let place = zip(axes, [point.x, point.y, point.z]).map { axis, value in
      (value - axis.range.lowerBound) / (axis.range.upperBound - axis.range.lowerBound) - 0.5
    }
    let (x, y, z) = Self.eye
    // The third axis points up.
    let level = (x * x + y * y).squareRoot()
    let distance = (level * level + z * z).squareRoot()
    let toward = (x * place[0] + y * place[1]) / level
    return (
      x: (x * place[1] - y * place[0]) / level,
      y: (level * place[2] - z * toward) / distance
    )
  }
}
