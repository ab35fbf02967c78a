import Files
import SystemPackage
import Testing

@Suite("HDF5 files")
struct HDF5FileTests {
  @Test("Every type of numbers, order of bytes and packing is read")
  func reading() throws {
    for array in try MATFileTests.expected("hdf5") {
      for place in [array.name, "/\(array.name)"] {
        let found = try ArrayFile("\(fixture("arrays.h5")):\(place)").read()
        #expect(found.shape == array.shape, "\(array.name)")
        #expect(areEqual(found.values, array.values), "\(array.name)")
      }
    }
    #expect(try ArrayFile("\(fixture("arrays.h5")):link").read().shape == [4, 3])
  }

  @Test("The only array of several numbers needs no name")
  func onlyOne() throws {
    #expect(try ArrayFile(fixture("one.h5").string).read().shape == [4, 3])
  }

  @Test("Texts of fixed and of any length, in data and beside them")
  func texts() throws {
    let texts = try HDF5File.reading(fixture("arrays.h5")) { file throws(Malformation) in
      [try file.data("words").texts(), try file.data("fixed").texts()]
    }
    #expect(texts == [["left", "right"], ["left", "right"]])
    let className = try HDF5File.reading(fixture("version73.mat")) { file throws(Malformation) in
      try file.text("MATLAB_class", of: "truth")
    }
    #expect(className == "logical")
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let place: String
    let code: String
    let parts: [String]
    var exitCode: Int32 = 65
    var testDescription: String { place }
  }

  @Test(
    "What can't be read is refused by its name, with the reason",
    arguments: [
      Refusal(place: "arrays.h5:words", code: "E-HDF5-TYPE", parts: ["array = words", "text"]),
      Refusal(place: "arrays.h5:fixed", code: "E-HDF5-TYPE", parts: ["text"]),
      Refusal(place: "arrays.h5:waves", code: "E-HDF5-TYPE", parts: ["complex"]),
      Refusal(place: "arrays.h5:records", code: "E-HDF5-TYPE", parts: ["records (compound)"]),
      Refusal(place: "arrays.h5:colours", code: "E-HDF5-TYPE", parts: ["enum"]),
      Refusal(place: "arrays.h5:ragged", code: "E-HDF5-TYPE", parts: ["vlen"]),
      Refusal(place: "arrays.h5:reference", code: "E-HDF5-TYPE", parts: ["references"]),
      Refusal(place: "arrays.h5:huge", code: "E-DATA-SIZE", parts: ["array = huge", "memory"]),
      Refusal(place: "arrays.h5:outside", code: "E-HDF5-LINK", parts: ["another file"]),
      Refusal(place: "arrays.h5:raw", code: "E-HDF5-LINK", parts: ["stand in other files"]),
      Refusal(place: "virtual.h5:rates", code: "E-HDF5-LINK", parts: ["stand in other files"]),
      Refusal(place: "arrays.h5:dangling", code: "E-ARRAY-FORMAT", parts: ["none of that name"]),
      Refusal(
        place: "arrays.h5:rate",
        code: "E-ARRAY-FORMAT",
        parts: ["name one of deep/er/rates"]
      ),
      Refusal(
        place: "arrays.h5:deep",
        code: "E-ARRAY-FORMAT",
        parts: ["it is a group", "name one of deep/er/rates"]
      ),
      Refusal(place: "arrays.h5:", code: "E-ARRAY-FORMAT", parts: ["truth 2 × 2 bool"]),
      Refusal(place: "arrays.h5:deep/er/rate", code: "E-ARRAY-FORMAT", parts: ["deep/er/rates"]),
      Refusal(place: "arrays.h5", code: "E-ARRAY-FORMAT", parts: ["several", "truth 2 × 2 bool"]),
      Refusal(place: "none.h5", code: "E-FILE-MISSING", parts: ["none.h5"], exitCode: 66),
    ]
  )
  func refused(_ refusal: Refusal) throws {
    let error = try #require(throws: FileError.self) {
      try ArrayFile(fixture(refusal.place).string).read()
    }
    #expect(error.code == refusal.code && error.exitCode == refusal.exitCode, "\(error)")
    for part in refusal.parts { #expect(error.message.contains(part), "\(part): \(error)") }
  }

  @Test("Another format is named")
  func foreign() throws {
    try withFolder { folder in
      for (bytes, part) in [
        (try fixtureBytes("stored.npz"), "zip archive"), ([], "does not start as"),
        (Array("rate,time\n".utf8), "this is a text"),
        ([7, 0, 0, 0, 0, 0, 0, 0], "does not start as"),
      ] {
        let path = folder.appending("a.h5")
        try AtomicFile.write(bytes, to: path)
        let error = try #require(throws: FileError.self) { try ArrayFile(path.string).read() }
        #expect(error.code == "E-HDF5-FORMAT" && error.message.contains(part), "\(error)")
      }
    }
  }

  @Test(
    "Cut short anywhere, a file is refused",
    arguments: [("one.h5", "rates"), ("arrays.h5", "packed/gzip"), ("version73.mat", "states")]
  )
  func truncations(name: String, array: String) throws {
    let bytes = try fixtureBytes(name)
    try withFolder { folder in
      let path = folder.appending(name)
      // A prime, so that no structure of the format is always missed.
      for length in stride(from: 0, to: bytes.count, by: 37) {
        try AtomicFile.write(Array(bytes[..<length]), to: path)
        #expect(throws: FileError.self, "\(length)") {
          try ArrayFile("\(path):\(array)").read()
        }
      }
    }
  }

  @Test("Many readers at once get what one alone does")
  func manyReaders() async throws {
    let expected = try ArrayFile("\(fixture("arrays.h5")):packed/gzip").read()
    try await withThrowingTaskGroup(of: NumberArray.self) { group in
      for _ in 0..<16 {
        group.addTask { try ArrayFile("\(fixture("arrays.h5")):packed/gzip").read() }
      }
      for try await read in group { #expect(read == expected) }
    }
  }
}
