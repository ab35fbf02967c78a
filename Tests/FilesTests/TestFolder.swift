import Files
import Foundation
import SystemPackage

/// An empty directory of its own for one test, removed afterwards.
func withFolder<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(FilePath(url.path(percentEncoded: false)))
}

/// What a file holds, read without the code under test.
func content(of path: FilePath) -> String? {
  FileManager.default.contents(atPath: path.string).map { String(decoding: $0, as: UTF8.self) }
}

func createEmptyFile(_ path: FilePath) throws {
  try Data().write(to: URL(fileURLWithPath: path.string))
}

/// A reference file beside the tests.
func fixture(_ name: String) -> FilePath {
  FilePath(#filePath).removingLastComponent().appending("Fixtures").appending(name)
}
