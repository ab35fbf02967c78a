import CHDF5

/// A data set of an open HDF5 file, or an attribute: its shape, its type, and the numbers or texts.
package struct HDF5Data: ~Copyable {
  package enum Kind: Equatable, Sendable {
    /// Floats, whole numbers, truth values.
    case numbers
    case texts
    /// What is refused, in words.
    case other(String)
  }

  package let path: String
  /// The length of each axis; empty for a single value.
  package let shape: [Int]
  package let kind: Kind
  /// "float64", "int16", "text".
  package let typeName: String

  private let object: HDF5Handle
  private let type: HDF5Handle
  private let space: HDF5Handle
  private let isAttribute: Bool
  private let byteCount: Int

  init(
    path: String,
    object: consuming HDF5Handle,
    isAttribute: Bool = false
  ) throws(Malformation) {
    let (typeID, spaceID) =
      isAttribute
      ? (H5Aget_type(object.id), H5Aget_space(object.id))
      : (H5Dget_type(object.id), H5Dget_space(object.id))
    guard let type = HDF5Handle(typeID), let space = HDF5Handle(spaceID) else {
      throw HDF5Error.damaged(path, reason: HDF5Error.reason).malformation
    }
    let rank = H5Sget_simple_extent_ndims(space.id)
    guard rank >= 0 else {
      throw HDF5Error.damaged(path, reason: HDF5Error.reason).malformation
    }
    var lengths = [hsize_t](repeating: 0, count: Int(rank))
    H5Sget_simple_extent_dims(space.id, &lengths, nil)
    let shape = lengths.compactMap { Int(exactly: $0) }
    guard shape.count == lengths.count else {
      throw HDF5Error.unsupported(path, "more values than can be counted").malformation
    }
    self.path = path
    // Nothing at all is no single value.
    self.shape = dis_hdf5_is_null(space.id) == 1 ? [0] : shape
    self.isAttribute = isAttribute
    byteCount = max(1, H5Tget_size(type.id))
    (kind, typeName) = Self.kind(of: type)
    self.object = object
    self.type = type
    self.space = space
  }

  /// All numbers, row by row, as doubles: exactly, but for whole numbers above 2⁵³.
  ///
  /// What needs more bytes than `limit` in the file is refused unread.
  package func numbers(limit: Int = 1 << 31) throws(Malformation) -> [Double] {
    guard kind == .numbers else { throw refusal }
    let count = try checkedCount(limit: limit, bytesEach: byteCount)
    guard count > 0 else { return [] }
    var values = [Double](repeating: 0, count: count)
    let failed =
      isAttribute
      ? H5Aread(object.id, dis_hdf5_double(), &values)
      : dis_hdf5_read(object.id, dis_hdf5_double(), &values)
    guard failed >= 0 else {
      throw HDF5Error.damaged(path, reason: HDF5Error.reason).malformation
    }
    return values
  }

  /// All texts, row by row.
  package func texts(limit: Int = 1 << 31) throws(Malformation) -> [String] {
    guard kind == .texts else { throw refusal }
    let count = try checkedCount(limit: limit, bytesEach: byteCount)
    guard count > 0 else { return [] }
    guard H5Tis_variable_str(type.id) > 0 else { return try texts(ofWidth: byteCount, count) }
    guard let memoryType = HDF5Handle(dis_hdf5_text(type.id)) else { throw refusal }
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    let failed =
      isAttribute
      ? H5Aread(object.id, memoryType.id, &pointers)
      : dis_hdf5_read(object.id, memoryType.id, &pointers)
    let texts = pointers.map { $0.map { String(cString: $0) } ?? "" }
    dis_hdf5_release_texts(memoryType.id, space.id, &pointers)
    guard failed >= 0 else {
      throw HDF5Error.damaged(path, reason: HDF5Error.reason).malformation
    }
    return texts
  }

  private func texts(ofWidth width: Int, _ count: Int) throws(Malformation) -> [String] {
    var bytes = [UInt8](repeating: 0, count: count * width)
    let failed =
      isAttribute
      ? H5Aread(object.id, type.id, &bytes) : dis_hdf5_read(object.id, type.id, &bytes)
    guard failed >= 0 else {
      throw HDF5Error.damaged(path, reason: HDF5Error.reason).malformation
    }
    // Some writers pad with zeros, some with blanks.
    return (0..<count).map { index in
      let cell = bytes[index * width..<(index + 1) * width].prefix { $0 != 0 }
      let end = cell.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? cell.startIndex
      return String(decoding: cell[..<end], as: UTF8.self)
    }
  }

  /// How many values there are, after all that could make reading them go wrong.
  private func checkedCount(limit: Int, bytesEach: Int) throws(Malformation) -> Int {
    guard let count = elementCount(shape),
      case (let bytes, false) = count.multipliedReportingOverflow(by: bytesEach)
    else { throw HDF5Error.unsupported(path, "more values than can be counted").malformation }
    guard bytes <= limit else {
      throw HDF5Error.tooLarge(path, bytes: bytes, limit: limit).malformation
    }
    guard !isAttribute else { return count }
    guard let creation = HDF5Handle(H5Dget_create_plist(object.id)) else {
      throw HDF5Error.damaged(path, reason: HDF5Error.reason).malformation
    }
    guard H5Pget_external_count(creation.id) <= 0, H5Pget_layout(creation.id) != H5D_VIRTUAL else {
      throw HDF5Error.elsewhere(path).malformation
    }
    let filter = dis_hdf5_missing_filter(creation.id)
    guard filter < 0 else { throw HDF5Error.filter(path, number: Int(filter)).malformation }
    return count
  }

  private var refusal: Malformation {
    switch kind {
    case .numbers: HDF5Error.unsupported(path, "numbers, where texts are wanted").malformation
    case .texts: HDF5Error.unsupported(path, "text, where numbers are wanted").malformation
    case .other(let words): HDF5Error.unsupported(path, words).malformation
    }
  }

  private static func kind(of type: borrowing HDF5Handle) -> (Kind, String) {
    let bits = 8 * H5Tget_size(type.id)
    switch H5Tget_class(type.id) {
    case H5T_FLOAT:
      let name = "float\(bits)"
      return (bits <= 64 ? .numbers : .other("floats of \(bits) bits"), name)
    case H5T_INTEGER:
      let name = H5Tget_sign(type.id) == H5T_SGN_NONE ? "uint\(bits)" : "int\(bits)"
      return (bits <= 64 ? .numbers : .other("whole numbers of \(bits) bits"), name)
    case H5T_ENUM:
      // h5py and NWB write truth values so.
      let isTruth = H5Tget_member_index(type.id, "FALSE") >= 0 && H5Tget_nmembers(type.id) == 2
      return isTruth ? (.numbers, "bool") : (.other("names with numbers (enum)"), "enum")
    case H5T_STRING: return (.texts, "text")
    case H5T_COMPOUND:
      let isComplex =
        H5Tget_nmembers(type.id) == 2 && H5Tget_member_index(type.id, "i") == 1
        || H5Tget_nmembers(type.id) == 2 && H5Tget_member_index(type.id, "imag") == 1
      return isComplex
        ? (.other("complex numbers"), "complex") : (.other("records (compound)"), "compound")
    case H5T_REFERENCE: return (.other("references to other data"), "reference")
    case H5T_VLEN: return (.other("lists of various lengths (vlen)"), "vlen")
    case H5T_ARRAY: return (.other("arrays within the array"), "array")
    case H5T_OPAQUE, H5T_BITFIELD: return (.other("bytes without a meaning"), "opaque")
    default: return (.other("times or an unknown type"), "unknown")
    }
  }
}
