import Compute
import Files
import Networks
import Trials

/// The tensors of a file beside those that a spec asks for, by name and shape.
///
/// What is expected is read off the parameter slots of encoder, network and readout, so a new
/// architecture is audited like any other.
package struct WeightAudit: Equatable, Sendable {
  /// A tensor that the spec asks for.
  package struct Expected: Equatable, Sendable {
    package let name: String
    package let shape: [Int]
    package let part: Part
  }

  package enum Part: String, Sendable {
    case encoder
    case network
    case readout
  }

  /// One that is there, but isn't what it should be.
  package struct Misfit: Equatable, Sendable {
    package let expected: Expected
    package let shape: [Int]
    package let content: Content

    package enum Content: Equatable, Sendable {
      case floats
      /// Where weights are floats.
      case wholeNumbers
      /// A finite number that is infinite in single precision.
      case tooLarge(Double)
    }

    /// Whether the other way round it would fit.
    package var fitsTransposed: Bool {
      shape.count == 2 && shape == expected.shape.reversed()
    }
  }

  package private(set) var found: [Expected] = []
  package private(set) var missing: [Expected] = []
  package private(set) var misfits: [Misfit] = []
  /// What the spec doesn't ask for, by name, with shapes.
  package private(set) var extra: [(name: String, shape: [Int])] = []
  /// Tensors that were stored in double precision and lose digits here.
  package private(set) var rounded: [String] = []
  /// Tensors of a readout that was said to be untrained.
  package private(set) var ignored: [String] = []
  package private(set) var readout: ImportedSubject.Readout
  /// Tensors that every GPT-2 of Hugging Face's has and this one doesn't use: embeddings of words,
  /// positions that are all zero, and masks.
  package private(set) var unused: [String] = []
  /// Whether the file has learned positions and the spec none.
  private(set) var hasUnaskedPositions = false
  private let allowsExtra: Bool

  /// Compares.
  ///
  /// - Parameters:
  ///   - file: The tensors.
  ///   - spec: What they should be.
  ///   - withoutReadout: Whether a readout in the file is to be left aside, since it was not
  ///     trained. A file without any tensor of a readout has none in any case.
  ///   - allowsExtra: Whether tensors that the spec doesn't ask for are left aside.
  package init(
    of file: WeightsFile,
    for spec: RunSpec,
    withoutReadout: Bool = false,
    allowsExtra: Bool = false
  ) {
    self.allowsExtra = allowsExtra
    let expected = Self.expected(by: spec)
    let names = Set(expected.map(\.name))
    let ofReadout = Set(expected.filter { $0.part == .readout }.map(\.name))
    let hasReadout = file.tensors.contains { ofReadout.contains($0.name) }
    readout = hasReadout && !withoutReadout ? .trained : .none
    for tensor in file.tensors {
      if ofReadout.contains(tensor.name), readout == .none {
        ignored.append(tensor.name)
      } else if spec.transformer != nil, tensor.isUnusedByTransformer, !names.contains(tensor.name)
      {
        unused.append(tensor.name)
      } else if !names.contains(tensor.name) {
        if spec.transformer != nil, tensor.name == Self.positions { hasUnaskedPositions = true }
        extra.append((tensor.name, tensor.shape))
      }
    }
    for wanted in expected where wanted.part != .readout || readout == .trained {
      guard let tensor = file[wanted.name] else {
        missing.append(wanted)
        continue
      }
      let values = tensor.singlePrecision
      if tensor.shape == wanted.shape || tensor.hasPositions(for: wanted), let values {
        found.append(wanted)
        if tensor.doubles.map({ $0 != values.map(Double.init) }) == true {
          rounded.append(wanted.name)
        }
      } else {
        misfits.append(Misfit(expected: wanted, shape: tensor.shape, content: tensor.content))
      }
    }
  }

  static let positions = "transformer.wpe.weight"

  /// Whether the tensors are those of the spec.
  package var fits: Bool {
    missing.isEmpty && misfits.isEmpty && (extra.isEmpty || allowsExtra) && !hasUnaskedPositions
  }

  /// Every tensor that a network of this spec has: encoder, network, readout, in that order.
  package static func expected(by spec: RunSpec) -> [Expected] {
    guard let blank = NetworkSubject.blank(for: spec) else { return [] }
    let ofReadout = Set(blank.readout.slots.map(\.name))
    return blank.encoder.parameters.slots.map {
      Expected(name: $0.name, shape: $0.shape, part: .encoder)
    }
      + blank.parameters.slots.map {
        let part = ofReadout.contains($0.name) ? Part.readout : .network
        return Expected(name: $0.name, shape: $0.shape, part: part)
      }
  }

  package static func == (left: WeightAudit, right: WeightAudit) -> Bool {
    left.json == right.json
  }
}

// MARK: In words

extension WeightAudit {
  /// What is wrong, in one line; all of it is in ``json``.
  var problems: String {
    var parts = misfits.map { misfit in
      let name = misfit.expected.name
      switch misfit.content {
      case .wholeNumbers: return "\(name) holds whole numbers, expected floats"
      case .tooLarge(let value): return "\(name) holds \(value), which single precision can't"
      case .floats: break
      }
      let hint = misfit.fitsTransposed ? " (its transpose would fit)" : ""
      return "\(name) is \(misfit.shape), expected \(misfit.expected.shape)\(hint)"
    }
    parts += missing.map { "missing \($0.name) \($0.shape)" + meant($0.name) }
    let unexpected = extra.filter {
      !allowsExtra || hasUnaskedPositions && $0.name == Self.positions
    }
    parts += unexpected.map { "unexpected \($0.name.printable) \($0.shape)" }
    let shown = parts.prefix(12).joined(separator: "; ")
    return parts.count > 12 ? "\(shown); and \(parts.count - 12) more" : shown
  }

  /// Where a name in the file is only spelt differently.
  private func meant(_ name: String) -> String {
    let close = Spelling.closest(to: name, in: extra.map(\.name))
    return close.first.map { " (is it \($0.printable)?)" } ?? ""
  }

  var mend: String {
    let encoder = missing.filter { $0.part == .encoder }
    if !encoder.isEmpty, encoder.count == missing.count,
      !found.contains(where: { $0.part == .encoder })
    {
      return "add the encoder's tensors, or give encoder.kind=none if the network sees the bare "
        + "observations"
    }
    if misfits.isEmpty, !missing.isEmpty, missing.allSatisfy({ $0.part == .readout }) {
      return "add them, or leave the readout aside as untrained with --without-readout"
    }
    if hasUnaskedPositions {
      return "give network.positions=learned, for they are not all zero"
    }
    if missing.isEmpty, misfits.count == 1, let misfit = misfits.first,
      misfit.expected.name == Self.positions, let steps = misfit.shape.first, steps > 1,
      misfit.shape.dropFirst().elementsEqual(misfit.expected.shape.dropFirst())
    {
      return
        "ask trials of \(steps) steps at most, such as a shorter timing.stimulus: the network knows "
        + "no later positions"
    }
    if missing.isEmpty, misfits.isEmpty {
      return "give the spec that the network belongs to, or leave them aside with --allow-extra"
    }
    return "rename or reshape the tensors in Python, or give the spec that the network belongs to, "
      + "such as network.units=64 tasks.count=24"
  }

  package var json: JSONValue {
    func entry(_ tensor: Expected) -> JSONValue {
      [
        "name": .string(tensor.name), "part": .string(tensor.part.rawValue),
        "shape": Self.lengths(tensor.shape),
      ]
    }
    return [
      "fits": .bool(fits),
      "readout": .string(readout.rawValue),
      "found": .array(found.map(entry)),
      "missing": .array(missing.map(entry)),
      "misfits": .array(
        misfits.map { misfit in
          [
            "name": .string(misfit.expected.name),
            "shape": Self.lengths(misfit.shape),
            "expected": Self.lengths(misfit.expected.shape),
            "wholeNumbers": .bool(misfit.content == .wholeNumbers),
            "fitsTransposed": .bool(misfit.fitsTransposed),
          ]
        }
      ),
      "extra": .array(
        extra.map { ["name": .string($0.name), "shape": Self.lengths($0.shape)] }
      ),
      "rounded": .array(rounded.map(JSONValue.string)),
      "ignored": .array(ignored.map(JSONValue.string)),
      "unused": .array(unused.map(JSONValue.string)),
    ]
  }

  private static func lengths(_ shape: [Int]) -> JSONValue { .array(shape.map(JSONValue.integer)) }

  /// What a person may want to know although it fits, a line each.
  package var remarks: [String] {
    var lines: [String] = []
    if readout == .none {
      let why = ignored.isEmpty ? "the file has none" : "left aside as untrained"
      lines.append("no readout (\(why)): loss, accuracy and label-free read-out stay undefined")
    }
    if !extra.isEmpty {
      let names = extra.prefix(12).map(\.name.printable).joined(separator: ", ")
      lines.append("left aside: \(names)" + (extra.count > 12 ? ", …" : ""))
    }
    if !unused.isEmpty {
      lines.append("not used by a GPT-2 on these inputs: \(unused.joined(separator: ", "))")
    }
    if !rounded.isEmpty {
      lines.append("rounded from double to single precision: \(rounded.joined(separator: ", "))")
    }
    return lines
  }
}

extension SafeTensorsFile.Tensor {
  /// Embeddings of words, since inputs are continuous; positions that add nothing; the causal mask,
  /// which some versions store as two buffers of each block.
  fileprivate var isUnusedByTransformer: Bool {
    switch name {
    case "transformer.wte.weight": true
    case WeightAudit.positions: singlePrecision?.allSatisfy { $0 == 0 } == true
    default:
      name.hasPrefix("transformer.h.")
        && (name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias"))
    }
  }

  /// Whether it is a table of positions with rows for all steps, and for more.
  fileprivate func hasPositions(for wanted: WeightAudit.Expected) -> Bool {
    name == WeightAudit.positions && shape.count == 2 && shape[1] == wanted.shape[1]
      && shape[0] > wanted.shape[0]
  }

  /// The values as weights are kept; `nil` for whole numbers, which no weights are, and beyond range.
  var singlePrecision: [Float]? {
    switch (values, content) {
    case (.float32(let values), _): values
    case (.float64(let values), .floats): values.map { Float($0) }
    default: nil
    }
  }

  fileprivate var content: WeightAudit.Misfit.Content {
    switch values {
    case .int64, .uint8: .wholeNumbers
    case .float32: .floats
    case .float64(let values):
      values.first { $0.isFinite && !Float($0).isFinite }.map { .tooLarge($0) } ?? .floats
    }
  }
}
