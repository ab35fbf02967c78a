import Compute
import Experiments
import Files

/// Runs that differ in nothing but their seed: one row of a table, one point of a figure.
package struct RunGroup: Sendable {
  package let records: [RunRecord]

  /// Groups records by their spec without the seed, in the order of their first appearance.
  package static func groups(_ records: [RunRecord]) -> [RunGroup] {
    var order: [JSONValue] = []
    var members: [JSONValue: [RunRecord]] = [:]
    for record in records {
      var spec = record.json["spec"]?.object ?? [:]
      spec["seed"] = nil
      let key = JSONValue.object(spec)
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(record)
    }
    return order.map { RunGroup(records: members[$0] ?? []) }
  }

  private var completed: [RunRecord] { records.filter { !$0.isDiverged } }

  package var divergedCount: Int { records.count - completed.count }
  package var seeds: Int { completed.count }
  package var encoder: String { records.first?.setting("encoder", "kind")?.string ?? "" }
  package var tasks: Int {
    records.first.flatMap { $0.tasks ?? $0.setting("tasks", "count")?.int } ?? 0
  }

  /// The spec without what groups of one condition differ in: the seed and the number of tasks.
  var condition: JSONValue {
    var spec = records.first?.json["spec"]?.object ?? [:]
    spec["seed"] = nil
    var tasks = spec["tasks"]?.object ?? [:]
    tasks["count"] = nil
    spec["tasks"] = .object(tasks)
    return .object(spec)
  }

  /// Median and quartiles of a measurement over seeds × orthants × fits; `nil` where none is
  /// defined.
  package func quartiles(_ measurement: String) -> Quartiles? {
    Quartiles(of: completed.flatMap { $0.values(measurement) })
  }

  /// A seed's value is its mean over orthants and fits.
  package func seedMeans(_ measurement: String) -> [Double] {
    completed.map { $0.values(measurement) }.filter { !$0.isEmpty }.map(mean)
  }

  package func training(_ key: String) -> Double? {
    Quartiles(of: completed.compactMap { $0.training(key) })?.median
  }

  package func ceiling(_ key: String) -> Double? { completed.first?.ceiling(key) }

  /// What a reader has to know besides encoder and tasks: the settings that differ between the
  /// groups, as `key=value`.
  package func label(among groups: [RunGroup]) -> String {
    differences(among: groups).map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }

  /// The settings besides encoder and tasks that differ between the groups.
  func differences(among groups: [RunGroup]) -> [(key: String, value: String)] {
    guard let own = records.first?.json["spec"]?.object else { return [] }
    var parts: [(key: String, value: String)] = []
    for (section, value) in own.sorted(by: { $0.key < $1.key }) {
      for (name, setting) in (value.object ?? [:]).sorted(by: { $0.key < $1.key }) {
        let key = "\(section).\(name)"
        guard key != "encoder.kind", key != "tasks.count" else { continue }
        // A key that others have no use for follows from another that differs.
        let others = groups.compactMap { $0.records.first?.setting(section, name) }
        if others.contains(where: { $0 != setting }) {
          parts.append((key: key, value: setting.string ?? setting.compact))
        }
      }
    }
    return parts
  }
}
