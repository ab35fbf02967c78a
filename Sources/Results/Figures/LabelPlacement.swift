/// Where the labels of points stand in a picture, so that they lie neither on points nor on each other.
///
/// Each takes, one after the other, the nearest free one of eight places about its point; where none
/// of these is free, one of a wider ring, which a line has to join to the point.
package struct LabelPlacement {
  package struct Place {
    /// From the point to the middle of the label, in the picture's units.
    package let x: Double
    package let y: Double
    /// On which side of the point it stands: −1, 0 or 1.
    package let side: (horizontal: Int, vertical: Int)
    /// 0 beside the point.
    package let ring: Int
  }

  package let places: [Place]

  /// Above and to the right is where a label is looked for first.
  private static let sides = [
    (1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1),
  ]

  /// - Parameters:
  ///   - points: Where the labelled points are, in a picture from 0 to `size`.
  ///   - widths: Of their labels.
  ///   - height: Of every label.
  ///   - size: The picture's width and height.
  ///   - rings: How many rings of places there are.
  package init(
    of points: [(x: Double, y: Double)],
    widths: [Double],
    height: Double,
    in size: (width: Double, height: Double),
    rings: Int = 4
  ) {
    var places: [Place] = []
    for (index, point) in points.enumerated() {
      let width = widths[index]
      var best: (cost: Double, place: Place)?
      for ring in 0..<rings {
        for (order, side) in Self.sides.enumerated() {
          let away = 1 + 0.9 * Double(ring)
          let place = Place(
            x: Double(side.0) * (0.5 * width + 0.3 * height) * away,
            y: Double(side.1) * (side.0 == 0 ? 0.8 : 0.6) * height * away,
            side: side,
            ring: ring
          )
          let (x, y) = (point.x + place.x, point.y + place.y)
          let onLabels = places.indices.filter {
            abs(points[$0].x + places[$0].x - x) < 0.5 * (width + widths[$0])
              && abs(points[$0].y + places[$0].y - y) < height
          }
          let onPoints = points.filter {
            abs($0.x - x) < 0.5 * width && abs($0.y - y) < 0.5 * height
          }
          let isOutside =
            abs(x - 0.5 * size.width) > 0.5 * (size.width - width)
            || abs(y - 0.5 * size.height) > 0.5 * (size.height - height)
          let cost =
            10 * Double(onLabels.count) + 4 * Double(onPoints.count) + (isOutside ? 20 : 0)
            + 1.5 * Double(ring) + 0.01 * Double(order)
          if cost < best?.cost ?? .infinity { best = (cost, place) }
        }
      }
      if let best { places.append(best.place) }
    }
    self.places = places
  }
}
