import Crypto
import SystemPackage

/// The SHA-256 of `bytes` in 64 lower-case hexadecimal digits.
package func sha256Hex(of bytes: some Collection<UInt8>) -> String {
  var hash = SHA256()
  hash.update(bytes)
  return hash.hexadecimal
}

/// The SHA-256 of a text's UTF-8 bytes.
package func sha256Hex(of text: String) -> String {
  sha256Hex(of: Array(text.utf8))
}

/// The SHA-256 of a file of any size.
package func sha256Hex(ofFile path: FilePath) throws(FileError) -> String {
  try FileDescriptor.reading(path) { descriptor throws(FileError) in
    var hash = SHA256()
    var piece: [UInt8] = []
    repeat {
      piece.removeAll(keepingCapacity: true)
      try descriptor.readPiece(of: path, into: &piece, capacity: 1 << 20)
      hash.update(piece)
    } while !piece.isEmpty
    return hash.hexadecimal
  }
}

extension SHA256 {
  fileprivate mutating func update(_ bytes: some Collection<UInt8>) {
    let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { buffer in
      update(bufferPointer: UnsafeRawBufferPointer(buffer))
    }
    if isContiguous == nil { update(Array(bytes)) }
  }

  fileprivate var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
