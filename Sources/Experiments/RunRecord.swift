import Compute
import Files

/// What a run leaves behind: `result.json`.
package struct RunRecord: Sendable, Equatable {
  package let json: JSONValue

  package init(json: JSONValue) { self.json = json }

  package var name: String { json["run"]?.string ?? "" }
  package var outcome: String { json["outcome"]?.string ?? "" }
  package var isDiverged: Bool { outcome == "diverged" }
  /// Whether the network came from elsewhere and was not trained here.
  package var isOfImportedSubject: Bool { json["subject"] != nil }
  /// Whether there was no network at all.
  package var isOfIdealObserver: Bool {
    setting("network", "architecture")?.string == ArchitectureName.ideal.rawValue
  }

  /// Median and quartiles of a measurement; `nil` where it is undefined.
  package func quartiles(_ measurement: String) -> Quartiles? {
    guard
      let value = json["measurements"]?[measurement],
      let median = value["median"]?.double,
      let lower = value["lower"]?.double,
      let upper = value["upper"]?.double,
      let count = value["count"]?.int
    else { return nil }
    return Quartiles(lower: lower, median: median, upper: upper, count: count)
  }

  package func values(_ measurement: String) -> [Double] {
    json["measurements"]?[measurement]?["values"]?.array?
      .flatMap { $0.array?.compactMap(\.double) ?? $0.double.map { [$0] } ?? [] } ?? []
  }

  /// Values beyond their ceiling or floor, in words.
  package var violations: [String] {
    json["violations"]?.array?.compactMap(\.string) ?? []
  }

  package func training(_ key: String) -> Double? { json["training"]?[key]?.double }
  package func ceiling(_ key: String) -> Double? { json["ceilings"]?[key]?.double }
  package func reference(_ key: String) -> Double? { json["references"]?[key]?.double }

  /// Boundaries, `N`.
  package var tasks: Int? { json["world"]?["tasks"]?.int }

  /// A setting of the spec, such as `tasks.count`.
  package func setting(_ section: String, _ key: String) -> JSONValue? {
    json["spec"]?[section]?[key]
  }
}

extension JSONValue {
  /// Median, quartiles and count of some values; `null` and a reason where there are none.
  static func measurement(_ values: [Double]) -> JSONValue {
    guard let quartiles = Quartiles(of: values) else {
      return undefined("no value is defined")
    }
    return [
      "median": .number(quartiles.median),
      "lower": .number(quartiles.lower),
      "upper": .number(quartiles.upper),
      "count": .integer(quartiles.count),
      "values": .array(values.map(JSONValue.number)),
    ]
  }

  static func undefined(_ reason: String) -> JSONValue {
    ["median": nil, "count": 0, "reason": .string(reason)]
  }

  /// The same over held-out regions and fits, with each region's median.
  static func measurement(byOrthant scores: [[Double]]) -> JSONValue {
    guard var members = measurement(scores.flatMap { $0 }).object else { return .null }
    members["byOrthant"] = .array(
      scores.map { Quartiles(of: $0).map { .number($0.median) } ?? .null }
    )
    members["values"] = .array(scores.map { .array($0.map(JSONValue.number)) })
    return .object(members)
  }
}
