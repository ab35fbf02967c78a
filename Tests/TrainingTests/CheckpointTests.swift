import Compute
import Files
import Foundation
import Networks
import SystemPackage
import TestSupport
import Testing
import Training
import Trials

@Suite("Checkpoints") struct CheckpointTests {
  private static let identity = Checkpoint.Identity(specHash: "abc", algorithmVersion: 1)
  private static let rate = 0.003

  private static let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 3))

  private static func subject(
    encoder: EncoderKind = .relu,
    units: Int = 5,
    seed: UInt64 = 1
  ) -> NetworkSubject {
    var paradigm = paradigm
    paradigm.encoder = encoder
    return NetworkSubject(
      .leakyRNN(RecurrentShape(units: units, activation: .relu, timeConstant: 100)),
      paradigm: paradigm,
      seed: seed
    )
  }

  private static func trainer(
    of subject: NetworkSubject,
    from state: TrainingState? = nil
  ) throws -> Trainer<LeakyRNN> {
    Trainer(
      try #require(subject.network as? LeakyRNN),
      of: subject,
      paradigm: paradigm,
      plan: TrainingPlan(batches: 40, learningRate: rate),
      seed: 1,
      from: state ?? TrainingState(parameters: subject.parameters, learningRate: rate)
    )
  }

  /// After 17 of 40 batches.
  private static func state(of subject: NetworkSubject) throws -> TrainingState {
    var trainer = try trainer(of: subject)
    #expect(trainer.train { state, _ in state.batch == 17 } == .stopped)
    return trainer.state
  }

  private static func read(
    _ path: FilePath,
    for subject: NetworkSubject,
    _ identity: Checkpoint.Identity = identity
  ) throws -> TrainingState {
    try Checkpoint.read(path, for: subject, learningRate: rate, identity)
  }

  private func withFile<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "checkpoint-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(FilePath(url.path(percentEncoded: false)).appending("ckpt.safetensors"))
  }

  private func code(of error: FileError?) -> String? {
    guard case .malformed = error else { return nil }
    return error?.code
  }

  @Test(
    "What is read is what was written, to the bit, and goes on like it",
    arguments: EncoderKind.allCases
  )
  func roundTrip(encoder: EncoderKind) throws {
    let subject = Self.subject(encoder: encoder)
    let state = try Self.state(of: subject)
    #expect(state.running.count == 17 && state.running.lossSum > 0)
    try withFile { path in
      try Checkpoint.write(state, of: subject, Self.identity, to: path)
      let read = try Self.read(path, for: subject)
      #expect(read == state)
      #expect(read.batch == 17 && read.adam.learningRate == Self.rate)

      var whole = try Self.trainer(of: subject)
      #expect(whole.train { _, _ in false } == .completed)
      var resumed = try Self.trainer(of: subject, from: read)
      #expect(resumed.train { _, _ in false } == .completed)
      #expect(resumed.state == whole.state)
    }
  }

  @Test("The final weights come back to the bit, and only into a subject of their own spec")
  func finalWeights() throws {
    var trained = Self.subject()
    trained.parameters = try Self.state(of: trained).parameters
    try withFile { path in
      try Checkpoint.writeFinal(trained, Self.identity, step: 17, to: path)
      var subject = Self.subject()
      #expect(subject.parameters != trained.parameters)
      try Checkpoint.readFinal(path, into: &subject, Self.identity)
      #expect(subject.parameters == trained.parameters)

      let error = #expect(throws: FileError.self) {
        try Checkpoint.readFinal(
          path,
          into: &subject,
          Checkpoint.Identity(specHash: "abd", algorithmVersion: 1)
        )
      }
      #expect(code(of: error) == "E-CKPT-OTHER")
      // It has no state of Adam's, so training can't go on from it.
      let missing = #expect(throws: FileError.self) { try Self.read(path, for: subject) }
      #expect(code(of: missing) == "E-CKPT-TENSOR")
    }
  }

  @Test("Tensors have PyTorch's names and shapes")
  func names() throws {
    let subject = Self.subject()
    try withFile { path in
      try Checkpoint.writeFinal(subject, Self.identity, step: 0, to: path)
      let file = try SafeTensorsFile(contentsOf: path)
      let shapes = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.shape) })
      // torch.nn.Linear holds [out, in]; the network sees the cue beside 40 features.
      let expected = [
        "encoder.0.weight": [100, 2], "encoder.0.bias": [100],
        "encoder.2.weight": [100, 100], "encoder.2.bias": [100],
        "encoder.4.weight": [40, 100], "encoder.4.bias": [40],
        "inp_to_rec.weight": [5, 41], "inp_to_rec.bias": [5],
        "rec_to_rec.weight": [5, 5], "rec_to_rec.bias": [5],
        "rec_to_out.weight": [3, 5], "rec_to_out.bias": [3],
      ]
      #expect(shapes == expected)
      let weights = try #require(file["rec_to_out.weight"]?.floats)
      let slot = try #require(subject.parameters.slots.first { $0.name == "rec_to_out.weight" })
      #expect(bits(weights) == bits(subject.parameters.values(of: slot)))
    }
  }

  @Test(
    "Python's safetensors loads a final file and a checkpoint",
    .enabled(if: Python.hasSafeTensors, "python3 here has no safetensors with numpy")
  )
  func python() throws {
    let subject = Self.subject()
    let state = try Self.state(of: subject)
    try withFile { path in
      for isFinal in [true, false] {
        if isFinal {
          try Checkpoint.writeFinal(subject, Self.identity, step: 0, to: path)
        } else {
          try Checkpoint.write(state, of: subject, Self.identity, to: path)
        }
        let output = try Python.run(
          """
          import sys
          from safetensors.numpy import load_file
          weights = load_file(sys.argv[1])
          for name in sorted(weights):
              print(name, *weights[name].shape, float(weights[name].astype("f8").sum()))
          """,
          path.string
        )
        let lines = output.split(separator: "\n").map { $0.split(separator: " ") }
        let file = try SafeTensorsFile(contentsOf: path)
        #expect(lines.map { String($0[0]) } == file.tensors.map(\.name).sorted())
        for name in [
          "inp_to_rec.weight", "rec_to_rec.weight", "rec_to_out.weight", "encoder.0.weight",
        ] {
          let line = try #require(lines.first { $0[0] == name }, "\(name)")
          let tensor = try #require(file[name])
          #expect(line[1..<line.count - 1].compactMap { Int($0) } == tensor.shape)
          let sum = try #require(Double(line[line.count - 1]))
          let expected = try #require(tensor.floats).reduce(0) { $0 + Double($1) }
          // NumPy adds in another order: 2¹⁴ terms below 1 err by far less in double precision.
          #expect((sum - expected).magnitude < 1e-9)
        }
      }
    }
  }

  @Test("Damage is noticed wherever it is: no changed or missing byte is read over")
  func damage() throws {
    let subject = Self.subject(encoder: .none, units: 2)
    let state = try Self.state(of: subject)
    try withFile { path in
      try Checkpoint.write(state, of: subject, Self.identity, to: path)
      let whole = try #require(FileManager.default.contents(atPath: path.string))
      func read(_ bytes: Data) throws -> TrainingState {
        // A new file: some systems wait for the disk where an old one is written over.
        try Folder.removeFile(path)
        try bytes.write(to: URL(fileURLWithPath: path.string))
        return try Self.read(path, for: subject)
      }
      // Steps that are no multiples of a number's size meet each of its bytes.
      for place in stride(from: 0, to: whole.count, by: 5) {
        var bytes = whole
        bytes[place] ^= 1 << (place % 8)
        let error = #expect(throws: FileError.self, "byte \(place)") { try read(bytes) }
        #expect(code(of: error) != nil && error?.exitCode == 65, "byte \(place)")
      }
      for count in stride(from: 0, to: whole.count, by: 9) {
        let error = #expect(throws: FileError.self, "\(count) bytes") {
          try read(whole.prefix(count))
        }
        #expect(code(of: error) != nil, "\(count) bytes")
      }
      #expect(throws: FileError.self) { try read(whole + [0]) }
      #expect(try read(whole) == state)
    }
  }

  @Test("A checkpoint of another spec, algorithm or encoder is refused with what sets it apart")
  func foreign() throws {
    let subject = Self.subject()
    let state = try Self.state(of: subject)
    try withFile { path in
      try Checkpoint.write(state, of: subject, Self.identity, to: path)
      let bytes = FileManager.default.contents(atPath: path.string)
      let foreign = [
        (Checkpoint.Identity(specHash: "abd", algorithmVersion: 1), "config_sha256 = abc"),
        (Checkpoint.Identity(specHash: "abc", algorithmVersion: 2), "algo_version = 1"),
      ]
      for (identity, part) in foreign {
        let error = #expect(throws: FileError.self) {
          try Self.read(path, for: subject, identity)
        }
        #expect(code(of: error) == "E-CKPT-OTHER" && error?.message.contains(part) ?? false)
      }
      let other = #expect(throws: FileError.self) {
        try Self.read(path, for: Self.subject(seed: 2))
      }
      #expect(code(of: other) == "E-CKPT-ENCODER")
      let wider = #expect(throws: FileError.self) {
        try Self.read(path, for: Self.subject(units: 6))
      }
      #expect(code(of: wider) == "E-CKPT-TENSOR")
      #expect(FileManager.default.contents(atPath: path.string) == bytes)
    }
  }

  @Test(
    "Weights and moments that are not finite are refused by name",
    arguments: [Float.nan, .infinity]
  )
  func nonFinite(value: Float) throws {
    let subject = Self.subject()
    let state = try Self.state(of: subject)
    let slot = try #require(state.parameters.slots.first { $0.name == "rec_to_rec.weight" })
    try withFile { path in
      var broken = state
      var values = broken.parameters.values(of: slot)
      values[7] = value
      broken.parameters.set(slot, to: values)
      try Checkpoint.write(broken, of: subject, Self.identity, to: path)
      let error = #expect(throws: FileError.self) { try Self.read(path, for: subject) }
      #expect(code(of: error) == "E-CKPT-NONFINITE")
      #expect(error?.message.contains("tensor rec_to_rec.weight, index 7") ?? false)

      broken = state
      broken.adam.secondMoment[slot.offset] = value
      try Checkpoint.write(broken, of: subject, Self.identity, to: path)
      let moment = #expect(throws: FileError.self) { try Self.read(path, for: subject) }
      #expect(moment?.message.contains("adam.second.rec_to_rec.weight") ?? false)
    }
  }

  @Test(
    "Numbers that no training can have reached are refused, not taken for a count",
    arguments: [
      ("training.step", SafeTensorsFile.Values.int64([-1])),
      ("training.step", .int64([1 << 60])), ("training.step", .float64([17])),
      ("training.running", .float64([1, 1, 1e300, 1])),
      ("training.running", .float64([1, 1, -1, 1])),
      ("training.running", .float64([1, 1, 0.5, 1])),
      ("training.running", .float64([1, 1, 1, 1e300])),
      ("training.running", .float64([1, 1, 1, -1])),
      ("training.running", .float64([1, 1, 1, 0.5])),
      ("training.running", .float64([1, 1])), ("training.running", .float64([1, 1, 1])),
    ]
  )
  func impossible(name: String, values: SafeTensorsFile.Values) throws {
    let subject = Self.subject()
    try withFile { path in
      try Checkpoint.write(try Self.state(of: subject), of: subject, Self.identity, to: path)
      var file = try SafeTensorsFile(contentsOf: path)
      let index = try #require(file.tensors.firstIndex { $0.name == name })
      file.tensors[index] = .init(name: name, shape: [values.count], values: values)
      try file.write(to: path)
      let error = #expect(throws: FileError.self) { try Self.read(path, for: subject) }
      #expect(code(of: error) == "E-CKPT-TENSOR")
    }
  }

  @Test("A checkpoint that cannot be written leaves the one before as it was")
  func failedWrite() throws {
    let subject = Self.subject()
    let state = try Self.state(of: subject)
    try withFile { path in
      try Checkpoint.write(state, of: subject, Self.identity, to: path)
      var later = try Self.trainer(of: subject, from: state)
      _ = later.step()
      var number = 1
      while true {
        let plan = FaultPlan(failingAt: number, with: .noSpace)
        do {
          try FaultPlan.$current.withValue(plan) {
            try Checkpoint.write(later.state, of: subject, Self.identity, to: path)
          }
          break
        } catch let error as FileError {
          #expect(error.code == "E-IO-ENOSPC")
        }
        let stored = try Self.read(path, for: subject)
        // Once it is renamed, the new one is whole, though not yet safe from a power cut.
        #expect(stored == state || stored == later.state, "request \(number)")
        let folder = path.removingLastComponent()
        #expect(try Folder.names(in: folder) == ["ckpt.safetensors"], "request \(number)")
        number += 1
      }
      #expect(number > 4, "to create, write, synchronize, close and rename at least")
      #expect(try Self.read(path, for: subject) == later.state)
    }
  }
}

/// The interpreter of this machine, if there is one.
private enum Python {
  struct Failed: Error {}

  static let hasSafeTensors = (try? run("import numpy, safetensors.numpy", "")) != nil

  static func run(_ program: String, _ argument: String) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program, argument]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed() }
    return String(decoding: data, as: UTF8.self)
  }
}
