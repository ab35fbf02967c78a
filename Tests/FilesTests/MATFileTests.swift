import Files
import SystemPackage
import Testing

@Suite("MATLAB files")
struct MATFileTests {
  /// What NumPy holds, by the variable's name.
  static func expected(_ format: String) throws -> [(name: String, shape: [Int], values: [Double])]
  {
    let file = try JSONValue(contentsOf: fixture("arrays.json"))
    return try #require(file[format]?.object).sorted { $0.key < $1.key }.map { name, array in
      (name, array.lengths, array.numbers)
    }
  }

  @Test(
    "Every class of numbers is read row by row, packed or not, and from HDF5",
    arguments: ["packed.mat", "plain.mat", "version73.mat"]
  )
  func reading(name: String) throws {
    var read = 0
    for array in try Self.expected("mat") {
      if name == "version73.mat", ["int16", "uint32"].contains(array.name) { continue }
      let found = try ArrayFile("\(fixture(name)):\(array.name)").read()
      #expect(found.shape == array.shape, "\(array.name)")
      #expect(areEqual(found.values, array.values), "\(array.name)")
      read += 1
    }
    #expect(read >= 15)
  }

  @Test("Big-endian, and doubles in the smallest type that holds them")
  func bigEndian() throws {
    let array = try ArrayFile(fixture("big.mat").string).read()
    let expected = try JSONValue(contentsOf: fixture("arrays.json"))["big"]
    #expect(array.shape == [2, 3])
    #expect(array.values == expected?.numbers)
  }

  @Test("The only array of several numbers needs no name")
  func onlyOne() throws {
    #expect(try ArrayFile(fixture("one.mat").string).read().shape == [4, 3])
    #expect(try ArrayFile(fixture("one.mat").string + ":rate").read().values == [1000])
  }

  @Test(
    "What holds no numbers is refused by its name, with what to do",
    arguments: [
      ("words", "text"), ("cells", "cell array"), ("trial", "struct"), ("waves", "complex"),
      ("sparse", "sparse"),
    ]
  )
  func refused(variable: String, words: String) throws {
    for name in ["packed.mat", "plain.mat", "version73.mat"] {
      if name == "version73.mat", variable == "sparse" { continue }
      let error = try #require(throws: FileError.self) {
        try ArrayFile("\(fixture(name)):\(variable)").read()
      }
      #expect(error.code == "E-MAT-TYPE" && error.exitCode == 65)
      #expect(error.message.contains("array = \(variable)") && error.message.contains(words))
    }
  }

  @Test("Without a name, or with a wrong one, everything is listed with shape and class")
  func listing() throws {
    for (place, parts) in [
      (
        "packed.mat",
        ["several arrays", "states 5 × 2 × 3 double", "truth 2 × 3 logical", "1 × 4 char"]
      ),
      ("version73.mat", ["several arrays", "states 5 × 2 × 3 double", "truth 2 × 3 logical"]),
      ("packed.mat:state", ["array = state", "did you mean states?"]),
      ("version73.mat:state", ["array = state", "did you mean states?"]),
      // The start of a name, before another that is as near.
      ("packed.mat:st", ["array = st", "did you mean states?"]),
    ] {
      let error = try #require(throws: FileError.self) {
        try ArrayFile(fixture(place).string).read()
      }
      #expect(error.code == "E-ARRAY-FORMAT")
      for part in parts { #expect(error.message.contains(part), "\(part): \(error.message)") }
    }
  }

  @Test("Cut short anywhere, the last variable is refused or missing, never wrong")
  func truncations() throws {
    for (name, last) in [
      ("packed.mat", "sparse"), ("plain.mat", "sparse"), ("big.mat", "rates"), ("one.mat", "note"),
    ] {
      let bytes = try fixtureBytes(name)
      #expect(try MATFile(parsing: bytes).variables.last?.name == last)
      for length in 0..<bytes.count {
        guard let file = try? MATFile(parsing: Array(bytes[..<length])) else { continue }
        // At the end of a variable a file may end.
        #expect(!file.variables.contains { $0.name == last }, "\(name), \(length)")
      }
    }
  }

  @Test("Any change of any bit of a packed file is refused, or changes nothing that is read")
  func changes() throws {
    let bytes = try fixtureBytes("packed.mat")
    let original = try MATFile(parsing: bytes)
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << bit
        guard let file = try? MATFile(parsing: changed) else { continue }
        // Text for people, and the bits between the end of what is packed and its checksum.
        #expect(Self.areSame(file, original), "\(index)")
      }
    }
  }

  private static func areSame(_ left: MATFile, _ right: MATFile) -> Bool {
    left.variables.count == right.variables.count
      && zip(left.variables, right.variables).allSatisfy {
        $0.name == $1.name && $0.shape == $1.shape && areEqual($0.values ?? [], $1.values ?? [])
      }
  }

  @Test("Lengths that a file can't have are refused before memory is asked for")
  func hugeLengths() throws {
    var bytes = try fixtureBytes("packed.mat")
    #expect(throws: MATError.self) { try MATFile(parsing: bytes, limit: 100) }
    bytes.replaceSubrange(132..<136, with: [255, 255, 255, 255])
    #expect(throws: MATError.self) { try MATFile(parsing: bytes) }
  }

  @Test("Another format is named, and MATLAB 4 by its version")
  func otherFormats() throws {
    let old = try #require(throws: FileError.self) {
      try ArrayFile(fixture("version4.mat").string).read()
    }
    #expect(old.code == "E-MAT-VERSION" && old.message.contains("version 4"))
    #expect(throws: MATError.foreign(.zip)) { try MATFile(parsing: fixtureBytes("stored.npz")) }
    let text = [UInt8](repeating: UInt8(ascii: "x"), count: 300)
    #expect(throws: MATError.foreign(.text)) { try MATFile(parsing: text) }
  }
}

extension JSONValue {
  var lengths: [Int] { (self["shape"]?.array ?? []).compactMap { $0.double.map { Int($0) } } }

  /// What is undefined is null.
  var numbers: [Double] { (self["values"]?.array ?? []).map { $0.double ?? .nan } }
}

/// Equal, number by number; what is undefined equals itself.
func areEqual(_ left: [Double], _ right: [Double]) -> Bool {
  left.count == right.count && zip(left, right).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
}

func fixtureBytes(_ name: String) throws -> [UInt8] {
  try [UInt8](contentsOf: fixture(name), limit: 1 << 20)
}
