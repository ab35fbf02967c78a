import Compute
import Trials

/// States at the end of some trials, with the latents that were hidden: what a decoder is fitted or
/// tested on.
package struct StateSet: Sendable {
  /// State variables at the last step, `[n, H]`.
  package let states: Matrix
  /// `[n, D]`.
  package let latents: Matrix

  package var count: Int { states.rows }
  package var stateWidth: Int { states.columns }
  package var dimensions: Int { latents.columns }

  package init(states: Matrix, latents: Matrix) {
    precondition(states.rows == latents.rows, "every state belongs to one latent")
    self.states = states
    self.latents = latents
  }

  /// Shows `subject` trials that are drawn from `region`.
  ///
  /// - Parameters:
  ///   - subject: Whose last states are kept.
  ///   - generator: Draws the trials.
  ///   - count: How many trials.
  ///   - set: Which trials.
  ///   - region: Where their latents lie.
  package init(
    of subject: some Representation,
    _ generator: TrialGenerator,
    count: Int,
    _ set: TrialSet,
    from region: LatentRegion
  ) {
    var states = Matrix(rows: count, columns: subject.stateWidth)
    var hidden = Matrix(rows: count, columns: generator.paradigm.dimensions)
    // A chunk's sequences stay in the second-level cache.
    let chunk = min(count, 128)
    var batch = generator.makeBatch(trials: chunk)
    for start in stride(from: 0, to: count, by: chunk) {
      let size = min(chunk, count - start)
      if size != batch.trials { batch = generator.makeBatch(trials: size) }
      generator.draw(into: &batch, set, from: region, firstTrial: start)
      let sequences = subject.states(for: batch.observations)
      let last = sequences.step(sequences.steps - 1)
      (states.buffer.mutablePointer + start * states.columns)
        .update(from: last.base, count: size * states.columns)
      (hidden.buffer.mutablePointer + start * hidden.columns)
        .update(from: batch.latents.buffer.pointer, count: size * hidden.columns)
    }
    self.init(states: states, latents: hidden)
  }

  /// The same states with the latents of other trials of all sets, by Fisher and Yates' shuffle.
  ///
  /// The states are shared with the original, not copied.
  package static func shuffled(_ sets: [StateSet], _ stream: RandomStream) -> [StateSet] {
    let places = sets.indices.flatMap { set in
      (0..<sets[set].count).map { (set: set, trial: $0) }
    }
    var order = Array(places.indices)
    for last in stride(from: order.count - 1, to: 0, by: -1) {
      order.swapAt(last, stream.index(below: last + 1, lane: 0, last))
    }
    var start = 0
    return sets.map { set in
      var mixed = Matrix(rows: set.count, columns: set.dimensions)
      for row in 0..<set.count {
        let source = places[order[start + row]]
        for dimension in 0..<set.dimensions {
          mixed[row, dimension] = sets[source.set].latents[source.trial, dimension]
        }
      }
      start += set.count
      return StateSet(states: set.states, latents: mixed)
    }
  }

  /// The trials whose latents lie outside a region.
  package func outside(_ region: SignRegion) -> StateSet {
    let kept = (0..<count).filter { trial in
      !region.contains((0..<dimensions).map { latents[trial, $0] })
    }
    guard kept.count < count else { return self }
    var keptStates = Matrix(rows: kept.count, columns: stateWidth)
    var keptLatents = Matrix(rows: kept.count, columns: dimensions)
    for (row, source) in kept.enumerated() {
      for unit in 0..<stateWidth { keptStates[row, unit] = states[source, unit] }
      for dimension in 0..<dimensions { keptLatents[row, dimension] = latents[source, dimension] }
    }
    return StateSet(states: keptStates, latents: keptLatents)
  }
}
