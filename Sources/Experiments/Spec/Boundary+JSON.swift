import Files
import Trials

/// Why a written boundary can't be read.
struct BoundaryError: Error {
  /// The member that is wrong; `nil` for the boundary as a whole.
  let member: String?
  /// A sentence without its subject.
  let why: String
}

extension Boundary {
  /// Numbers of a written boundary are at most so large: the box of latents has side 1.
  static let largestNumber = 1e6
  /// A normal, or a quadric's matrix, has a number at least so large: offsets are divided by it.
  static let smallestNormal = 1e-6

  /// `{"normal": […], "offset": b}`, `{"center": […], "radius": r}`,
  /// `{"matrix": [[…], …], "normal": […], "offset": b}` or `{"quadrant": "+-", "threshold": θ}`.
  var json: JSONValue {
    func list(_ values: [Double]) -> JSONValue { .array(values.map(JSONValue.number)) }
    switch self {
    case .hyperplane(let plane):
      return ["normal": list(plane.normal), "offset": .number(plane.offset)]
    case .ball(let center, let radius):
      return ["center": list(center), "radius": .number(radius)]
    case .quadric(let matrix, let normal, let offset):
      let width = normal.count
      let rows = (0..<width).map { list(Array(matrix[$0 * width..<($0 + 1) * width])) }
      return ["matrix": .array(rows), "normal": list(normal), "offset": .number(offset)]
    case .hyperbola(let first, let second, let threshold):
      let quadrant = (first ? "+" : "-") + (second ? "+" : "-")
      return ["quadrant": .string(quadrant), "threshold": .number(threshold)]
    }
  }

  /// Reads ``json``; `offset` and a quadric's `normal` may be left out for 0.
  ///
  /// - Throws: What is wrong with it.
  init(json: JSONValue) throws(BoundaryError) {
    guard let values = json.object else {
      throw BoundaryError(
        member: nil,
        why: "is no mapping such as {normal: [0.6, 0.8], offset: 0}"
      )
    }
    let members = BoundaryMembers(values: values)
    if members.values["matrix"] != nil {
      self = try members.quadric()
    } else if members.values["normal"] != nil {
      try members.allow("normal", "offset")
      let normal = try members.numbers("normal")
      try members.check("normal", normal.contains { $0 != 0 }, "is zero")
      try members.checkLength("normal", normal)
      self = .hyperplane(Hyperplane(normal: normal, offset: try members.number("offset", or: 0)))
    } else if members.values["center"] != nil {
      try members.allow("center", "radius")
      let radius = try members.number("radius")
      try members.check("radius", radius > 0, "is not above 0")
      self = .ball(center: try members.numbers("center"), radius: radius)
    } else if members.values["quadrant"] != nil {
      try members.allow("quadrant", "threshold")
      let signs = members.values["quadrant"]?.string ?? ""
      let isQuadrant = signs.count == 2 && signs.allSatisfy { $0 == "+" || $0 == "-" }
      try members.check("quadrant", isQuadrant, "is none of ++, -+, --, +-")
      let threshold = try members.number("threshold")
      try members.check("threshold", threshold >= 0, "is below 0")
      self = .hyperbola(
        isFirstPositive: signs.first == "+",
        isSecondPositive: signs.last == "+",
        threshold: threshold
      )
    } else {
      throw BoundaryError(member: nil, why: "has neither normal, center, quadrant nor matrix")
    }
  }

  private struct BoundaryMembers {
    let values: [String: JSONValue]

    func quadric() throws(BoundaryError) -> Boundary {
      try allow("matrix", "normal", "offset")
      let rows = values["matrix"]?.array ?? []
      let width = rows.count
      try check("matrix", width > 0, "is no list of rows")
      var matrix: [Double] = []
      for row in rows {
        let row = try numbers("matrix", in: row)
        try check("matrix", row.count == width, "has \(width) rows, and one of \(row.count)")
        matrix += row
      }
      for row in 0..<width {
        for column in 0..<row {
          let isSame = matrix[row * width + column] == matrix[column * width + row]
          try check("matrix", isSame, "is not symmetric")
        }
      }
      let zero = [Double](repeating: 0, count: width)
      let normal = values["normal"] == nil ? zero : try numbers("normal")
      try check("normal", normal.count == width, "has \(normal.count) numbers, not \(width)")
      try check("matrix", (matrix + normal).contains { $0 != 0 }, "is zero, as the normal is")
      try checkLength("matrix", matrix + normal)
      return .quadric(matrix: matrix, normal: normal, offset: try number("offset", or: 0))
    }

    /// Whether there is nothing but these.
    func allow(_ known: String...) throws(BoundaryError) {
      if let name = Set(values.keys).subtracting(known).min() {
        throw BoundaryError(
          member: nil,
          why: "has \(name.isEmpty ? "a key that is no text" : name.printable) beside "
            + "\(known[0]), want only \(known.joined(separator: ", "))"
        )
      }
    }

    func numbers(_ name: String, in list: JSONValue? = nil) throws(BoundaryError) -> [Double] {
      let elements = (list ?? values[name])?.array ?? []
      let numbers = elements.compactMap(\.double)
      try check(name, !elements.isEmpty && numbers.count == elements.count, "is no list of numbers")
      for number in numbers { try checkSize(name, number) }
      return numbers
    }

    func number(_ name: String, or standard: Double? = nil) throws(BoundaryError) -> Double {
      guard let value = values[name] else {
        if let standard { return standard }
        throw BoundaryError(member: name, why: "is missing")
      }
      guard let number = value.double else {
        throw BoundaryError(member: name, why: "is no number")
      }
      try checkSize(name, number)
      return number
    }

    private func checkSize(_ name: String, _ number: Double) throws(BoundaryError) {
      try check(name, number.magnitude <= largestNumber, "is not within ±1000000")
    }

    func checkLength(_ name: String, _ numbers: [Double]) throws(BoundaryError) {
      try check(
        name,
        numbers.contains { $0.magnitude >= smallestNormal },
        "has no number of 0.000001 or more; multiply all of the boundary by one factor"
      )
    }

    func check(_ name: String, _ isRight: Bool, _ why: String) throws(BoundaryError) {
      if !isRight { throw BoundaryError(member: name, why: why) }
    }
  }
}

extension [Boundary] {
  /// Reads a list of ``Boundary/json``.
  ///
  /// - Throws: What is wrong with one of them, or that it is no list.
  init(json: JSONValue) throws(BoundaryError) {
    guard let elements = json.array else { throw BoundaryError(member: nil, why: "is no list") }
    self = []
    for element in elements { append(try Boundary(json: element)) }
  }

  /// As it is written in a file.
  var yaml: String {
    func text(_ json: JSONValue) -> String {
      if let elements = json.array { return "[\(elements.map(text).joined(separator: ", "))]" }
      if let members = json.object {
        let parts = members.sorted { $0.key < $1.key }.map { "\($0.key): \(text($0.value))" }
        return "{\(parts.joined(separator: ", "))}"
      }
      return json.double.map { SpecValue.number($0).description } ?? json.compact
    }
    return text(.array(map(\.json)))
  }
}
