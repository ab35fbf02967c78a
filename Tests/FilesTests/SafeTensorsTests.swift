import Files
import SystemPackage
import Testing

@Suite("Safetensors")
struct SafeTensorsTests {
  static let small = SafeTensorsFile(
    tensors: [
      .init(
        name: "rec_to_rec.weight",
        shape: [2, 3],
        values: .float32([1, -2, 0.5, -0.0, 3e38, .leastNonzeroMagnitude])
      ),
      .init(name: "adam.step", shape: [], values: .int64([.min])),
      .init(name: "é", shape: [1, 2], values: .float64([.pi, -.infinity])),
      .init(name: "mask", shape: [3], values: .uint8([0, 1, 255])),
      .init(name: "none", shape: [0, 7], values: .float32([])),
    ],
    metadata: ["step": "20000", "note": "\"quoted\"\n"]
  )

  @Test("What is written reads back the same, wider types first")
  func roundTrip() throws {
    let read = try SafeTensorsFile(parsing: Self.small.serialized(), digest: .required)
    #expect(read.metadata == Self.small.metadata)
    #expect(
      read.tensors.map(\.name) == ["adam.step", "é", "rec_to_rec.weight", "none", "mask"]
    )
    for tensor in Self.small.tensors { #expect(read[tensor.name] == tensor) }
    #expect(read["rec_to_rec.weight"]?.floats?[3].sign == .minus)
    #expect(read["missing"] == nil)
    // The order on disk is a fixed point, so reading and writing again gives the same bytes.
    #expect(read.serialized() == Self.small.serialized())
  }

  @Test(
    "Half precision, whole numbers and truth values of any width are read exactly",
    arguments: [
      // 1, -2, the largest half, the smallest above zero.
      (
        "F16", [0x00, 0x3C, 0x00, 0xC0, 0xFF, 0x7B, 0x01, 0x00],
        .float32([1, -2, 65504, 0x1p-24])
      ),
      ("BF16", [0x80, 0x3F, 0x49, 0xC0, 0x7F, 0x7F], .float32([1, -3.140625, 0x1.FEp127])),
      ("I32", [0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80], .int64([-2, -0x8000_0000])),
      ("I16", [0xFE, 0xFF, 0x00, 0x80], .int64([-2, -0x8000])),
      ("I8", [0xFE, 0x80], .int64([-2, -128])),
      ("U32", [0xFE, 0xFF, 0xFF, 0xFF], .int64([0xFFFF_FFFE])),
      ("U16", [0xFE, 0xFF], .int64([0xFFFE])),
      ("BOOL", [1, 0, 1], .uint8([1, 0, 1])),
    ] as [(String, [UInt8], SafeTensorsFile.Values)]
  )
  func narrowTypes(type: String, data: [UInt8], values: SafeTensorsFile.Values) throws {
    let header =
      #"{"a":{"dtype":"\#(type)","shape":[\#(values.count)],"data_offsets":[0,\#(data.count)]}}"#
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let file = try SafeTensorsFile(parsing: length + Array(header.utf8) + data)
    #expect(file["a"]?.values == values)
  }

  @Test("An empty file is a file")
  func empty() throws {
    let empty = SafeTensorsFile(tensors: [])
    #expect(try SafeTensorsFile(parsing: empty.serialized(), digest: .required) == empty)
  }

  @Test("The layout is the standard's: length, header padded to 8 bytes, numbers in order")
  func layout() throws {
    let file = SafeTensorsFile(
      tensors: [
        .init(name: "a", shape: [1], values: .float32([1])),
        .init(name: "b", shape: [2], values: .uint8([7, 8])),
      ]
    )
    let bytes = file.serialized()
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length.isMultiple(of: 8))
    let header = try JSONValue(parsing: Array(bytes[8..<8 + length]))
    #expect(header["a"] == ["dtype": "F32", "shape": [1], "data_offsets": [0, 4]])
    #expect(header["b"] == ["dtype": "U8", "shape": [2], "data_offsets": [4, 6]])
    let data: [UInt8] = [0, 0, 0x80, 0x3F, 7, 8]
    #expect(Array(bytes[(8 + length)...]) == data)
    #expect(header["__metadata__"]?["data_sha256"] == .string(sha256Hex(of: data)))
    #expect(header["__metadata__"]?["format_version"] == "1")
  }

  @Test("A file of the reference implementation reads as what Python wrote")
  func pythonFixture() throws {
    let file = try SafeTensorsFile(contentsOf: fixture("python.safetensors"))
    #expect(file.metadata == ["greeting": "grüß \"Gott\"\n", "writer": "safetensors"])
    #expect(file.tensors.count == 7)
    let weight = try #require(file["encoder.0.weight"])
    #expect(weight.shape == [3, 4])
    #expect(weight.floats == (0..<12).map { Float($0) / 8 - 1 })
    let extremes = try #require(file["extremes"]?.floats)
    #expect(extremes.map(\.bitPattern) == [0x7F80_0000, 0x8000_0000, 1, 0x7F7F_FFFF])
    #expect(file["thirds"]?.doubles == [1 / 3.0, -2 / 3.0])
    #expect(file["step"] == .init(name: "step", shape: [], values: .int64([100_000])))
    #expect(file["limits"]?.integers == [.min, .max])
    #expect(file["bytes"]?.bytes == [0, 127, 255])
    #expect(file["nothing"] == .init(name: "nothing", shape: [0, 5], values: .float32([])))
  }

  @Test("Written to disk and read from it, or the file and the reason are named")
  func files() throws {
    try withFolder { folder in
      let path = folder.appending("final.safetensors")
      try Self.small.write(to: path)
      let read = try SafeTensorsFile(contentsOf: path, digest: .required)
      #expect(read.tensors.count == 5)
      try AtomicFile.write("version https://git-lfs.github.com/spec/v1\noid sha256:1", to: path)
      let error = #expect(throws: FileError.self) { try SafeTensorsFile(contentsOf: path) }
      #expect(error?.exitCode == 65)
      #expect(
        error?.description
          == "error[E-WEIGHTS-FORMAT]: not a valid safetensors file in \(path): "
          + "this is a Git LFS pointer, not the file that it points to. MEND: run git lfs pull"
      )
    }
  }

  @Test("The first value that is not finite is found, with its tensor, place and company")
  func nonFinite() {
    let infinite = Self.small.firstNonFinite()
    #expect(infinite?.tensor == "é")
    #expect(infinite?.index == 1)
    #expect(infinite?.count == 1)
    let file = SafeTensorsFile(
      tensors: [
        .init(name: "fine", shape: [2], values: .float32([0, .greatestFiniteMagnitude])),
        .init(name: "bytes", shape: [1], values: .uint8([255])),
        .init(name: "bad", shape: [4], values: .float32([0, .nan, 1, .infinity])),
      ]
    )
    let bad = file.firstNonFinite()
    #expect(bad?.tensor == "bad")
    #expect(bad?.index == 1)
    #expect(bad?.count == 2)
    #expect(SafeTensorsFile(tensors: Array(file.tensors[..<2])).firstNonFinite() == nil)
  }
}
