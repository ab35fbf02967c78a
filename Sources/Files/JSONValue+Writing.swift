extension JSONValue {
  /// The canonical text, which is what gets hashed.
  ///
  /// Keys are sorted by their UTF-8 bytes, numbers are the shortest that read back the same, and
  /// there are no spaces.
  package var compact: String {
    var writer = JSONWriter(indented: false)
    writer.write(self, depth: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The same for people: indented by two spaces, ending with a newline.
  package var pretty: String {
    var writer = JSONWriter(indented: true)
    writer.write(self, depth: 0)
    writer.bytes.append(UInt8(ascii: "\n"))
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// Collects the bytes of a JSON text.
private struct JSONWriter {
  let indented: Bool
  var bytes: [UInt8] = []

  init(indented: Bool) {
    self.indented = indented
  }

  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: write(text: "null")
    case .bool(let value): write(text: value ? "true" : "false")
    case .integer(let value): write(text: value.description)
    case .number(let value):
      precondition(value.isFinite, "JSON has no number \(value): write null and a reason")
      // The shortest decimal that reads back as the same double; always with a point or an exponent.
      write(text: value.description)
    case .string(let value): write(quoted: value)
    case .array(let elements):
      writeList(of: elements, between: "[", and: "]", depth: depth) { writer, element in
        writer.write(element, depth: depth + 1)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      writeList(of: sorted, between: "{", and: "}", depth: depth) { writer, member in
        writer.write(quoted: member.key)
        writer.write(text: writer.indented ? ": " : ":")
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  private mutating func writeList<Element>(
    of elements: [Element],
    between opening: String,
    and closing: String,
    depth: Int,
    writeElement: (inout JSONWriter, Element) -> Void
  ) {
    write(text: opening)
    for (index, element) in elements.enumerated() {
      if index > 0 { write(text: ",") }
      breakLine(depth: depth + 1)
      writeElement(&self, element)
    }
    if !elements.isEmpty { breakLine(depth: depth) }
    write(text: closing)
  }

  private mutating func breakLine(depth: Int) {
    guard indented else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
  }

  private mutating func write(text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Escapes what RFC 8259 requires and nothing else: the quote, the backslash, control characters.
  private mutating func write(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): write(text: "\\\"")
      case UInt8(ascii: "\\"): write(text: "\\\\")
      case UInt8(ascii: "\n"): write(text: "\\n")
      case UInt8(ascii: "\r"): write(text: "\\r")
      case UInt8(ascii: "\t"): write(text: "\\t")
      case 0x08: write(text: "\\b")
      case 0x0C: write(text: "\\f")
      case 0..<0x20:
        let hexadecimal = String(byte, radix: 16)
        write(text: byte < 0x10 ? "\\u000\(hexadecimal)" : "\\u00\(hexadecimal)")
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
