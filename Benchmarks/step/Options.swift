/// What the command line asks for.
struct Options {
  enum ArchitectureName: String, CaseIterable {
    case rnn, lstm, gru, gpt2
  }

  var architecture = ArchitectureName.rnn
  /// `N`.
  var tasks = 24
  /// `B`.
  var batch = 16
  /// `D`.
  var dimensions = 2
  /// `H`.
  var units = 64
  /// Blocks of gpt2.
  var layers = 1
  /// Heads of gpt2.
  var heads = 8
  var seconds = 1.0
  var rounds = 5
  var serves = false

  static let usage = """
    usage: disentangle-bench [--architecture rnn|lstm|gru|gpt2] [--tasks N] [--batch B] \
    [--dimensions D] [--units H] [--layers L] [--heads A] [--seconds S] [--rounds R] [--serve]
           disentangle-bench posteriors
    """

  /// The same kind of network and world with almost no work.
  var smallest: Options {
    var options = self
    (options.batch, options.units, options.tasks) = (1, heads, 2)
    return options
  }

  /// `false` where the arguments make no sense.
  mutating func read(_ arguments: ArraySlice<String>) -> Bool {
    var rest = arguments
    while let name = rest.popFirst() {
      if name == "--serve" {
        serves = true
        continue
      }
      guard let text = rest.popFirst() else { return false }
      if name == "--architecture" {
        guard let known = ArchitectureName(rawValue: text) else { return false }
        architecture = known
        continue
      }
      guard let value = Double(text), value > 0, value < 1e9 else { return false }
      switch name {
      case "--seconds": seconds = value
      case "--tasks": tasks = Int(value)
      case "--batch": batch = Int(value)
      case "--dimensions": dimensions = Int(value)
      case "--units": units = Int(value)
      case "--layers": layers = Int(value)
      case "--heads": heads = Int(value)
      case "--rounds": rounds = Int(value)
      default: return false
      }
    }
    return [tasks, batch, dimensions, units, layers, heads, rounds].allSatisfy { $0 > 0 }
  }
}
