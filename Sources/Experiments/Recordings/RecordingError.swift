import Files
import SystemPackage

/// Why somebody's arrays can't be analysed as they are.
package enum RecordingError: ReportableError, Equatable {
  case shape(FilePath, role: String, shape: [Int], wanted: String)
  /// States and factors of different numbers of trials.
  case trials(FilePath, shape: [Int], FilePath, otherShape: [Int])
  case text(FilePath, column: String, line: Int, value: String)
  case missing(FilePath, role: String, values: Int, trials: Int, first: String)
  /// Units or factors without a single value, as "unit 3" or a factor's name.
  case nothingThere(FilePath, columns: [String], trials: Int, mend: String)
  case tooFew(trials: Int, dropped: Int)
  case constant(FilePath, factor: String)
  case constantStates(FilePath)
  /// Values whose squares are no longer numbers.
  case scale(FilePath, role: String, largest: Double)
  case unknownFactor(option: String, name: String, known: [String])
  case sameName(FilePath, name: String)
  /// An angle that is text.
  case noAngle(FilePath, factor: String, value: String)
  case tooManyCategories(FilePath, factor: String, count: Int)
  case step(FilePath, wanted: Int, count: Int)
  /// A step of trials that have none.
  case noTime(FilePath, wanted: String, shape: [Int])

  package var code: String {
    switch self {
    case .shape: "E-REC-SHAPE"
    case .trials: "E-REC-TRIALS"
    case .text: "E-REC-TEXT"
    case .missing, .nothingThere: "E-REC-MISSING"
    case .tooFew: "E-REC-FEW"
    case .constant, .constantStates: "E-REC-CONSTANT"
    case .scale: "E-REC-SCALE"
    case .unknownFactor, .sameName, .noAngle: "E-REC-FACTOR"
    case .tooManyCategories: "E-REC-CATEGORIES"
    case .step, .noTime: "E-REC-STEP"
    }
  }

  package var exitCode: Int32 {
    switch self {
    case .unknownFactor, .noAngle, .step, .noTime: 64
    default: 65
    }
  }

  package var message: String {
    switch self {
    case .shape(let path, let role, let shape, let wanted):
      "a wrong shape in \(shown(path)) (\(role) = \(inWords(shape))): want \(wanted). "
        + "MEND: reshape the array and save it anew"
    case .trials(let path, let shape, let other, let otherShape):
      "different trials in \(shown(path)) (states = \(inWords(shape)), factors = "
        + "\(inWords(otherShape)) in \(shown(other))): the first axis counts the trials, "
        + "\(shape.first ?? 0) of states and \(otherShape.first ?? 0) of factors. "
        + "MEND: \(trialsMend(shape, otherShape))"
    case .text(let path, let column, let line, let value):
      "text for a number in \(shown(path)) (line = \(line), \(column.printable) = "
        + "\(value.printable)): states are numbers. MEND: leave that column out"
    case .missing(let path, let role, let values, let trials, let first):
      "missing values in \(shown(path)) (\(first)): \(values) of its \(role) in \(counted(trials, "trial")) "
        + "\(values == 1 ? "is" : "are") not finite. "
        + "MEND: fill them, or leave these trials out with --missing drop"
    case .nothingThere(let path, let columns, let trials, let mend):
      "missing values in \(shown(path)) (\(columns.map(\.printable).joined(separator: ", "))): "
        + "none of \(counted(trials, "trial")) has a finite value there. MEND: \(mend)"
    case .tooFew(let trials, let dropped):
      "too few trials: \(trials) \(trials == 1 ? "is" : "are") left\(dropped > 0 ? " after \(dropped) with missing values" : "")"
        + ", want 20 at least. MEND: give more trials"
        + (dropped > 0 ? ", or leave out the units that miss most of them" : "")
    case .constant(let path, let factor):
      "a constant factor in \(shown(path)) (\(factor.printable)): it is the same on all trials, so "
        + "that nothing can be decoded. MEND: leave it out"
    case .constantStates(let path):
      "constant states in \(shown(path)): no unit ever changes. MEND: check what was exported"
    case .scale(let path, let role, let largest):
      "numbers too \(largest > 1 ? "large" : "small") in \(shown(path)) (largest of its \(role) = "
        + "\(largest)): their squares can't be computed with, want 1e-60 … 1e60. "
        + "MEND: \(largest > 1 ? "divide" : "multiply") all of them by one number, which changes no "
        + "score"
    case .unknownFactor(let option, let name, let known):
      "no such factor (\(option) = \(name.printable)): there are "
        + "\(known.map(\.printable).joined(separator: ", ")). MEND: "
        + (Spelling.closest(to: name, in: known).first.map { "did you mean \($0.printable)?" }
          ?? "name one of these")
    case .sameName(let path, let name):
      "two factors of one name in \(shown(path)) (\(name.printable)): nobody could tell them apart. "
        + "MEND: give every column a name of its own"
    case .noAngle(let path, let factor, let value):
      "no angle in \(shown(path)) (--circular = \(factor.printable), which holds "
        + "'\(value.printable)'): text has no cosine. MEND: write it as numbers, or leave it out of "
        + "--circular"
    case .tooManyCategories(let path, let factor, let count):
      "\(count) categories in \(shown(path)) (\(factor.printable)): 64 at most are told apart. "
        + "MEND: join categories, or give the factor as numbers"
    case .step(let path, let wanted, let count):
      "no such step in \(shown(path)) (--time = \(wanted)): there are \(count), counted from 0. "
        + "MEND: choose 0…\(count - 1), last or mean"
    case .noTime(let path, let wanted, let shape):
      "no steps in \(shown(path)) (--time = \(wanted.printable)): the states are \(inWords(shape)), trials "
        + "× units. MEND: leave --time out, or give trials × time × units (of a session, with --bin)"
    }
  }

  private func shown(_ path: FilePath) -> String { path.string.printable }

  private func inWords(_ shape: [Int]) -> String {
    shape.isEmpty ? "a single number" : shape.map(String.init).joined(separator: " × ")
  }

  private func trialsMend(_ states: [Int], _ factors: [Int]) -> String {
    let trials = factors.first ?? 0
    if states.count == 2, states[1] == trials {
      return "the states look transposed: save states.T, which is \(trials) × \(states[0])"
    }
    if factors.count == 2, factors[1] == states.first {
      return "the factors look transposed: save factors.T, which is \(factors[1]) × \(factors[0])"
    }
    if let axis = states.firstIndex(of: trials) {
      return "axis \(axis) of the states has \(trials): move it to the front with numpy.moveaxis"
    }
    if let count = states.first, (count - trials).magnitude == 1 {
      return "it is one trial: see whether a first line of names was read as one, or left out"
    }
    return "save the same trials in the same order in both"
  }
}

/// Such as `1 trial` and `20 trials`.
package func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
