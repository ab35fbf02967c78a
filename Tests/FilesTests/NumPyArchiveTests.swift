import Files
import SystemPackage
import Testing

@Suite("NumPy archives")
struct NumPyArchiveTests {
  private static let small = NumPyArchive(members: [
    .init(
      name: "encoder.0.weight",
      array: NumPyArray(shape: [2, 2], values: .float32([1, 2, 3, 4]))
    ),
    .init(name: "größe", array: NumPyArray(shape: [], values: .float64([0.5]))),
    .init(name: "spec.json", array: NumPyArray(shape: [2], values: .uint8([0x7B, 0x7D]))),
  ])

  @Test("What NumPy wrote is read, stored or deflated", arguments: ["stored.npz", "deflated.npz"])
  func reading(name: String) throws {
    let archive = try NumPyArchive(contentsOf: fixture(name))
    #expect(archive.members.map(\.name) == ["encoder.0.weight", "transposed", "steps"])
    let ramp = (0..<12).map { Float($0) / 8 - 1 }
    #expect(archive["encoder.0.weight"] == NumPyArray(shape: [3, 4], values: .float32(ramp)))
    #expect(
      archive["transposed"] == NumPyArray(shape: [4, 3], values: .float64(ramp.map(Double.init)))
    )
    #expect(archive["steps"] == NumPyArray(shape: [500], values: .int64((0..<500).map(Int64.init))))
  }

  @Test("What is written is read back, and the same arrays give the same bytes")
  func writing() throws {
    let bytes = Self.small.serialized()
    #expect(try NumPyArchive(parsing: bytes) == Self.small)
    #expect(Self.small.serialized() == bytes)
    #expect(try NumPyArchive(parsing: NumPyArchive(members: []).serialized()).members.isEmpty)
  }

  @Test("Cut short anywhere, an archive is refused")
  func truncations() throws {
    for bytes in [Self.small.serialized(), try fixtureBytes("deflated.npz")] {
      for length in 0..<bytes.count {
        #expect(throws: Malformation.self) {
          try NumPyArchive(parsing: Array(bytes[..<length]))
        }
      }
    }
  }

  @Test("Any change of any bit is refused, or changes nothing that is read")
  func changes() throws {
    for bytes in [Self.small.serialized(), try fixtureBytes("deflated.npz")] {
      let original = try NumPyArchive(parsing: bytes)
      var refused = 0
      for index in bytes.indices {
        for bit in 0..<8 {
          var changed = bytes
          changed[index] ^= 1 << bit
          guard let read = try? NumPyArchive(parsing: changed) else {
            refused += 1
            continue
          }
          // Dates, versions and modes are nobody's concern.
          #expect(read == original, "byte \(index), bit \(bit)")
        }
      }
      #expect(refused > bytes.count * 4)
    }
  }

  @Test("An archive that claims to unpack to more than it could is refused before it is unpacked")
  func bombs() throws {
    let bytes = try fixtureBytes("deflated.npz")
    #expect(throws: Malformation.self) { try NumPyArchive(parsing: bytes, limit: 4000) }
    let stored = Self.small.serialized()
    let error = #expect(throws: Malformation.self) {
      try NumPyArchive(parsing: stored, limit: 100)
    }
    #expect(error?.code == "E-NPZ-SIZE")
  }

  @Test("Two entries can't share their bytes or their name")
  func overlap() throws {
    let one = NumPyArchive(members: [Self.small.members[0]]).serialized()
    // The list's only line once more, which is 46 bytes and the name, with the counts that belong.
    let end = one.count - 22
    let start = Int(one[end + 16]) | Int(one[end + 17]) << 8
    let line = Array(one[start..<end])
    func twice(_ second: [UInt8]) -> [UInt8] {
      var record = Array(one[end...])
      (record[8], record[10]) = (2, 2)
      record[12] = UInt8(line.count + second.count)
      return one[..<start] + line + second + record
    }
    #expect(throws: ZipError.duplicate("encoder.0.weight.npy")) {
      try ZipArchive(parsing: twice(line))
    }
    var renamed = line
    renamed[46] = UInt8(ascii: "f")
    #expect(throws: ZipError.headersDisagree("fncoder.0.weight.npy")) {
      try ZipArchive(parsing: twice(renamed))
    }
  }

  @Test(
    "Names that lead elsewhere are refused",
    arguments: ["/etc/x", "../x", "a/../x", "a\\x", "C:x", "a\u{1B}[2J", "a\0b"]
  )
  func names(name: String) throws {
    #expect(!NumPyArchive.allows(name: name))
    // The same length, so that only the name changes: once in the entry and once in the list.
    let plain = String(repeating: "q", count: name.utf8.count)
    let array = NumPyArray(shape: [1], values: .uint8([1]))
    let bytes = NumPyArchive(members: [.init(name: plain, array: array)]).serialized()
    var changed = bytes
    for place in bytes.indices where bytes[place...].starts(with: plain.utf8) {
      changed.replaceSubrange(place..<place + plain.utf8.count, with: name.utf8)
    }
    let error = #expect(throws: Malformation.self) { try NumPyArchive(parsing: changed) }
    #expect(error?.code == "E-NPZ-NAME")
  }

  @Test("Other things that people hand in are named")
  func foreign() throws {
    let torch = ZipArchive(entries: [.init(name: "net/data.pkl", bytes: [0x80, 2, 0x7D])])
    let cases: [([UInt8], String, String)] = [
      (torch.serialized(), "E-NPZ-FORMAT", "pickle"),
      (try fixtureBytes("network.pth"), "E-NPZ-FORMAT", "pickle"),
      (Array("<!DOCTYPE html><html>".utf8), "E-NPZ-FORMAT", "web page"),
      (
        ZipArchive(entries: [.init(name: "a.txt", bytes: [1])]).serialized(), "E-NPY-FORMAT", ".npy"
      ),
      ([], "E-NPZ-FORMAT", "zip"),
    ]
    for (bytes, code, word) in cases {
      let error = #expect(throws: Malformation.self) { try NumPyArchive(parsing: bytes) }
      #expect(error?.code == code)
      #expect(error?.why.contains(word) == true, "\(error?.why ?? "")")
    }
  }

  @Test("PyTorch's archive has 64-bit records, which are read and checked like the others")
  func longRecords() throws {
    let bytes = try fixtureBytes("network.pth")
    let archive = try ZipArchive(parsing: bytes)
    #expect(archive.entries.contains { $0.name == "network/data.pkl" })
    // Two floats of zero.
    #expect(
      archive.entries.first { $0.name == "network/data/0" }?.bytes
        == [UInt8](repeating: 0, count: 8)
    )
    for length in 0..<bytes.count {
      #expect(throws: ZipError.self) { try ZipArchive(parsing: Array(bytes[..<length])) }
    }
    for index in bytes.indices.suffix(98 + 22) {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << bit
        if let read = try? ZipArchive(parsing: changed) { #expect(read == archive) }
      }
    }
  }

  @Test("An array inside that is none is told with its name")
  func badMember() {
    let archive = ZipArchive(entries: [.init(name: "w.npy", bytes: Array("nonsense".utf8))])
    let error = #expect(throws: Malformation.self) {
      try NumPyArchive(parsing: archive.serialized())
    }
    #expect(error?.field == "entry = w.npy")
  }

  @Test("A file is written whole and read again")
  func files() throws {
    try withFolder { folder in
      let path = folder.appending("weights.npz")
      try Self.small.write(to: path)
      #expect(try NumPyArchive(contentsOf: path) == Self.small)
      try AtomicFile.write("PK, not a zip", to: path)
      let error = #expect(throws: FileError.self) { try NumPyArchive(contentsOf: path) }
      #expect(error?.exitCode == 65)
      #expect(error?.description.contains("weights.npz") == true)
    }
  }

  private func fixtureBytes(_ name: String) throws -> [UInt8] {
    try [UInt8](contentsOf: fixture(name), limit: 1 << 20)
  }
}
