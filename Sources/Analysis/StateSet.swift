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
  ///   - region: Where their latents lie.
  ///   - latents: The stream of the latents; a trial is a lane.
  ///   - noise: The stream of the noise.
  ///   - firstTrial: The first trial's index in both streams.
  package init(
    of subject: some Representation,
    _ generator: TrialGenerator,
    count: Int,
    from region: LatentRegion,
    latents: RandomStream,
    noise: RandomStream,
    firstTrial: Int = 0
  ) {
    var states = Matrix(rows: count, columns: subject.stateWidth)
    var hidden = Matrix(rows: count, columns: generator.paradigm.dimensions)
    // A chunk's sequences stay in the second-level cache.
    let chunk = min(count, 128)
    var batch = generator.makeBatch(trials: chunk)
    for start in stride(from: 0, to: count, by: chunk) {
      let size = min(chunk, count - start)
      if size != batch.trials { batch = generator.makeBatch(trials: size) }
      generator.draw(
        into: &batch,
        from: region,
        latents: latents,
        noise: noise,
        firstTrial: firstTrial + start
      )
      let sequences = subject.states(for: batch.observations)
      let last = sequences.step(sequences.steps - 1)
      (states.buffer.mutablePointer + start * states.columns)
        .update(from: last.base, count: size * states.columns)
      (hidden.buffer.mutablePointer + start * hidden.columns)
        .update(from: batch.latents.buffer.pointer, count: size * hidden.columns)
    }
    self.init(states: states, latents: hidden)
  }

  /// The same states with the latents of other trials, by Fisher and Yates' shuffle.
  package func shuffled(_ stream: RandomStream) -> StateSet {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, stream.index(below: last + 1, lane: 0, last))
    }
    var mixed = Matrix(rows: count, columns: dimensions)
    for (row, source) in order.enumerated() {
      for dimension in 0..<dimensions { mixed[row, dimension] = latents[source, dimension] }
    }
    return StateSet(states: states, latents: mixed)
  }

  /// Sets of so many trials each, in order: the inverse of ``joined(_:)``.
  ///
  /// - Parameter counts: As many trials together as there are here.
  /// - Returns: A set for each count.
  package func split(into counts: [Int]) -> [StateSet] {
    precondition(counts.reduce(0, +) == count, "parts of \(counts) trials don't make \(count)")
    var start = 0
    return counts.map { size in
      var states = Matrix(rows: size, columns: stateWidth)
      var latents = Matrix(rows: size, columns: dimensions)
      states.buffer.mutablePointer
        .update(from: self.states.buffer.pointer + start * stateWidth, count: size * stateWidth)
      latents.buffer.mutablePointer
        .update(from: self.latents.buffer.pointer + start * dimensions, count: size * dimensions)
      start += size
      return StateSet(states: states, latents: latents)
    }
  }

  /// Several sets one after the other.
  package static func joined(_ sets: [StateSet]) -> StateSet {
    precondition(!sets.isEmpty, "nothing can't be joined")
    let rows = sets.reduce(0) { $0 + $1.count }
    var states = Matrix(rows: rows, columns: sets[0].stateWidth)
    var latents = Matrix(rows: rows, columns: sets[0].dimensions)
    let (to, hidden) = (states.buffer.mutablePointer, latents.buffer.mutablePointer)
    var row = 0
    for set in sets {
      (to + row * set.stateWidth).update(
        from: set.states.buffer.pointer,
        count: set.count * set.stateWidth
      )
      (hidden + row * set.dimensions).update(
        from: set.latents.buffer.pointer,
        count: set.count * set.dimensions
      )
      row += set.count
    }
    return StateSet(states: states, latents: latents)
  }
}
