import Files

/// How far a run is: what a worker tells its supervisor, one line of JSON at a time.
package enum RunProgress: Equatable, Sendable {
  case training(batch: Int, of: Int, loss: Double, batchesPerSecond: Double)
  case evaluating
  case finished
  /// Over without a result: stopped or failed.
  case ended

  static func training(
    batch: Int,
    of batches: Int,
    loss: Double,
    _ clock: TrainingClock
  ) -> RunProgress {
    .training(batch: batch, of: batches, loss: loss, batchesPerSecond: clock.batchesPerSecond)
  }

  package var json: JSONValue {
    switch self {
    case .training(let batch, let batches, let loss, let rate):
      [
        "event": "training",
        "batch": .integer(batch),
        "batches": .integer(batches),
        "loss": .number(loss),
        "batchesPerSecond": .number(rate),
      ]
    case .evaluating: ["event": "evaluating"]
    case .finished: ["event": "finished"]
    case .ended: ["event": "ended"]
    }
  }

  /// `nil` for a line that is no progress of ours.
  package init?(json: JSONValue) {
    switch json["event"]?.string {
    case "training":
      guard
        let batch = json["batch"]?.int, let batches = json["batches"]?.int,
        let loss = json["loss"]?.double, let rate = json["batchesPerSecond"]?.double
      else { return nil }
      self = .training(batch: batch, of: batches, loss: loss, batchesPerSecond: rate)
    case "evaluating": self = .evaluating
    case "finished": self = .finished
    case "ended": self = .ended
    default: return nil
    }
  }
}

/// Time spent in the training loop, over all attempts and in this one.
struct TrainingClock {
  /// Batches between two records of the log.
  static let recordInterval = 100

  private let earlier: Double
  private var began = 0.0
  private var elapsed = 0.0
  private var firstBatch = 0
  private var batch = 0
  private var isRunning = false

  /// - Parameter earlier: Seconds of earlier attempts.
  init(earlier: Double) { self.earlier = earlier }

  mutating func start(at batch: Int) {
    began = Platform.monotonicSeconds
    firstBatch = batch
    self.batch = batch
    isRunning = true
  }

  /// Notes that a batch is done, and gives the seconds so far.
  mutating func tick(_ batch: Int) -> Double {
    self.batch = batch
    return seconds
  }

  mutating func stop(at batch: Int) {
    self.batch = batch
    elapsed = Platform.monotonicSeconds - began
    isRunning = false
  }

  /// Seconds of all attempts.
  var seconds: Double { earlier + ofThisAttempt }

  private var ofThisAttempt: Double {
    isRunning ? Platform.monotonicSeconds - began : elapsed
  }

  var batchesPerSecond: Double {
    let time = ofThisAttempt
    return time > 0 ? Double(batch - firstBatch) / time : 0
  }

  /// Of this attempt; `nil` where it trained nothing.
  var millisecondsPerBatch: Double? {
    batch > firstBatch ? ofThisAttempt / Double(batch - firstBatch) * 1e3 : nil
  }
}
