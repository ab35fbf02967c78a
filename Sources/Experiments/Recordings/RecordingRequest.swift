import Analysis
import Compute
import Files
import SystemPackage

/// Which files of a user hold what.
package struct RecordingRequest: Sendable {
  /// Which state of a trial is taken where states have a time axis.
  package enum Time: Hashable, Sendable {
    case last
    case mean
    case step(Int)
  }

  package enum MissingRule: String, CaseIterable, Sendable {
    case refuse
    case drop
  }

  package var states: String
  package var factors: String
  package var groups: String?
  /// Another system's states on the same trials.
  package var other: String?
  package var time = Time.last
  package var circular: [String] = []
  package var categorical: [String] = []
  /// A full turn of the circular factors.
  package var period = 2 * Double.pi
  package var missing = MissingRule.refuse
  /// How a session in NWB becomes trials.
  package var session = SessionRequest()

  package init(states: String, factors: String) {
    self.states = states
    self.factors = factors
  }
}

/// A user's arrays as a recording, with what was taken as what.
package struct ReadRecording: Sendable {
  package struct Remark: Hashable, Sendable {
    package let name: String
    package let text: String
  }

  package let recording: Recording
  /// Another system's states on the same trials, `[n, H₂]`.
  package let other: DoubleMatrix?
  /// The states of some of these trials at several steps, where states have a time axis.
  package let overTime: StatesOverTime?
  /// Systems that know nothing, on the same trials: what a value is held against.
  package let floors: [Floor]
  /// For people: files, shapes, factors, what was left out.
  package let remarks: [Remark]
  /// What might have been meant otherwise.
  package let warnings: [String]
  package let json: JSONValue

  package struct Floor: Sendable {
    /// As in the keys of `result.json`: `untrained`, `encoder`.
    package let name: String
    package let recording: Recording
  }

  package static let fewestTrials = 20
  package static let mostCategories = 64
}

extension ReadRecording {
  /// Reads states, factors and groups and checks that they belong together.
  ///
  /// - Throws: `FileError`, or `RecordingError` with a mend.
  package init(_ request: RecordingRequest) throws {
    let states = try RecordedArray(request.states, as: .states, request.session)
    let trials = states.shape.first
    let factors = try RecordedArray(
      request.factors,
      as: .factors,
      request.session,
      trials: trials
    )
    let groups = try request.groups.map {
      try RecordedArray($0, as: .groups, request.session, trials: trials)
    }
    guard let trials, (2...3).contains(states.shape.count), !states.shape.contains(0) else {
      throw RecordingError.shape(
        states.path,
        role: "states",
        shape: states.shape,
        wanted: "trials × units, or trials × time × units"
      )
    }
    guard factors.shape.first == trials else {
      throw RecordingError.trials(
        states.path,
        shape: states.shape,
        factors.path,
        otherShape: factors.shape
      )
    }
    let (matrix, timeInWords) = try Self.matrix(states, request.time)
    let columns = try factors.columns(named: "factor")
    for (place, column) in columns.enumerated()
    where columns[..<place].contains(where: { $0.name == column.name }) {
      throw RecordingError.sameName(factors.path, name: column.name)
    }
    for (option, names) in [
      ("--circular", request.circular), ("--categorical", request.categorical),
    ] {
      for name in names where !columns.contains(where: { $0.name == name }) {
        throw RecordingError.unknownFactor(option: option, name: name, known: columns.map(\.name))
      }
    }
    let groupColumn = try groups.map { array in
      let columns = try array.columns(named: "group")
      guard columns.count == 1, columns[0].numbers.count == trials else {
        throw RecordingError.shape(
          array.path,
          role: "groups",
          shape: array.shape,
          wanted: "one column of \(counted(trials, "trial"))"
        )
      }
      return columns[0]
    }

    let second = try request.other.map { try Self.other($0, request, trials) }
    guard request.time == .last || states.shape.count == 3 || second?.hasTime == true else {
      throw RecordingError.noTime(
        states.path,
        wanted: request.time.word,
        shape: states.shape
      )
    }
    for (system, path) in [(matrix, states.path)] + (second.map { [($0.matrix, $0.path)] } ?? []) {
      try Self.check(system, path)
    }
    for column in columns where (0..<trials).allSatisfy(column.isMissing) {
      throw RecordingError.nothingThere(
        factors.path,
        columns: [column.name],
        trials: trials,
        mend: "leave that column out"
      )
    }

    // What is missing, trial by trial.
    let gaps = Gaps([matrix] + (second.map { [$0.matrix] } ?? []), columns, groupColumn)
    if request.missing == .refuse, let first = gaps.first {
      throw RecordingError.missing(
        first.isFactor
          ? factors.path : first.system == 1 ? second?.path ?? states.path : states.path,
        role: first.isFactor ? "factors" : "states",
        values: first.isFactor ? gaps.factorValues : gaps.stateValues,
        trials: gaps.dropped.count,
        first: first.place
          + (first.isFactor ? "" : states.gaps.map { "; \($0)" } ?? "")
      )
    }
    let kept = gaps.kept
    guard kept.count >= Self.fewestTrials else {
      throw RecordingError.tooFew(trials: kept.count, dropped: gaps.dropped.count)
    }
    let read = try columns.map { try Self.factor($0, request, kept, factors.path) }
    let whole = gaps.dropped.isEmpty
    recording = Recording(
      states: whole ? matrix : matrix.rows(kept),
      factors: read,
      groups: groupColumn.map { column in Self.ranks(kept.map { column.cell($0) }).labels }
    )
    other = second.map { whole ? $0.matrix : $0.matrix.rows(kept) }
    overTime = try Self.overTime(states, kept)
    floors = []
    let silent = recording.silentUnits.count
    guard silent < recording.units else { throw RecordingError.constantStates(states.path) }

    var remarks = [
      Remark(
        name: "states",
        text: "\(states.path): \(states.shape.inWords), taken as \(counted(trials, "trial"))"
          + (states.shape.count == 3 ? " × \(counted(states.shape[1], "step"))" : "")
          + " × \(counted(recording.units, "unit"))\(timeInWords)"
      )
    ]
    for words in [states.taken, states.gaps] {
      if let words { remarks.append(Remark(name: "", text: words)) }
    }
    remarks.append(
      Remark(
        name: "factors",
        text: "\(factors.path): \(factors.shape.inWords), taken as "
          + counted(read.count, "factor")
          + (factors.taken.map { ", \($0)" } ?? "")
      )
    )
    for factor in read { remarks.append(Remark(name: "", text: factor.inWords)) }
    if let groups {
      remarks.append(
        Remark(
          name: "groups",
          text: "\(groups.path): "
            + (recording.groups.map { "\(Set($0).count) groups, halved and shuffled as such" }
              ?? "one group, taken as none")
        )
      )
    }
    if let second {
      remarks.append(
        Remark(
          name: "compared",
          text:
            "\(second.path): the same trials × \(counted(second.matrix.columns, "unit")) of another system"
        )
      )
    }
    if !whole {
      remarks.append(
        Remark(
          name: "left out",
          text: "\(gaps.dropped.count) of \(counted(trials, "trial")) with missing values "
            + "(\(gaps.stateValues) states, \(gaps.factorValues) factor values)"
        )
      )
    }
    if silent > 0 {
      remarks.append(
        Remark(
          name: "silent",
          text:
            "\(silent) of \(counted(recording.units, "unit")) never change\(silent == 1 ? "s" : "")"
        )
      )
    }
    self.remarks = remarks
    warnings =
      states.warnings + factors.warnings + (groups?.warnings ?? []) + (second?.warnings ?? [])
      + zip(columns, read).compactMap { Self.doubt($0, $1) }
      + (groupColumn == nil || recording.groups != nil
        ? []
        : ["all trials are of one group: groups are left out, and trials stand for themselves"])
    json = [
      "states": [
        "file": .string(states.path.string),
        "shape": .array(states.shape.map(JSONValue.integer)),
      ],
      "taken": states.taken.map(JSONValue.string) ?? .null,
      "factorsFile": .string(factors.path.string),
      "trials": .integer(recording.count),
      "trialsLeftOut": .integer(gaps.dropped.count),
      "units": .integer(recording.units),
      "silentUnits": .integer(silent),
      "groups": recording.groups.map { .integer(Set($0).count) } ?? .null,
      "time": .string(request.time.word(for: states.shape)),
      "factors": .array(read.map(\.json)),
    ]
  }

  /// Of trials that are kept, those without a gap at any of the steps; `nil` where there are too few.
  private static func overTime(_ array: RecordedArray, _ kept: [Int]) throws -> StatesOverTime? {
    guard array.shape.count == 3, array.shape[1] > 1 else { return nil }
    let values = try array.numbers()
    let (length, units) = (array.shape[1], array.shape[2])
    let steps = StatesOverTime.spread(length, StatesOverTime.mostSteps)
    func state(_ trial: Int, _ step: Int) -> ArraySlice<Double> {
      let start = (kept[trial] * length + step) * units
      return values[start..<start + units]
    }
    let complete = kept.indices.filter { trial in
      steps.allSatisfy { state(trial, $0).allSatisfy(\.isFinite) }
    }
    guard complete.count >= fewestTrials else { return nil }
    let trials = StatesOverTime.spread(complete.count, StatesOverTime.mostTrials)
      .map { complete[$0] }
    return StatesOverTime(
      steps: steps,
      states: steps.map { step in
        DoubleMatrix(
          rows: trials.count,
          columns: units,
          values: trials.flatMap { state($0, step) }
        )
      },
      trials: trials
    )
  }

  private static func matrix(
    _ array: RecordedArray,
    _ time: RecordingRequest.Time
  ) throws -> (DoubleMatrix, String) {
    let values = try array.numbers()
    let trials = array.shape[0]
    guard array.shape.count == 3 else {
      return (DoubleMatrix(rows: trials, columns: array.shape[1], values: values), "")
    }
    let (steps, units) = (array.shape[1], array.shape[2])
    var matrix = DoubleMatrix(rows: trials, columns: units)
    let chosen = try time.steps(of: steps, array.path)
    let words =
      switch time {
      case .last: "; the last step of each trial (--time)"
      case .mean: "; the mean over steps (--time)"
      case .step(let step): "; step \(step) of each trial, counted from 0"
      }
    for trial in 0..<trials {
      for step in chosen {
        let start = (trial * steps + step) * units
        for unit in 0..<units {
          matrix[trial, unit] += values[start + unit] / Double(chosen.count)
        }
      }
    }
    return (matrix, words)
  }

  private static func other(
    _ place: String,
    _ request: RecordingRequest,
    _ trials: Int
  ) throws -> OtherSystem {
    let array = try RecordedArray(place, as: .states, request.session, trials: trials)
    guard (2...3).contains(array.shape.count), array.shape[0] == trials, !array.shape.contains(0)
    else {
      throw RecordingError.shape(
        array.path,
        role: "states",
        shape: array.shape,
        wanted: "\(counted(trials, "trial")) × units, or as many × time × units"
      )
    }
    return OtherSystem(
      path: array.path,
      matrix: try matrix(array, request.time).0,
      hasTime: array.shape.count == 3,
      warnings: array.warnings
    )
  }

  /// Far beyond what anybody records, and so that squares of variances stay numbers.
  private static let scales = 1e-60...1e60

  /// What no rule about missing values can mend.
  private static func check(_ states: DoubleMatrix, _ path: FilePath) throws {
    let dead = (0..<states.columns).filter { unit in
      (0..<states.rows).allSatisfy { !states[$0, unit].isFinite }
    }
    guard dead.isEmpty else {
      let shown = dead.prefix(8).map(String.init).joined(separator: ", ")
      throw RecordingError.nothingThere(
        path,
        columns: ["unit = \(shown)\(dead.count > 8 ? ", …" : ""), counted from 0"],
        trials: states.rows,
        mend: dead.count == states.columns
          ? "check what was exported"
          : "leave \(dead.count == 1 ? "that unit" : "these \(dead.count) units") out, in Python with "
            + "numpy.delete(states, [\(shown)\(dead.count > 8 ? ", …" : "")], axis=-1)"
      )
    }
    let largest = states.values.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    guard largest == 0 || scales.contains(largest) else {
      throw RecordingError.scale(path, role: "states", largest: largest)
    }
  }

  private static func factor(
    _ column: RecordedArray.Column,
    _ request: RecordingRequest,
    _ kept: [Int],
    _ path: FilePath
  ) throws -> Factor {
    if request.circular.contains(column.name), let texts = column.texts {
      let word = texts.first { Double($0) == nil && !RecordedArray.missingWords.contains($0) }
      throw RecordingError.noAngle(path, factor: column.name, value: word ?? "")
    }
    let factor: Factor
    if column.texts != nil || request.categorical.contains(column.name) {
      let (labels, names) = ranks(kept.map { column.cell($0) })
      guard names.count <= mostCategories else {
        throw RecordingError.tooManyCategories(path, factor: column.name, count: names.count)
      }
      factor = Factor(column.name, .categorical(labels, names: names))
    } else {
      let values = kept.map { column.numbers[$0] }
      let largest = values.reduce(0) { max($0, $1.magnitude) }
      guard largest == 0 || scales.contains(largest) else {
        throw RecordingError.scale(path, role: column.name.printable, largest: largest)
      }
      factor = Factor(
        column.name,
        request.circular.contains(column.name)
          ? .circular(values.map { Factor.angle($0, period: request.period) }) : .continuous(values)
      )
    }
    guard !factor.isConstant else { throw RecordingError.constant(path, factor: column.name) }
    return factor
  }

  /// Numbers in their order as numbers, words in theirs.
  private static func ranks(_ cells: [String]) -> (labels: [Int], names: [String]) {
    let names = Set(cells).sorted { left, right in
      guard let first = Double(left), let second = Double(right) else { return left < right }
      return first < second
    }
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    return (cells.map { places[$0] ?? 0 }, names)
  }

  private static func doubt(_ column: RecordedArray.Column, _ factor: Factor) -> String? {
    guard case .continuous(let values) = factor.values else { return nil }
    if let first = values.first, first == 0 || first == 1,
      values.enumerated().allSatisfy({ $1 == first + Double($0) })
    {
      return
        "\(column.name.printable) numbers the trials in their order; if it is an index, leave it "
        + "out"
    }
    let distinct = Set(values).count
    guard distinct <= 12, values.count > 50 else { return nil }
    return "\(column.name.printable) has \(distinct) different values and was taken as continuous; "
      + "if they are names of things, give --categorical \(column.name.printable)"
  }
}

/// Another system's states.
private struct OtherSystem {
  let path: FilePath
  let matrix: DoubleMatrix
  let hasTime: Bool
  let warnings: [String]
}

/// Values that are not finite, by trial.
private struct Gaps {
  let kept: [Int]
  let dropped: [Int]
  let stateValues: Int
  let factorValues: Int
  let first: (isFactor: Bool, system: Int, place: String)?

  /// - Parameters:
  ///   - systems: States of one or two systems.
  ///   - factors: Of the same trials.
  ///   - groups: Of the same trials, if there are any.
  init(
    _ systems: [DoubleMatrix],
    _ factors: [RecordedArray.Column],
    _ groups: RecordedArray.Column?
  ) {
    var (kept, dropped): ([Int], [Int]) = ([], [])
    var (stateValues, factorValues) = (0, 0)
    var first: (Bool, Int, String)?
    for trial in 0..<systems[0].rows {
      let (before, factorsBefore) = (stateValues, factorValues)
      for (system, states) in systems.enumerated() {
        for unit in 0..<states.columns where !states[trial, unit].isFinite {
          stateValues += 1
          if first == nil {
            first = (false, system, "trial = \(trial), unit = \(unit), both counted from 0")
          }
        }
      }
      for column in factors + (groups.map { [$0] } ?? []) where column.isMissing(trial) {
        factorValues += 1
        if first == nil {
          first = (true, 0, "trial = \(trial), counted from 0, \(column.name.printable)")
        }
      }
      if stateValues == before, factorValues == factorsBefore {
        kept.append(trial)
      } else {
        dropped.append(trial)
      }
    }
    self.kept = kept
    self.dropped = dropped
    self.stateValues = stateValues
    self.factorValues = factorValues
    self.first = first
  }
}

extension RecordedArray.Column {
  fileprivate func isMissing(_ trial: Int) -> Bool {
    if let texts { return (RecordedArray.missingWords + ["nan", "NaN"]).contains(texts[trial]) }
    return !numbers[trial].isFinite
  }

  /// The cell as a category's name: whole numbers without a point.
  fileprivate func cell(_ trial: Int) -> String {
    if let texts { return texts[trial] }
    let value = numbers[trial]
    return value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : String(value)
  }
}

extension RecordingRequest.Time {
  /// The steps whose mean is taken of a trial of this many.
  ///
  /// - Throws: Where the step isn't there, with the path of the states.
  func steps(of count: Int, _ path: FilePath) throws -> [Int] {
    switch self {
    case .last: return [count - 1]
    case .mean: return Array(0..<count)
    case .step(let step):
      guard (0..<count).contains(step) else {
        throw RecordingError.step(path, wanted: step, count: count)
      }
      return [step]
    }
  }

  func word(for shape: [Int]) -> String { shape.count == 3 ? word : "none" }

  var word: String {
    switch self {
    case .last: return "last"
    case .mean: return "mean"
    case .step(let step): return String(step)
    }
  }
}

extension Factor {
  var inWords: String {
    switch values {
    case .continuous(let values):
      "\(name.printable): continuous, \(rounded(values.min())) … \(rounded(values.max()))"
    case .circular(let values):
      "\(name.printable): circular, \(rounded(values.min())) … \(rounded(values.max())) rad"
    case .categorical(let levels, let names):
      "\(name.printable): categorical, "
        + names.indices.prefix(8).map { level in
          "\(names[level].printable) (\(levels.count { $0 == level }))"
        }.joined(separator: ", ") + (names.count > 8 ? ", … (\(names.count) in all)" : "")
    }
  }

  var json: JSONValue {
    var parts: [String: JSONValue] = ["name": .string(name), "kind": .string(kind)]
    switch values {
    case .continuous(let values), .circular(let values):
      parts["lowest"] = values.min().map(JSONValue.number) ?? .null
      parts["highest"] = values.max().map(JSONValue.number) ?? .null
    case .categorical(let levels, let names):
      parts["categories"] = .array(
        names.indices.map { level in
          ["name": .string(names[level]), "trials": .integer(levels.count { $0 == level })]
        }
      )
    }
    return .object(parts)
  }
}

/// Four decimals at most where that says something.
private func rounded(_ value: Double?) -> String {
  guard let value else { return "–" }
  let near = (value * 1e4).rounded() / 1e4
  return value.magnitude > 0.001 && value.magnitude < 1e6 ? String(near) : String(value)
}

extension [Int] {
  fileprivate var inWords: String { map(String.init).joined(separator: " × ") }
}
