import Compute
import Files
import Foundation
import Networks
import SystemPackage
import TestSupport
import Testing
import Training
import Trials

/// What training promises, for every kind of network.
@Suite("Training of every architecture")
struct EveryArchitectureTests {
  private static let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 3))
  private static let rate = 0.003

  private static func subject(_ architecture: Architecture) -> NetworkSubject {
    NetworkSubject(architecture, paradigm: paradigm, seed: 1)
  }

  /// Trains until `batches` are done, from the first weights or from `state`.
  private static func trained(
    _ subject: NetworkSubject,
    until batches: Int,
    seed: UInt64 = 1,
    from state: TrainingState? = nil
  ) -> (state: TrainingState, end: TrainingEnd) {
    func train(_ network: some TrainableNetwork) -> (TrainingState, TrainingEnd) {
      var trainer = Trainer(
        network,
        of: subject,
        paradigm: paradigm,
        plan: TrainingPlan(batches: batches, batchSize: 5, learningRate: rate),
        seed: seed,
        from: state ?? TrainingState(parameters: subject.parameters, learningRate: rate)
      )
      let end = trainer.train { _, _ in false }
      return (trainer.state, end)
    }
    return train(subject.network)
  }

  @Test(
    "Going on from a checkpoint is training straight through, to the bit",
    arguments: Architecture.smallOfEachKind
  )
  func resume(architecture: Architecture) throws {
    let subject = Self.subject(architecture)
    let (whole, end) = Self.trained(subject, until: 24)
    #expect(end == .completed)
    let half = Self.trained(subject, until: 11).state

    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    let path = FilePath(url.path(percentEncoded: false)).appending("ckpt.safetensors")
    let identity = Checkpoint.Identity(specHash: "abc", algorithmVersion: 1)
    try Checkpoint.write(half, of: subject, identity, to: path)
    let read = try Checkpoint.read(path, for: subject, learningRate: Self.rate, identity)
    #expect(read == half)
    #expect(Self.trained(subject, until: 24, from: read).state == whole)
  }

  @Test(
    "The same seed trains to the same bits, another to others",
    arguments: Architecture.smallOfEachKind
  )
  func seeds(architecture: Architecture) {
    let subject = Self.subject(architecture)
    let states = [UInt64(1), 1, 2].map { Self.trained(subject, until: 10, seed: $0).state }
    #expect(states[0] == states[1])
    #expect(states[0].parameters != states[2].parameters)
  }

  @Test(
    "Every tensor learns, and one that is not a number shows in the same batch's loss",
    arguments: Architecture.smallOfEachKind
  )
  func everyTensor(architecture: Architecture) {
    let subject = Self.subject(architecture)
    let trained = Self.trained(subject, until: 3).state
    for slot in subject.parameters.slots {
      #expect(
        trained.parameters.values(of: slot) != subject.parameters.values(of: slot),
        "\(slot.name)"
      )
      var broken = TrainingState(parameters: subject.parameters, learningRate: Self.rate)
      var values = broken.parameters.values(of: slot)
      values[0] = .nan
      broken.parameters.set(slot, to: values)
      let end = Self.trained(subject, until: 3, from: broken).end
      #expect(end == .diverged(batch: 0, lastFiniteLoss: nil), "\(slot.name)")
    }
  }
}
