import Files
import SystemPackage
import Testing

/// Bytes from hostile or broken files: refused by name, and never the end of the program.
@Suite("Safetensors that are refused")
struct SafeTensorsRefusalTests {
  @Test("Cut short anywhere, a file is refused, with digests and without")
  func truncations() throws {
    for bytes in [SafeTensorsTests.small.serialized(), try pythonBytes()] {
      for length in 0..<bytes.count {
        #expect(throws: SafeTensorsError.self) {
          try SafeTensorsFile(parsing: Array(bytes[..<length]))
        }
      }
    }
  }

  @Test("With digests, any change of any byte is refused or changes nothing")
  func changesUnderDigests() throws {
    let bytes = SafeTensorsTests.small.serialized()
    let original = try SafeTensorsFile(parsing: bytes)
    // The padding behind the header may become another kind of white space.
    let padding = try #require(bytes.lastIndex(of: UInt8(ascii: "}"))) + 1
    for index in bytes.indices {
      for flipped in changes(of: bytes[index], all: index < padding + 8) {
        var changed = bytes
        changed[index] = flipped
        guard let read = try? SafeTensorsFile(parsing: changed) else { continue }
        #expect(index >= padding && bytes[index] == UInt8(ascii: " "), "byte \(index) was changed")
        #expect(read == original)
      }
    }
  }

  @Test("Without digests, a changed byte of the numbers changes the numbers and nothing else")
  func changesWithoutDigests() throws {
    let bytes = try pythonBytes()
    let original = try SafeTensorsFile(parsing: bytes)
    let dataStart = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    for index in bytes.indices {
      for flipped in changes(of: bytes[index], all: index < 8) {
        var changed = bytes
        changed[index] = flipped
        if index < dataStart {
          _ = try? SafeTensorsFile(parsing: changed)
        } else {
          let read = try SafeTensorsFile(parsing: changed)
          #expect(read.serialized() != original.serialized())
          #expect(read.tensors.map(\.name) == original.tensors.map(\.name))
        }
      }
    }
  }

  @Test("A header of more than 1 MiB, or longer than the file, is refused at once")
  func headerLengths() {
    for length: UInt64 in [1 << 20 + 1, 100_000_000, 1 << 63, .max] {
      let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
      #expect(throws: SafeTensorsError.headerTooLong(bytes: length)) {
        try SafeTensorsFile(parsing: bytes)
      }
    }
    #expect(throws: SafeTensorsError.truncated(expected: 1 << 20 + 8, found: 10)) {
      try SafeTensorsFile(parsing: [0, 0, 0x10, 0, 0, 0, 0, 0, 0x7B, 0x7D])
    }
  }

  @Test(
    "Each rule of the format has its own refusal",
    arguments: [
      ("[]", 0, .headerIsNoObject),
      (" {}", 0, .headerIsNoObject),
      ("", 0, .headerIsNoObject),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
        .gapOrOverlap(tensor: "a", expected: 0, found: 4)
      ),
      (entries("a", 0, 4, "b", 8, 12), 12, .gapOrOverlap(tensor: "b", expected: 4, found: 8)),
      (entries("a", 0, 4, "b", 0, 4), 8, .gapOrOverlap(tensor: "b", expected: 4, found: 0)),
      (entries("a", 0, 4, "b", 4, 8), 7, .truncated(expected: 8, found: 7)),
      (entries("a", 0, 4, "b", 4, 8), 9, .trailingBytes(1)),
      ("{}", 1, .trailingBytes(1)),
      (entry(shape: "[1]", offsets: "[0,8]"), 8, .sizeMismatch(tensor: "a", expected: 4, found: 8)),
      (entry(shape: "[1]", offsets: "[4,0]"), 4, .badEntry(tensor: "a")),
      (entry(shape: "[1]", offsets: "[-4,0]"), 4, .badEntry(tensor: "a")),
      (entry(shape: "[1]", offsets: "[0,4,4]"), 4, .badEntry(tensor: "a")),
      (entry(shape: "[1]", offsets: "[0,\"4\",4]"), 4, .badEntry(tensor: "a")),
      (entry(shape: "[1]", offsets: "[0,4.0]"), 4, .badEntry(tensor: "a")),
      (entry(shape: "1", offsets: "[0,4]"), 4, .badEntry(tensor: "a")),
      (entry(shape: "[1],\"x\":0", offsets: "[0,4]"), 4, .badEntry(tensor: "a")),
      (#"{"a":3}"#, 0, .badEntry(tensor: "a")),
      (#"{"a":{}}"#, 0, .badEntry(tensor: "a")),
      (entry(shape: "[-1]", offsets: "[0,4]"), 4, .badShape(tensor: "a")),
      (entry(shape: "[-1,-1]", offsets: "[0,4]"), 4, .badShape(tensor: "a")),
      (entry(shape: "[1e0]", offsets: "[0,4]"), 4, .badShape(tensor: "a")),
      // A published attack: the product wraps round to a small number.
      (
        entry(shape: "[4194305,4194305,211106198978564]", offsets: "[0,4]"), 4,
        .badShape(tensor: "a")
      ),
      (entry(shape: "[4611686018427387904]", offsets: "[0,0]"), 0, .badShape(tensor: "a")),
      (
        entry(dtype: "F8_E5M2", shape: "[4]", offsets: "[0,4]"), 4,
        .unsupportedType(tensor: "a", type: "F8_E5M2")
      ),
      (#"{"__metadata__":{"a":1}}"#, 0, .badMetadata),
      (#"{"__metadata__":[]}"#, 0, .badMetadata),
      (#"{"__metadata__":{"format_version":"3","data_sha256":"00"}}"#, 0, .newerFormat("3")),
      (#"{"__metadata__":{"data_sha256":"00"}}"#, 0, .digestMismatch(.data)),
      (#"{"__metadata__":{"meta_sha256":"00"}}"#, 0, .digestMissing),
    ] as [(String, Int, SafeTensorsError)]
  )
  func rules(header: String, dataCount: Int, error: SafeTensorsError) {
    #expect(throws: error) {
      try SafeTensorsFile(parsing: bytes(header: header, dataCount: dataCount))
    }
    #expect(!error.malformation.why.isEmpty)
  }

  @Test("A key given twice and 10,001 tensors are refused")
  func duplicatesAndCrowds() {
    let twice = #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}"#
    #expect(throws: SafeTensorsError.self) {
      try SafeTensorsFile(parsing: bytes(header: twice, dataCount: 0))
    }
    let crowd = (0...10_000).map {
      #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    }
    #expect(throws: SafeTensorsError.tooManyTensors(10_001)) {
      try SafeTensorsFile(
        parsing: bytes(header: "{\(crowd.joined(separator: ","))}", dataCount: 0)
      )
    }
  }

  @Test("A file without digests is refused where they are required")
  func requiredDigests() throws {
    let bytes = try pythonBytes()
    #expect(throws: SafeTensorsError.digestMissing) {
      try SafeTensorsFile(parsing: bytes, digest: .required)
    }
  }

  @Test(
    "What people hand in by mistake is named",
    arguments: [
      ("PK\u{03}\u{04}\u{14}\0\0\0\0\0archive/data.pkl".utf8.map { $0 }, .zip),
      ([0x80, 0x02, 0x7D, 0x71, 0x00, 0x28, 0x58, 0x01, 0x00], .pickle),
      ([0x80, 0x04, 0x95, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0x7D, 0x94], .pickle),
      ([0x80, 0x04, 0x4E, 0x2E], .pickle),
      ("version https://git-lfs.github.com/spec/v1\noid".utf8.map { $0 }, .gitLFSPointer),
      ("\n\n<!DOCTYPE html><html>".utf8.map { $0 }, .html),
      ("<html lang=\"en\">".utf8.map { $0 }, .html),
      ("tasks: { count: 3 }  # σ\n".utf8.map { $0 }, .text),
      ([0x93] + "NUMPY\u{01}\0v\0{'descr'".utf8, .numpy),
    ] as [([UInt8], ForeignFormat)]
  )
  func foreignFormats(bytes: [UInt8], format: ForeignFormat) {
    #expect(throws: SafeTensorsError.foreign(format)) { try SafeTensorsFile(parsing: bytes) }
  }

  @Test("A header whose length starts like a pickle is a header all the same")
  func lengthLikePickle() throws {
    // 0x010280 bytes: the first three are 80 02 01.
    let header = "{}" + String(repeating: " ", count: 0x010280 - 2)
    #expect(
      try SafeTensorsFile(parsing: bytes(header: header, dataCount: 0))
        == SafeTensorsFile(tensors: [])
    )
  }

  private func pythonBytes() throws -> [UInt8] {
    try [UInt8](contentsOf: fixture("python.safetensors"), limit: 1 << 20)
  }

  /// Other values of a byte: all of them, or each with one bit flipped.
  private func changes(of byte: UInt8, all: Bool) -> [UInt8] {
    all ? (1...255).map { byte ^ $0 } : (0..<8).map { byte ^ 1 << $0 }
  }
}

private func bytes(header: String, dataCount: Int) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    + Array(header.utf8)
    + [UInt8](repeating: 0, count: dataCount)
}

private func entry(dtype: String = "F32", shape: String, offsets: String) -> String {
  #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
}

private func entries(
  _ first: String,
  _ start: Int,
  _ end: Int,
  _ second: String,
  _ secondStart: Int,
  _ secondEnd: Int
) -> String {
  let parts = [(first, start, end), (second, secondStart, secondEnd)].map { name, start, end in
    #""\#(name)":{"dtype":"U8","shape":[\#(end - start)],"data_offsets":[\#(start),\#(end)]}"#
  }
  return "{\(parts.joined(separator: ","))}"
}
