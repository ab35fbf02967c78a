import Files

/// Where a value of a spec was written.
package enum SpecOrigin: Hashable, Sendable {
  /// Line and column count from 1; the column counts Unicode scalars.
  case file(name: String, line: Int, column: Int)
  /// Somewhere in a file.
  case somewhere(inFile: String)
  /// A `KEY=VALUE`, counted from 1.
  case argument(Int)
  /// Nowhere: the default.
  case builtIn
}

extension SpecOrigin {
  var isArgument: Bool {
    if case .argument = self { true } else { false }
  }
}

extension SpecOrigin: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let name, let line, let column): "\(name.printable):\(line):\(column)"
    case .somewhere(let name): name.printable
    case .argument(let number): "argument \(number)"
    case .builtIn: "the defaults"
    }
  }
}
