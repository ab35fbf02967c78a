/// A colour on a light background and its counterpart on a dark one, both as `#RRGGBB`.
package struct Ink: Hashable, Sendable {
  package let light: String
  package let dark: String
}

/// The colours of every figure: Okabe and Ito's, which readers with any colour vision tell apart.
///
/// Print and saved figures use the light ones. A page exchanges each for its dark counterpart when
/// its reader prefers dark pages, which is why all of them are listed here and no two are equal.
package enum Palette {
  package static let blue = Ink(light: "#0072B2", dark: "#4AA3DF")
  package static let vermillion = Ink(light: "#D55E00", dark: "#F0813A")
  package static let green = Ink(light: "#009E73", dark: "#2FC79A")
  package static let orange = Ink(light: "#E69F00", dark: "#F2B431")
  package static let sky = Ink(light: "#56B4E9", dark: "#8CCDF4")
  package static let purple = Ink(light: "#CC79A7", dark: "#E09CC3")
  package static let black = Ink(light: "#000000", dark: "#F2F2F2")

  /// Floors.
  package static let grey = Ink(light: "#7A7A7A", dark: "#9C9C9C")
  /// Axes and their ticks.
  package static let axis = Ink(light: "#4D4D4D", dark: "#B0B0B0")
  /// Axis labels and keys.
  package static let text = Ink(light: "#1A1A1A", dark: "#E6E6E6")
  /// Lines that only guide the eye: identity, the edges of a cube.
  package static let guide = Ink(light: "#BFBFBF", dark: "#5A5A5A")

  /// Time, from early to late: one hue, growing away from the background.
  package static let time = [
    Ink(light: "#D8E0EA", dark: "#2F3B4A"),
    Ink(light: "#AAB9CC", dark: "#4A5D76"),
    Ink(light: "#7A8EAB", dark: "#6F88A9"),
    Ink(light: "#4B6286", dark: "#9FB3CD"),
    Ink(light: "#1F3557", dark: "#DDE6F1"),
  ]

  /// Below and above a middle that has a meaning, such as zero.
  package static let diverging = [
    Ink(light: "#7C2F66", dark: "#F3B9DB"),
    Ink(light: "#C08DB0", dark: "#A0648C"),
    Ink(light: "#EEEEEE", dark: "#33363B"),
    Ink(light: "#76BFA2", dark: "#3B8F72"),
    Ink(light: "#006349", dark: "#8BEBCB"),
  ]

  /// The same hues for thin lines, which must not fade in the middle.
  package static let twoHues = [
    Ink(light: "#8A2F70", dark: "#F0A8D2"),
    Ink(light: "#96608A", dark: "#C795B6"),
    Ink(light: "#8C8C96", dark: "#A3A3AD"),
    Ink(light: "#4C8C78", dark: "#7DBBA6"),
    Ink(light: "#00694F", dark: "#78E0BF"),
  ]

  package static let all =
    [blue, vermillion, green, orange, sky, purple, black, grey, axis, text, guide] + time
    + diverging + twoHues
}

/// The sign that stands for a point: nothing is told by colour alone.
package enum Marker: Hashable, Sendable {
  case circle
  case square
  case diamond
  case triangleUp
  case triangleDown
  case openCircle
  case openSquare
  case cross
}

/// The pattern of a line.
package enum Dash: Hashable, Sendable {
  case solid
  case dashed
  case dotted
  case dashDot
  case longDash
}

/// What something in a figure stands for; its look follows, the same in every figure.
package enum Meaning: Hashable, Sendable {
  /// What a floor is the performance of.
  package enum Floor: Hashable, Sendable {
    case encoder
    case untrained
    case shuffled
    /// Shuffled, where two curves stand together and each has a floor of its own.
    case shuffledHeldOut
    case shuffledInDistribution
  }

  case heldOut
  case inDistribution
  case asPublished
  /// What the ideal observer reaches: the ceiling of r², the floor of a loss.
  case ceiling
  /// What a subject reaches that has learned nothing.
  case floor(Floor)
  /// The measurements of a run that need no comparison: a training curve, a spectrum.
  case measured
  /// One of several conditions without a meaning of their own in ``Palette``, counted from 0.
  case condition(Int)
  /// One of the quadrants (corners) of the latents, or another of at most six groups, counted from 0.
  case corner(Int)
  case fixedPoint
  /// A state that moves little.
  case slowPoint
  /// Where the answer to a task changes.
  case boundary
  /// The one case of many that other figures look at.
  case example
  /// Identity lines and other help for the eye.
  case guide

  package var style: Style {
    switch self {
    case .heldOut: Style(ink: Palette.blue, marker: .circle, dash: .solid)
    case .inDistribution: Style(ink: Palette.vermillion, marker: .square, dash: .solid)
    case .asPublished: Style(ink: Palette.orange, marker: .diamond, dash: .solid)
    case .ceiling: Style(ink: Palette.black, marker: .cross, dash: .dashed)
    case .floor(.encoder): Style(ink: Palette.grey, marker: .triangleUp, dash: .dotted)
    case .floor(.untrained): Style(ink: Palette.grey, marker: .triangleDown, dash: .dotted)
    case .floor(.shuffled): Style(ink: Palette.grey, marker: .openSquare, dash: .dotted)
    case .floor(.shuffledHeldOut):
      Style(ink: Palette.blue, marker: .openCircle, dash: .dotted)
    case .floor(.shuffledInDistribution):
      Style(ink: Palette.vermillion, marker: .openSquare, dash: .dotted)
    case .measured: Style(ink: Palette.black, marker: .circle, dash: .solid)
    case .condition(let index): Self.conditions[index % Self.conditions.count]
    case .corner(let index): Self.corners[index % Self.corners.count]
    case .fixedPoint: Style(ink: Palette.black, marker: .cross, dash: .solid)
    case .slowPoint: Style(ink: Palette.grey, marker: .openSquare, dash: .solid)
    case .boundary: Style(ink: Palette.grey, marker: .openCircle, dash: .solid)
    case .example: Style(ink: Palette.black, marker: .cross, dash: .solid)
    case .guide: Style(ink: Palette.guide, marker: .openCircle, dash: .solid)
    }
  }

  private static let conditions = [
    Style(ink: Palette.green, marker: .circle, dash: .solid),
    Style(ink: Palette.purple, marker: .square, dash: .longDash),
    Style(ink: Palette.sky, marker: .diamond, dash: .dashDot),
    Style(ink: Palette.black, marker: .openCircle, dash: .solid),
  ]

  // Only markers that Plotly also has in three dimensions, or that it has another one for.
  private static let corners = [
    Style(ink: Palette.green, marker: .circle, dash: .solid),
    Style(ink: Palette.purple, marker: .square, dash: .solid),
    Style(ink: Palette.sky, marker: .diamond, dash: .solid),
    Style(ink: Palette.black, marker: .openCircle, dash: .solid),
    Style(ink: Palette.orange, marker: .triangleUp, dash: .solid),
    Style(ink: Palette.vermillion, marker: .openSquare, dash: .solid),
  ]
}

/// How a ``Meaning`` looks.
package struct Style: Hashable, Sendable {
  package let ink: Ink
  package let marker: Marker
  package let dash: Dash
}
