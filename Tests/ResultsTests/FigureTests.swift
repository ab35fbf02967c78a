import Results
import Testing

@Suite("Figures as data")
struct FigureTests {
  @Test("An axis for r² ends at 1 and says when it does not start at 0")
  func axisForRSquared() {
    #expect(Axis.rSquared().range == 0...1)
    #expect(Axis.rSquared().note == nil)
    #expect(Axis.rSquared(from: 0.5).note == "axis from 0.5")
    // Lower values lengthen the axis; nobody is surprised, so nothing is said.
    #expect(Axis.rSquared(lowest: -0.61).range.lowerBound < -0.61)
    #expect(Axis.rSquared(lowest: -0.61).note == nil)
  }

  @Test("A logarithmic axis has a tick at each of the values that were run, and no other")
  func logarithmicTicks() {
    let axis = Axis.logarithmic("N", at: [24, 2, 6, 2])
    #expect(axis.ticks.map(\.value) == [2, 6, 24])
    #expect(axis.ticks.map(\.label) == ["2", "6", "24"])
    #expect(axis.range.lowerBound < 2 && axis.range.upperBound > 24)
  }

  @Test(
    "Ticks are round, and their labels have a true minus sign and equally many decimals",
    arguments: [
      (-1.0...1.0, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]),
      (0.0...1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      (0.662...0.696, ["0.670", "0.680", "0.690"]),
      (0.0...2100.0, ["0", "500", "1000", "1500", "2000"]),
    ]
  )
  func roundTicks(range: ClosedRange<Double>, labels: [String]) {
    #expect(Axis("", range: range).ticks.map(\.label) == labels)
  }

  @Test("An axis of steps has its ticks at whole steps, however few there are")
  func wholeTicks() {
    #expect(Axis.whole([0, 1, 2], "").ticks.map(\.label) == ["0", "1", "2"])
    #expect(Axis.whole([3], "").ticks.map(\.value) == [3])
    #expect(Axis.whole([0, 10, 21], "").ticks.map(\.value) == [0, 5, 10, 15, 20])
    #expect(Axis.whole([5, 1200], "").ticks.map(\.value) == [200, 400, 600, 800, 1000, 1200])
    #expect(Axis.whole([0, 2], "").range == -0.5...2.5)
  }

  @Test("Powers of ten stand on a logarithmic axis, those at its ends included")
  func powersOfTen() {
    let axis = Axis("batches", scale: .logarithmic, range: 100...100_000)
    #expect(axis.ticks.map(\.label) == ["10²", "10³", "10⁴", "10⁵"])
  }

  @Test("An axis of one value is widened about it")
  func emptyRange() {
    #expect(Axis("", range: 3...3).range == 2.5...3.5)
    #expect(Axis("", scale: .logarithmic, range: 100...100).range == 50...200)
  }

  @Test("A shift is the same length anywhere on its axis")
  func shift() {
    let axis = Axis("N", scale: .logarithmic, range: 1...100)
    // A quarter of two decades is half a decade, √10; three roundings of half an ulp each.
    let factor = 10.0.squareRoot()
    #expect(abs(axis.shifted(1, by: 0.25) - factor) <= 4 * factor.ulp)
    #expect(abs(axis.shifted(10, by: 0.25) - 10 * factor) <= 4 * (10 * factor).ulp)
    #expect(Axis("x", range: 0...4).shifted(1, by: 0.25) == 2)
  }

  @Test("The caption says how many values the axes leave out, undefined ones included")
  func hiddenValues() {
    let figure = Figure(
      name: "f",
      title: "",
      caption: "What was done.",
      alternative: "",
      panels: [
        Panel("", PlanePlot(horizontal: Axis("", range: 0...1), vertical: .rSquared(), marks: [])),
        Panel(
          "",
          PlanePlot(
            horizontal: Axis("", range: 0...1),
            vertical: .rSquared(from: 0.5),
            marks: [
              .scatter(
                "s",
                .heldOut,
                [DataPoint(0, 0.4), DataPoint(0, .nan), DataPoint(1, 1), DataPoint(0.5, 0.7)]
              ),
              // A curve may come from outside without a word.
              .line("l", .measured, [DataPoint(0, -3), DataPoint(1, 0.9)]),
            ]
          )
        ),
      ]
    )
    #expect(figure.fullCaption == "What was done. 2 values lie outside the axes (2 in b).")
    #expect(SmallFigures.decoding.fullCaption == "What was done, n = 3.")
  }

  @Test("The three axes of a space have the same length and hold every point")
  func equalAxes() {
    guard case .space(let plot) = SmallFigures.space.panels[0].plot else {
      Issue.record("the panel is no space")
      return
    }
    let lengths = plot.axes.map { $0.range.upperBound - $0.range.lowerBound }
    // z spans 0 … 3, the longest; a tenth is free around it.
    for length in lengths { #expect(abs(length - 3.3) < 1e-12) }
    for path in plot.trajectories?.paths ?? [] {
      for point in path {
        #expect(plot.axes[0].contains(point.x))
        #expect(plot.axes[1].contains(point.y))
        #expect(plot.axes[2].contains(point.z))
      }
    }
    #expect(plot.trajectories?.paths.count == 2, "the undefined path is left out")
  }

  @Test("No two meanings that meet in a figure look alike")
  func styles() {
    let meanings: [Meaning] = [
      .heldOut, .inDistribution, .asPublished, .ceiling, .floor(.encoder), .floor(.untrained),
      .floor(.shuffled), .condition(0), .condition(1), .condition(2),
    ]
    #expect(Set(meanings.map(\.style)).count == meanings.count)
    let markers = meanings.prefix(7).map(\.style.marker)
    #expect(Set(markers).count == markers.count, "colour alone must not tell them apart")
    #expect(Set(Palette.all.map(\.light)).count == Palette.all.count)
  }

  @Test("The label of a level lies on no point, or nowhere")
  func freePlace() {
    let (across, up) = (Axis("region", range: 0.5...8.5), Axis("r²", range: -0.2...1))
    func place(_ points: [(Double, Double)]) -> Level.Place? {
      RecordingReport.freePlace(
        at: 0.69,
        among: points.map { DataPoint($0.0, $0.1) },
        across,
        up
      )
    }
    #expect(place([]) == .aboveEnd)
    #expect(place([(7, 0.71)]) == .belowEnd)
    #expect(place([(7, 0.71), (6, 0.66)]) == .aboveStart)
    #expect(place([(7, 0.71), (6, 0.66), (3, 0.74), (2, 0.64)]) == nil)
  }

  @Test("An axis of r² holds what is far below zero, but for a value that would leave no room")
  func deepAxis() {
    func lowest(_ values: [Double]) -> Double {
      Axis.rSquared(holding: values).range.lowerBound
    }
    #expect(lowest([]) == 0 && lowest([0.9, 0.5]) == 0)
    #expect(lowest([0.9, -2.25, -2.3]) <= -2.3)
    #expect(lowest([-30, -33, 0.9]) <= -33 && lowest([.nan, -0.5]) <= -0.5)
    #expect(lowest([0.9, 0.8, -0.5, -80]) > -1)
  }

  @Test("Labels lie neither on each other nor on points, however near these are")
  func labels() {
    let points = [
      (50.0, 50.0), (50.0, 50.0), (51.0, 50.5), (49.5, 50.0), (50.0, 52.0), (99.0, 99.0),
    ]
    let size = (width: 100.0, height: 100.0)
    let placement = LabelPlacement(
      of: points.map { (x: $0.0, y: $0.1) },
      widths: [1.3, 1.3, 2.6, 2.6, 2.6, 2.6],
      height: 2.4,
      in: size
    )
    let middles = zip(points, placement.places).map { ($0.0 + $1.x, $0.1 + $1.y) }
    #expect(middles.count == points.count)
    for one in middles.indices {
      for other in middles.indices where other != one {
        let (across, up) = (
          abs(middles[one].0 - middles[other].0), abs(middles[one].1 - middles[other].1)
        )
        #expect(across >= 1.3 || up >= 2.4, "\(one) on \(other)")
      }
      #expect(
        points.allSatisfy { abs($0.0 - middles[one].0) > 0.6 || abs($0.1 - middles[one].1) > 1 }
      )
      #expect(middles[one].0 < size.width && middles[one].1 < size.height)
    }
    // One alone stands where it is looked for first, and needs no line.
    let alone = LabelPlacement(of: [(x: 50, y: 50)], widths: [1.3], height: 2.4, in: size)
    #expect(alone.places[0].x > 0 && alone.places[0].y > 0 && alone.places[0].ring == 0)
  }

  @Test("A space is seen from in front, above and the right")
  func eye() {
    let plot = SpacePlot(
      labels: ["x", "y", "z"],
      groups: [SpaceGroup("", .measured, [SpacePoint(0, 0, 0), SpacePoint(1, 1, 1)])]
    )
    let (middle, raised) = (
      plot.fromEye(SpacePoint(0.5, 0.5, 0.5)), plot.fromEye(SpacePoint(0.5, 0.5, 1))
    )
    #expect(abs(middle.x) < 1e-12 && abs(middle.y) < 1e-12)
    #expect(abs(raised.x) < 1e-12 && raised.y > 0.2)
    // The first axis runs to the right, the second away.
    #expect(plot.fromEye(SpacePoint(1, 0.5, 0.5)).x > 0.2)
    #expect(plot.fromEye(SpacePoint(0.5, 1, 0.5)).y > 0.1)
  }

  @Test("Groups of up to six look different")
  func corners() {
    let styles = (0..<6).map { Meaning.corner($0).style }
    #expect(Set(styles).count == 6 && Set(styles.map(\.marker)).count == 6)
  }

  @Test("The table names paths and ends")
  func names() {
    let lines = FigureTable(SmallFigures.named).csv.split(separator: "\n")
    let paths = lines.filter { $0.hasPrefix("a,1,path,") }
    #expect(paths.map { $0.hasSuffix(",1,left") } == [true, true, false, false])
    #expect(paths.map { $0.hasSuffix(",2,right") } == [false, false, true, true])
    #expect(lines.contains("a,2,point,1.0,1.0,0.0,,,,,end: right"))
  }

  @Test("The table has one row for each defined point, at its true place")
  func table() {
    let lines = FigureTable(SmallFigures.decoding).csv.split(separator: "\n")
    #expect(lines.first == "panel,series,kind,x,y,z,lower,upper,time,path,name")
    // Two panels, each with a ceiling and three series of three points.
    #expect(lines.count == 1 + 2 * (1 + 9))
    #expect(lines.contains("a,1,level,,0.97794,,,,,,ceiling .978"))
    #expect(lines.contains("b,3,value,2.0,0.6,,0.57,0.62,,,held out"), "the shift is not in it")
  }

  @Test("An empty line ends every path of the table")
  func pathTable() {
    let csv = FigureTable(SmallFigures.space).csv
    #expect(csv.contains("a,1,path,1.0,2.0,3.0,,,100.0,1,\n\na,1,path,0.0,0.0,0.0,,,0.0,2,\n"))
    #expect(csv.contains("a,2,point,1.0,2.0,3.0,,,,,x₁ > 0\n"))
  }

  @Test("Blank and undefined cells have no row, others are cut to the colours' range")
  func cellTable() {
    let rows = FigureTable(SmallFigures.matrix).csv.split(separator: "\n")
    let cells = rows.filter { $0.hasPrefix("a,1,cell,") }
    #expect(
      cells.map {
        $0.split(separator: ",", omittingEmptySubsequences: false)[3...5].joined(separator: " ")
      }
        == ["1.0 1.0 -1.0", "3.0 1.0 0.5", "2.0 2.0 1.0", "3.0 2.0 0.0"]
    )
    // Two curves of two points; the undefined one is left out.
    #expect(rows.count { $0.hasPrefix("a,2,path,") } == 4)
    #expect(rows.contains { $0.hasPrefix("a,3,point,2.0,1.0,") })
  }

  @Test("A name can't end its row or its cell of the table")
  func hostileTable() {
    let csv = FigureTable(SmallFigures.hostileFigure).csv
    let rows = csv.split(separator: "\n").dropFirst()
    // Two corners, a level, two points of a line, one of a scatter, one bar.
    #expect(rows.count == 7)
    for row in rows {
      #expect(row.hasSuffix(",\"</script><script>alert(1)</script> & 'a' \"\"b\"\", `date` %{x}\""))
    }
  }
}
