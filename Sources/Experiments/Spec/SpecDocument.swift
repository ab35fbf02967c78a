import Files
import SystemPackage
import Yams

/// A spec as it stands in a file.
///
/// Yams only composes the tree of nodes; what they mean is decided here and by the schema, since
/// its own reading takes `010` for 8 and ignores unknown keys.
package struct SpecDocument: Sendable {
  /// The largest file that is read, in bytes.
  package static let limit = 1 << 20

  /// As it is called in messages.
  package let name: String
  /// One for each key in the file, in its order.
  package private(set) var assignments: [SpecAssignment]

  /// Reads a file.
  package init(contentsOf path: FilePath) throws(SpecError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try [UInt8](contentsOf: path, limit: Self.limit)
    } catch {
      if case .malformed = error { throw .tooLarge(file: path.string, limit: Self.limit) }
      throw .unreadable(error)
    }
    try self.init(bytes: bytes, name: path.string)
  }

  /// - Parameters:
  ///   - bytes: YAML in UTF-8. Nothing at all is a spec, too: the standard one.
  ///   - name: What to call the text in messages.
  /// - Throws: The first thing that is wrong, with its place.
  package init(bytes: [UInt8], name: String) throws(SpecError) {
    guard bytes.count <= Self.limit else { throw .tooLarge(file: name, limit: Self.limit) }
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(3) : bytes[...]
    guard let text = String(validating: content, as: UTF8.self) else {
      // Everything before the damage is still text: repaired, it has as many lines.
      let damage = String(decoding: content, as: UTF8.self).unicodeScalars
        .prefix { $0 != "\u{FFFD}" }
      let line = 1 + damage.count { $0 == "\n" }
      let column = 1 + damage.reversed().prefix { $0 != "\n" }.count
      throw .notUTF8(at: .file(name: name, line: line, column: column))
    }
    try self.init(text: text, name: name)
  }

  /// The same without one key.
  package func leavingOut(_ key: String) -> SpecDocument {
    var document = self
    document.assignments.removeAll { $0.field.key == key }
    return document
  }

  package init(text: String, name: String) throws(SpecError) {
    var walk = SpecWalk(file: name)
    if let root = try Node.composed(of: text, name: name) { try walk.visit(root: root) }
    self.name = name
    assignments = walk.assignments
  }
}

extension Node {
  fileprivate static func composed(of text: String, name: String) throws(SpecError) -> Node? {
    try ForbiddenYAML.refuse(in: text, file: name)
    do {
      // Without the encoding, Yams looks into the environment and prints what it finds there.
      return try compose(yaml: text, .default, .default, .utf8)
    } catch {
      throw SpecError(error, in: text, file: name)
    }
  }
}

extension WrittenValue {
  /// A whole YAML text, whatever it holds; `nil` for an empty one.
  static func reading(yaml text: String, name: String) throws(SpecError) -> WrittenValue? {
    try Node.composed(of: text, name: name).map { SpecWalk(file: name).written($0) }
  }
}

/// One way through the tree, in the order of the text.
private struct SpecWalk {
  let file: String
  var assignments: [SpecAssignment] = []

  mutating func visit(root: Node) throws(SpecError) {
    let value = written(root)
    if value.isNothing { return }
    guard case .mapping(let mapping) = root else {
      throw .notAMapping(found: value.kindName, at: value.origin)
    }
    for (keyNode, node) in mapping {
      let key = try name(keyNode)
      if let section = SpecSchema.section(key) {
        try visit(section, node, keyOrigin: origin(keyNode))
      } else {
        try assign(key, keyNode, node, known: SpecSchema.topLevel)
      }
    }
  }

  private mutating func visit(
    _ section: SpecSection,
    _ node: Node,
    keyOrigin: SpecOrigin
  ) throws(SpecError) {
    let value = written(node)
    let keys = section.fields.map(\.key)
    guard case .mapping(let mapping) = node else {
      // All of its lines may be commented out.
      if value.isNothing { return }
      throw .bareSection(section.name, written: value.shown, keys: keys, at: keyOrigin)
    }
    for (keyNode, node) in mapping {
      try assign("\(section.name).\(name(keyNode))", keyNode, node, known: keys)
    }
  }

  private mutating func assign(
    _ key: String,
    _ keyNode: Node,
    _ node: Node,
    known: [String]
  ) throws(SpecError) {
    try assignments.append(
      new: SpecAssignment(
        key: key,
        keyOrigin: origin(keyNode),
        known: known,
        written: written(node)
      )
    )
  }

  private func name(_ node: Node) throws(SpecError) -> String {
    let value = written(node)
    guard case .text(let text, _) = value.form else {
      throw .notAMapping(found: "\(value.kindName) for a key", at: value.origin)
    }
    return text
  }

  func written(_ node: Node) -> WrittenValue {
    let form: WrittenValue.Form =
      switch node {
      case .scalar(let scalar): .text(scalar.string, isQuoted: scalar.style != .plain)
      case .sequence(let sequence): .list(sequence.map(written))
      case .mapping(let mapping):
        .mapping(mapping.map { (name: $0.key.string ?? "", value: written($0.value)) })
      case .alias: .other
      }
    return WrittenValue(form: form, origin: origin(node))
  }

  private func origin(_ node: Node) -> SpecOrigin {
    guard let mark = node.mark else { return .somewhere(inFile: file) }
    return .file(name: file, line: mark.line, column: mark.column)
  }
}
