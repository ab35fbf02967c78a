import Results

/// Small figures with every kind of mark, and names that try to be markup or commands.
enum SmallFigures {
  static let hostile = "</script><script>alert(1)</script> & 'a' \"b\", `date`\n%{x}"

  static let decoding = Figure(
    name: "decoding",
    title: "Decoding against tasks",
    caption: "What was done, n = 3.",
    alternative: "Held-out values rise.",
    sharesVerticalAxis: true,
    panels: ["first", "second"].map { title in
      Panel(
        title,
        PlanePlot(
          horizontal: .logarithmic("tasks N", at: [24, 2, 6]),
          vertical: .rSquared(),
          marks: [
            .level(Level("ceiling .978", .ceiling, at: 0.97794)),
            .medians("untrained", .floor(.untrained), points(0.2)),
            .dots("held out", .heldOut, points(0.6), shift: -0.1),
            .medians("held out", .heldOut, points(0.6), shift: -0.1),
          ]
        )
      )
    }
  )

  static let space = Figure(
    name: "space",
    title: "States",
    caption: "Paths.",
    alternative: "Paths fan out.",
    panels: [
      Panel(
        "",
        SpacePlot(
          labels: ["PC1 (61 %)", "PC2 (29 %)", "PC3 (5 %)"],
          trajectories: Trajectories(
            [
              [SpacePoint(0, 0, 0, time: 0), SpacePoint(1, 2, 3, time: 100)],
              [SpacePoint(0, 0, 0, time: 0), SpacePoint(-1, 1, 0, time: 100)],
              [SpacePoint(.nan, 0, 0), SpacePoint(0, 0, 0)],
            ],
            timeLabel: "time (ms)"
          ),
          groups: [SpaceGroup("x₁ > 0", .corner(0), [SpacePoint(1, 2, 3)])],
          key: LatentKey(
            horizontal: "x₁",
            vertical: "x₂",
            range: -0.5...0.5,
            entries: [.init(0.25, 0.25, .corner(0))]
          )
        )
      )
    ]
  )

  /// Paths and ends with names and numbers, and crosses.
  static let named = Figure(
    name: "named",
    title: "Paths",
    caption: "Paths.",
    alternative: "Paths.",
    panels: [
      Panel(
        "",
        SpacePlot(
          labels: ["PC1", "PC2", "PC3"],
          trajectories: Trajectories(
            [
              [SpacePoint(0, 0, 0, time: 0), SpacePoint(-1, 2, 3, time: 1)],
              [SpacePoint(.nan, 0, 0), SpacePoint(0, 0, 0)],
              [SpacePoint(0, 0, 0, time: 0), SpacePoint(1, 1, 0, time: 1)],
            ],
            names: ["left", "nowhere", "right"],
            timeLabel: "step"
          ),
          groups: [
            SpaceGroup(
              "end",
              .measured,
              [
                SpacePoint(-1, 2, 3, name: "left"), SpacePoint(.nan, 0, 0, name: "nowhere"),
                SpacePoint(1, 1, 0, name: "right"),
              ],
              labels: ["1", "x", "2"]
            ),
            SpaceGroup("fixed points", .fixedPoint, [SpacePoint(0, 0, 0)]),
          ]
        )
      )
    ]
  )

  /// Every text of it is hostile.
  static let hostileFigure = Figure(
    name: "hostile",
    title: hostile,
    caption: hostile,
    alternative: hostile,
    panels: [
      Panel(
        hostile,
        PlanePlot(
          horizontal: Axis(hostile, unit: hostile, range: 0...1),
          vertical: Axis(hostile, range: 0...1, ticks: [.init(0.5, hostile)]),
          marks: [
            .region(Region(hostile, .heldOut, horizontal: 0...0.5, vertical: 0...0.5)),
            .level(Level(hostile, .ceiling, at: 0.5)),
            .line(hostile, .measured, [DataPoint(0, 0), DataPoint(1, 1)]),
            .scatter(hostile, .heldOut, [DataPoint(0.5, 0.5)]),
            .bars(hostile, .condition(0), [DataPoint(0.5, 0.5)], width: 0.1),
          ]
        )
      )
    ]
  )

  /// A map with a blank cell, curves and a marker, their names hostile.
  static let matrix = Figure(
    name: "matrix",
    title: "Matrix",
    caption: "Cells.",
    alternative: "Cells.",
    columns: 1,
    panels: [
      Panel(
        "cells",
        PlanePlot(
          horizontal: Axis("column", range: 0.5...3.5),
          vertical: Axis("row", range: 0.5...2.5),
          height: 0.5,
          marks: [
            .heatMap(
              HeatMap(
                [[-1, nil, 0.5], [.nan, 2, 0]],
                range: -1...1,
                ramp: .diverging,
                label: hostile,
                ticks: [.init(0, hostile)]
              )
            ),
            .curves(
              Curves(
                hostile,
                .boundary,
                [
                  [DataPoint(1, 1), DataPoint(2, 2)], [DataPoint(1, 2), DataPoint(3, 1)],
                  [DataPoint(0, .nan), DataPoint(1, 1)],
                ],
                isThin: true
              )
            ),
            .markers("here", .example, [DataPoint(2, 1)]),
          ]
        )
      ),
      Panel(
        "below",
        PlanePlot(
          horizontal: Axis("column", range: 0.5...3.5),
          vertical: Axis("value", range: 0...1),
          marks: []
        )
      ),
    ]
  )

  static func points(_ start: Double) -> [DataPoint] {
    [2.0, 6, 24].enumerated().map { index, tasks in
      let median = start + 0.1 * Double(index)
      return DataPoint(tasks, median, lower: median - 0.03, upper: median + 0.02)
    }
  }
}
