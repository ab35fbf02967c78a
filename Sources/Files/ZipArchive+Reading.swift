import CZlib

extension ZipArchive {
  /// Reads the bytes of an archive whose entries are stored or deflated.
  ///
  /// Every number is checked against the others before a byte is believed: the directory against
  /// the entries' own headers, places against each other, sizes and CRC-32 against the content.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - limit: The most bytes that all entries together may have, unpacked; below 4 GiB.
  /// - Throws: The first rule that is broken.
  package init(parsing bytes: [UInt8], limit: Int = 1 << 31) throws(ZipError) {
    let end = try Directory(in: bytes)
    var listed: [Listed] = []
    var position = end.start
    for index in 0..<end.count {
      let entry = try Listed(in: bytes, at: position, index: index, end: end.end)
      position = entry.next
      listed.append(entry)
    }
    guard position == end.end else { throw .badDirectory }

    var names: Set<String> = []
    var total = 0
    for entry in listed {
      guard names.insert(entry.name).inserted else { throw .duplicate(entry.name) }
      total += entry.size
      // Nothing that deflate makes is more than 1032 times smaller than what it was made of.
      guard entry.size / 1032 <= entry.packedSize else { throw .sizeMismatch(entry.name) }
      guard total <= limit else { throw .tooLarge(limit: limit) }
    }

    var data: [Range<Int>] = []
    for entry in listed { data.append(try entry.checkedData(in: bytes, before: end.start)) }
    let places = zip(listed, data).sorted { $0.0.header < $1.0.header }
    for (one, next) in zip(places, places.dropFirst()) where one.1.upperBound > next.0.header {
      throw .overlap(next.0.name)
    }
    entries = []
    for (entry, place) in zip(listed, data) {
      entries.append(Entry(name: entry.name, bytes: try entry.unpack(bytes[place])))
    }
  }

  /// Where the list of entries stands.
  private struct Directory {
    let start: Int
    let end: Int
    let count: Int

    init(in bytes: [UInt8]) throws(ZipError) {
      guard bytes.starts(with: [0x50, 0x4B]) else { throw .foreign(ForeignFormat(of: bytes)) }
      // The last record, behind which there may be a comment of known length.
      let first = bytes.count - 22
      let last = max(0, first - 0xFFFF)
      let found = stride(from: first, through: last, by: -1).first { place in
        bytes.number(UInt32.self, at: place) == Signature.end
          && bytes.number(UInt16.self, at: place + 20) == bytes.count - place - 22
      }
      guard let end = found,
        let disks = bytes.number(UInt32.self, at: end + 4),
        let here = bytes.number(UInt16.self, at: end + 8),
        let count = bytes.number(UInt16.self, at: end + 10),
        let size = bytes.number(UInt32.self, at: end + 12),
        let start = bytes.number(UInt32.self, at: end + 16)
      else { throw .truncated }
      guard disks == 0, here == count else { throw .severalDisks }
      if bytes.number(UInt32.self, at: end - 20) == Signature.longEndPlace {
        let long = try Directory(in: bytes, longEndPlace: end - 20)
        // Two readers must not find two archives in one file.
        guard [0xFFFF, long.count].contains(count), [0xFFFF_FFFF, long.start].contains(start),
          [0xFFFF_FFFF, long.end - long.start].contains(size)
        else { throw .badDirectory }
        (self.start, self.end, self.count) = (long.start, long.end, long.count)
      } else {
        guard start + size == end else { throw .badDirectory }
        (self.start, self.end, self.count) = (start, end, count)
      }
      guard self.count <= ZipArchive.entryLimit else { throw .tooManyEntries(self.count) }
    }

    /// From the record with 64-bit numbers, which PyTorch writes in any case; `place` says where.
    private init(in bytes: [UInt8], longEndPlace place: Int) throws(ZipError) {
      guard let end = bytes.number(UInt64.self, at: place + 8),
        bytes.number(UInt32.self, at: end) == Signature.longEnd,
        let length = bytes.number(UInt64.self, at: end + 4),
        let disks = bytes.number(UInt64.self, at: end + 16),
        let here = bytes.number(UInt64.self, at: end + 24),
        let count = bytes.number(UInt64.self, at: end + 32),
        let size = bytes.number(UInt64.self, at: end + 40),
        let start = bytes.number(UInt64.self, at: end + 48),
        length <= bytes.count, end + 12 + length == place, start <= end, size == end - start
      else { throw .badDirectory }
      guard disks == 0, here == count else { throw .severalDisks }
      (self.start, self.end, self.count) = (start, end, count)
    }
  }

  /// One entry as the directory has it.
  private struct Listed {
    let name: String
    let nameBytes: [UInt8]
    let flags: Int
    let method: Int
    let checksum: Int
    let packedSize: Int
    let size: Int
    /// Where its own header starts.
    let header: Int
    /// Where the next one starts in the directory.
    let next: Int

    init(in bytes: [UInt8], at place: Int, index: Int, end: Int) throws(ZipError) {
      guard bytes.number(UInt32.self, at: place) == Signature.central,
        let flags = bytes.number(UInt16.self, at: place + 8),
        let method = bytes.number(UInt16.self, at: place + 10),
        let checksum = bytes.number(UInt32.self, at: place + 16),
        var packedSize = bytes.number(UInt32.self, at: place + 20),
        var size = bytes.number(UInt32.self, at: place + 24),
        let nameLength = bytes.number(UInt16.self, at: place + 28),
        let extraLength = bytes.number(UInt16.self, at: place + 30),
        let commentLength = bytes.number(UInt16.self, at: place + 32),
        let disk = bytes.number(UInt16.self, at: place + 34),
        var header = bytes.number(UInt32.self, at: place + 42)
      else { throw .badDirectory }
      let nameStart = place + 46
      let extraStart = nameStart + nameLength
      next = extraStart + extraLength + commentLength
      guard next <= end else { throw .badDirectory }
      nameBytes = Array(bytes[nameStart..<extraStart])
      guard let name = String(validating: nameBytes, as: UTF8.self), ZipArchive.isSafe(name) else {
        throw .badName(String(decoding: nameBytes, as: UTF8.self), index: index)
      }
      var long = LongSizes(in: bytes[extraStart..<extraStart + extraLength])
      guard long.replace(&size), long.replace(&packedSize), long.replace(&header) else {
        throw .badDirectory
      }
      guard disk == 0 else { throw .severalDisks }
      // Encrypted, patched, strongly encrypted, masked.
      guard flags & (1 | 1 << 5 | 1 << 6 | 1 << 13) == 0 else { throw .encrypted(name) }
      guard method == 0 || method == 8 else { throw .unknownMethod(name, method: method) }
      guard size < 0xFFFF_FFFF, packedSize < 0xFFFF_FFFF else {
        throw .tooLarge(limit: 0xFFFF_FFFF)
      }
      (self.name, self.flags, self.method, self.checksum) = (name, flags, method, checksum)
      (self.packedSize, self.size, self.header) = (packedSize, size, header)
    }

    /// Where the packed bytes are, once the entry's own header agrees with the directory.
    func checkedData(in bytes: [UInt8], before end: Int) throws(ZipError) -> Range<Int> {
      guard header < end, bytes.number(UInt32.self, at: header) == Signature.local,
        let flags = bytes.number(UInt16.self, at: header + 6),
        let method = bytes.number(UInt16.self, at: header + 8),
        let checksum = bytes.number(UInt32.self, at: header + 14),
        var packedSize = bytes.number(UInt32.self, at: header + 18),
        var size = bytes.number(UInt32.self, at: header + 22),
        let nameLength = bytes.number(UInt16.self, at: header + 26),
        let extraLength = bytes.number(UInt16.self, at: header + 28)
      else { throw .headersDisagree(name) }
      let nameStart = header + 30
      let extraStart = nameStart + nameLength
      let start = extraStart + extraLength
      guard start <= end, start + self.packedSize <= end else { throw .headersDisagree(name) }
      var long = LongSizes(in: bytes[extraStart..<start])
      guard long.replace(&size), long.replace(&packedSize) else { throw .headersDisagree(name) }
      // Whoever wrote without knowing the sizes left them for the directory.
      let isLeftOpen = flags & 1 << 3 != 0
      guard bytes[nameStart..<extraStart].elementsEqual(nameBytes), flags == self.flags,
        method == self.method,
        checksum == self.checksum || (isLeftOpen && checksum == 0),
        size == self.size || (isLeftOpen && size == 0),
        packedSize == self.packedSize || (isLeftOpen && packedSize == 0)
      else { throw .headersDisagree(name) }
      return start..<start + self.packedSize
    }

    func unpack(_ packed: ArraySlice<UInt8>) throws(ZipError) -> [UInt8] {
      let content: [UInt8]
      if method == 0 {
        guard packed.count == size else { throw .sizeMismatch(name) }
        content = Array(packed)
      } else {
        var isWhole = false
        content = [UInt8](unsafeUninitializedCapacity: size) { target, count in
          isWhole = packed.withUnsafeBytes { source in
            let (sourceCount, targetCount) = (UInt32(source.count), UInt32(size))
            return dis_inflate(source.baseAddress, sourceCount, target.baseAddress, targetCount)
              == 1
          }
          count = isWhole ? size : 0
        }
        guard isWhole else { throw .damaged(name) }
      }
      guard Int(crc(of: content)) == checksum else { throw .damaged(name) }
      return content
    }
  }

  /// The 64-bit sizes of an entry, which stand in its extra field where 32 bits were all ones.
  ///
  /// NumPy makes room for them in every entry, whatever its size.
  private struct LongSizes {
    private var values: [Int]?

    init(in extra: ArraySlice<UInt8>) {
      let bytes = Array(extra)
      var place = 0
      while let kind = bytes.number(UInt16.self, at: place),
        let length = bytes.number(UInt16.self, at: place + 2)
      {
        guard place + 4 + length <= bytes.count else { return }
        if kind == 1 {
          values = (0..<length / 8).compactMap {
            bytes.number(UInt64.self, at: place + 4 + 8 * $0)
          }
          return
        }
        place += 4 + length
      }
    }

    /// - Returns: Whether there was a number where one was needed.
    mutating func replace(_ value: inout Int) -> Bool {
      guard value == 0xFFFF_FFFF else { return true }
      guard let long = values?.first else { return false }
      values?.removeFirst()
      value = long
      return true
    }
  }
}

extension [UInt8] {
  /// A little-endian number; `nil` where it would end behind the last byte, or is 2⁶² or more.
  fileprivate func number<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _: Number.Type,
    at place: Int
  ) -> Int? {
    guard place >= 0, place <= count - MemoryLayout<Number>.size else { return nil }
    let value = withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self))
    }
    guard let number = Int(exactly: value), number < 1 << 62 else { return nil }
    return number
  }
}
