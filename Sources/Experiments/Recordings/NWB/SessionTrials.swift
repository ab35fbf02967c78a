import Files

/// The trials' table of a session in NWB: a row a trial, columns of times, numbers and texts.
struct SessionTrials {
  static let place = "intervals/trials"

  struct Column: Sendable {
    let name: String
    /// Not a number where nothing is known.
    let numbers: [Double]
    let texts: [String]?
  }

  let count: Int
  /// The columns that have one value a trial, by their names.
  let names: [String]
  private let ragged: Set<String>

  init(_ file: borrowing HDF5File) throws(Malformation) {
    guard try file.place(Self.place) == .group else {
      let others = try file.place("intervals") == .group ? try file.names(in: "intervals") : []
      throw .session(
        Self.place,
        "it has no table of trials"
          + (others.isEmpty ? "" : ", only \(others.joined(separator: ", "))"),
        mend: "add trials with pynwb's add_trial, or give states and factors as arrays"
      )
    }
    let all = try file.names(in: Self.place)
    // A column with an index has a list for each trial.
    ragged = Set(all.filter { all.contains("\($0)_index") })
    let lists = ragged
    names = all.filter { !$0.hasSuffix("_index") && $0 != "id" && !lists.contains($0) }
    count = try Self.count(of: file, names: all)
  }

  private static func count(
    of file: borrowing HDF5File,
    names: [String]
  ) throws(Malformation) -> Int {
    let measure = names.contains("start_time") ? "start_time" : "id"
    guard names.contains(measure) else {
      throw .session(place, "the table has no start_time", mend: "write it anew with pynwb")
    }
    return try file.data("\(place)/\(measure)").shape.first ?? 0
  }

  /// One column, with one value a trial.
  func column(_ name: String, of file: borrowing HDF5File) throws(Malformation) -> Column {
    guard !ragged.contains(name) else {
      throw .session(
        "\(Self.place)/\(name)",
        "this column has a list for each trial, want one value",
        mend: "add a column with one number of each list, such as its first"
      )
    }
    guard names.contains(name) else {
      let near = Spelling.closest(to: name, in: names).first
      throw .session(
        "\(Self.place)/\(name)",
        "the trials have no such column",
        mend: (near.map { "did you mean \($0.printable)? Otherwise " } ?? "")
          + "name some of \(names.map(\.printable).joined(separator: ", "))"
      )
    }
    let data = try file.data("\(Self.place)/\(name)")
    guard data.shape == [count] else {
      throw .session(
        "\(Self.place)/\(name)",
        "the column is \(data.shape.map(String.init).joined(separator: " × ")), want one value for "
          + "each of \(count) trials",
        mend: "write one column for each number"
      )
    }
    if data.kind == .texts {
      let texts = try data.texts()
      return Column(name: name, numbers: texts.map { _ in .nan }, texts: texts)
    }
    return Column(name: name, numbers: try data.numbers(), texts: nil)
  }
}
