/// MATLAB's files of version 7.3: HDF5, where an attribute names the class of each variable and the
/// axes stand in the opposite order.
extension HDF5File {
  /// The variables, without their values.
  func variables() throws(Malformation) -> [MATFile.Variable] {
    var variables: [MATFile.Variable] = []
    for name in try names() where !name.hasPrefix("#") {
      let isGroup = try place(name) == .group
      let isSparse = isGroup ? try numbers("MATLAB_sparse", of: name) != nil : false
      let stored = try text("MATLAB_class", of: name)
      let className = isSparse ? "sparse" : stored ?? (isGroup ? "struct" : "double")
      guard !isGroup else {
        variables.append(
          .init(
            name: name,
            shape: [],
            className: className,
            values: nil,
            refusal: MATClass.refusal(className)
          )
        )
        continue
      }
      let data = try data(name)
      let isEmpty = try numbers("MATLAB_empty", of: name).map { $0 != [0] } ?? false
      // A file of other programs may have a class and hold something else.
      let refusal: String? =
        switch data.kind {
        case .numbers: MATClass.refusal(className)
        case .other("complex numbers"): MATClass.complexRefusal
        case .texts, .other: MATClass.refusal(className) ?? "no array of numbers"
        }
      variables.append(
        .init(
          name: name,
          // What is empty has its lengths for numbers.
          shape: isEmpty ? try data.emptyShape() : data.shape.reversed(),
          className: className,
          values: nil,
          refusal: refusal
        )
      )
    }
    return variables
  }

  /// The numbers of a variable, row by row.
  func array(_ variable: MATFile.Variable, limit: Int) throws(Malformation) -> NumberArray {
    guard !variable.shape.contains(0) else { return NumberArray(shape: variable.shape, values: []) }
    let values = try data(variable.name).numbers(limit: limit)
    return NumberArray(shape: variable.shape, values: values.rowMajor(from: variable.shape))
  }
}

extension HDF5Data {
  fileprivate func emptyShape() throws(Malformation) -> [Int] {
    guard kind == .numbers, elementCount(shape) ?? .max <= 64 else { return [0, 0] }
    let lengths = try numbers().compactMap { Int(exactly: $0) }
    return elementCount(lengths) == 0 ? lengths : [0, 0]
  }
}
