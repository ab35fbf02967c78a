import Files
import SystemPackage

/// A reference result in `Tests/Fixtures`; `make_fixtures.py` beside them says how it was made.
package struct Fixture {
  private let file: SafeTensorsFile
  private let name: String

  /// - Parameter name: The file's name without its extension.
  /// - Throws: What is wrong with the file.
  package init(_ name: String) throws {
    self.name = name
    file = try SafeTensorsFile(contentsOf: Self.path("\(name).safetensors"))
  }

  /// The values of a tensor in single precision, row by row.
  package func floats(_ tensor: String) throws -> [Float] {
    guard let values = file[tensor]?.floats else { throw Missing(tensor: tensor, fixture: name) }
    return values
  }

  package func doubles(_ tensor: String) throws -> [Double] { try floats(tensor).map(Double.init) }

  /// The values of a tensor in double precision.
  package func exactDoubles(_ tensor: String) throws -> [Double] {
    guard let values = file[tensor]?.doubles else { throw Missing(tensor: tensor, fixture: name) }
    return values
  }

  package func shape(_ tensor: String) throws -> [Int] {
    guard let shape = file[tensor]?.shape else { throw Missing(tensor: tensor, fixture: name) }
    return shape
  }

  package func contains(_ tensor: String) -> Bool { file[tensor] != nil }

  /// A reference result in JSON.
  package static func json(_ name: String) throws -> JSONValue {
    try JSONValue(parsing: [UInt8](contentsOf: folder.appending("\(name).json"), limit: 1 << 24))
  }

  /// Where a file of `Tests/Fixtures` stands.
  package static func path(_ file: String) -> FilePath { folder.appending(file) }

  package struct Missing: Error {
    let tensor: String
    let fixture: String
  }

  private static var folder: FilePath {
    FilePath(#filePath).removingLastComponent().removingLastComponent().appending("Fixtures")
  }
}
