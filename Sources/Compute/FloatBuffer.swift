/// A run of floats on a cache-line boundary, with the semantics of a value.
///
/// The alignment is what `Array` can't promise: a vector of sixteen floats that straddles two
/// cache lines costs two loads. Copies share their storage until one of them is changed.
package struct FloatBuffer: @unchecked Sendable {
  // Shared storage is never written: `mutablePointer` copies it first.
  private var storage: Storage

  package var count: Int { storage.count }

  package init(repeating value: Float = 0, count: Int) {
    storage = Storage(count: count)
    storage.base.initialize(repeating: value, count: count)
  }

  package init(_ values: some Collection<Float>) {
    storage = Storage(count: values.count)
    var next = storage.base
    for value in values {
      next.initialize(to: value)
      next += 1
    }
  }

  /// Valid for as long as this value lives and isn't changed.
  package var pointer: UnsafePointer<Float> { UnsafePointer(storage.base) }

  /// Valid for as long as this value lives and isn't copied.
  package var mutablePointer: UnsafeMutablePointer<Float> {
    mutating get {
      if !isKnownUniquelyReferenced(&storage) {
        let copy = Storage(count: storage.count)
        copy.base.initialize(from: storage.base, count: storage.count)
        storage = copy
      }
      return storage.base
    }
  }

  package var values: [Float] { Array(UnsafeBufferPointer(start: storage.base, count: count)) }

  package subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "index \(index) is outside 0..<\(count)")
      return storage.base[index]
    }
    set {
      precondition(index >= 0 && index < count, "index \(index) is outside 0..<\(count)")
      mutablePointer[index] = newValue
    }
  }

  package mutating func fill(_ value: Float) {
    mutablePointer.update(repeating: value, count: count)
  }

  private final class Storage {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
      precondition(count >= 0, "a buffer can't hold \(count) floats")
      let bytes = max(count, 1) * MemoryLayout<Float>.stride
      base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        .bindMemory(to: Float.self, capacity: count)
      self.count = count
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
  }
}

extension FloatBuffer: Equatable {
  /// Whether the bits are the same: unlike `==` on floats, NaN equals itself and -0 is not 0.
  package static func == (left: FloatBuffer, right: FloatBuffer) -> Bool {
    left.count == right.count
      && (0..<left.count).allSatisfy {
        left.pointer[$0].bitPattern == right.pointer[$0].bitPattern
      }
  }
}
