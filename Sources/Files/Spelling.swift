/// Finding the word that somebody meant.
package enum Spelling {
  /// The candidates nearest to `word`, all of one distance, in their order; none where even those
  /// are too far away.
  ///
  /// One letter in three may be wrong, and always one.
  package static func closest(to word: String, in candidates: [String]) -> [String] {
    let word = normalized(word)
    // No key is that long; the distance takes time in proportion to the length.
    guard word.count <= 64 else { return [] }
    let limit = max(1, word.count / 3)
    let distances = candidates.map { distance(word, normalized($0)) }
    guard let least = distances.min(), least <= limit else { return [] }
    return zip(candidates, distances).filter { $0.1 == least }.map(\.0)
  }

  /// Without what people spell differently: `batch_size`, `batch-size` and `batchSize` are one.
  package static func normalized(_ word: String) -> String {
    word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
  }

  /// How many letters must be changed, added, removed or swapped with their neighbour.
  ///
  /// The optimal string alignment distance, by its recurrence over the prefixes of both words.
  static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for row in first.indices {
      var current = [row + 1]
      for column in second.indices {
        let isSame = first[row] == second[column]
        var best = min(
          last[column] + (isSame ? 0 : 1),
          last[column + 1] + 1,
          current[column] + 1
        )
        if row > 0, column > 0, first[row] == second[column - 1],
          first[row - 1] == second[column]
        {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      (beforeLast, last) = (last, current)
    }
    return last[second.count]
  }
}
