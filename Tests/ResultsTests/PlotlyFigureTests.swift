import Files
import Results
import Testing

@Suite("Figures for the screen")
struct PlotlyFigureTests {
  private let decoding = PlotlyFigure(SmallFigures.decoding)
  private let space = PlotlyFigure(SmallFigures.space)

  @Test("A median carries the distances to its quartiles, not the quartiles")
  func errorBars() throws {
    let traces = try #require(decoding.saved["data"]?.array)
    // Two panels of untrained medians, held-out dots, held-out medians.
    #expect(traces.count == 6)
    let medians = traces[2]
    #expect(medians["name"] == "held out")
    #expect(medians["line"]?["color"] == "#0072B2")
    let bars = try #require(medians["error_y"])
    #expect(bars["symmetric"] == false)
    // 0.6 with quartiles 0.57 and 0.62; the differences are exact to a rounding of 0.6.
    #expect(abs(try #require(bars["array"]?.array?.first?.double) - 0.02) <= 0.6.ulp)
    #expect(abs(try #require(bars["arrayminus"]?.array?.first?.double) - 0.03) <= 0.6.ulp)
  }

  @Test("A shifted point is drawn aside and still tells its true place")
  func shift() throws {
    let medians = try #require(decoding.saved["data"]?.array?[2])
    #expect(try #require(medians["x"]?.array?.first?.double) < 2)
    #expect(medians["customdata"]?.array?.first?.array?.first?.double == 2)
  }

  @Test("Every meaning stands in the key once, though it is drawn in two panels")
  func key() {
    let shown = decoding.saved["data"]?.array?.filter { $0["showlegend"] == true } ?? []
    #expect(shown.compactMap { $0["name"]?.string } == ["untrained", "held out"])
  }

  @Test("The logarithmic axis runs between logarithms and has its ticks at the values")
  func logarithmicAxis() throws {
    let axis = try #require(decoding.saved["layout"]?["xaxis"])
    #expect(axis["type"] == "log")
    let lower = try #require(axis["range"]?.array?.first?.double)
    #expect(lower > 0 && lower < 0.31, "log₁₀ 2 = .301, with room before it")
    #expect(axis["tickvals"] == [2.0, 6.0, 24.0])
  }

  @Test("The ceiling is a dashed line over each panel, labelled where it stands")
  func ceiling() throws {
    let layout = try #require(decoding.saved["layout"])
    let shapes = try #require(layout["shapes"]?.array)
    #expect(shapes.map { $0["xref"] } == ["x domain", "x2 domain"])
    #expect(shapes[0]["y0"]?.double == 0.97794)
    #expect(shapes[0]["line"]?["dash"] == "dash")
    let texts = layout["annotations"]?.array?.compactMap { $0["text"]?.string } ?? []
    #expect(texts.filter { $0 == "ceiling .978" }.count == 2)
    #expect(texts.contains("<b>a</b>  first") && texts.contains("<b>b</b>  second"))
  }

  @Test("On a narrow screen the panels stand below each other and each has its own labels")
  func narrowLayout() throws {
    let embedded = decoding.embedded
    func domain(_ layout: String, _ axis: String) -> [Double] {
      embedded[layout]?[axis]?["domain"]?.array?.compactMap(\.double) ?? []
    }
    #expect(domain("layout", "xaxis2")[0] > domain("layout", "xaxis")[1])
    #expect(embedded["layout"]?["yaxis2"]?["showticklabels"] == false)
    #expect(domain("narrow", "xaxis2") == [0, 1])
    #expect(domain("narrow", "yaxis2")[1] < domain("narrow", "yaxis")[0])
    #expect(embedded["narrow"]?["yaxis2"]?["showticklabels"] == nil)
  }

  @Test("Nothing leaves the reader's machine by a click")
  func noCloud() throws {
    let config = try #require(decoding.saved["config"])
    #expect(config["displaylogo"] == false)
    #expect(config["showSendToCloud"] == false)
    #expect(config["plotlyServerURL"] == "")
    let removed = config["modeBarButtonsToRemove"]?.array ?? []
    #expect(removed.contains("sendDataToCloud"))
  }

  @Test("A space is seen without perspective, its axes equally long")
  func projection() throws {
    let scene = try #require(space.saved["layout"]?["scene"])
    #expect(scene["camera"]?["projection"]?["type"] == "orthographic")
    let ratio = try #require(scene["aspectratio"])
    #expect(ratio["x"] == ratio["y"] && ratio["y"] == ratio["z"])
    #expect(scene["zaxis"]?["title"]?["text"] == "PC3 (5 %)")
  }

  @Test("Paths are coloured by time, and a gap parts them")
  func trajectories() throws {
    let paths = try #require(space.saved["data"]?.array?.first)
    #expect(paths["type"] == "scatter3d")
    #expect(paths["x"] == [0.0, 1.0, .null, 0.0, -1.0, .null])
    #expect(paths["line"]?["color"] == [0.0, 100.0, 100.0, 0.0, 100.0, 100.0])
    let scale = try #require(space.saved["layout"]?["coloraxis"]?["colorscale"]?.array)
    #expect(scale.first == [0.0, .string(Palette.time[0].light)])
  }

  @Test("A map has its own colours, a bar beside it, and gaps where nothing is known")
  func heatMap() throws {
    let figure = PlotlyFigure(SmallFigures.matrix)
    let map = try #require(figure.saved["data"]?.array?.first)
    #expect(map["type"] == "heatmap" && map["coloraxis"] == "coloraxis2")
    #expect(map["z"] == [[-1.0, .null, 0.5], [.null, 1.0, 0.0]])
    let colours = try #require(figure.saved["layout"]?["coloraxis2"])
    #expect(colours["cmin"] == -1.0 && colours["cmax"] == 1.0)
    #expect(colours["colorscale"]?.array?.count == Palette.diverging.count)
    let right = try #require(figure.saved["layout"]?["xaxis"]?["domain"]?.array?.last?.double)
    #expect(right < 1 && colours["colorbar"]?["x"]?.double == right)
    #expect(
      figure.saved["layout"]?["xaxis2"]?["domain"]?.array?.last?.double == right,
      "axes below each other end at the same place"
    )
  }

  @Test("The key has room for as many lines as it fills where the figure is narrowest")
  func keyHeight() throws {
    // Beside each other they are 545 pixels long; a figure of one column has 496 between its margins.
    let names = ["blanks as looks", "fitted anew", "anew, with noise", "as it was"]
    func bottom(_ width: Figure.Width, _ layout: String) -> Double? {
      let figure = Figure(
        name: "keys",
        title: "Keys",
        caption: "Keys.",
        alternative: "Keys.",
        width: width,
        panels: [
          Panel(
            "",
            PlanePlot(
              horizontal: Axis("k", range: 0...3),
              vertical: Axis("y", range: 0...1),
              marks: names.enumerated().map {
                .line($1, .condition($0), SmallFigures.points(0.2))
              } + [.line("", .guide, SmallFigures.points(0.1))]
            )
          )
        ]
      )
      return PlotlyFigure(figure).embedded[layout]?["margin"]?["b"]?.double
    }
    // 56 for the axis, 21 for a line.
    #expect(bottom(.oneColumn, "layout") == 98)
    #expect(bottom(.twoColumns, "layout") == 77)
    #expect(bottom(.twoColumns, "narrow") == 119)
  }

  @Test("Crosses in a space stand in the key as markers; paths and ends tell their names")
  func namesInSpace() throws {
    let traces = try #require(PlotlyFigure(SmallFigures.named).saved["data"]?.array)
    let crosses = traces.filter { $0["name"] == "fixed points" }
    #expect(crosses.map { $0["mode"] } == ["markers", "lines"])
    #expect(crosses.map { $0["showlegend"] } == [true, false])
    #expect(crosses.allSatisfy { $0["legendgroup"] == "fixed points" })
    #expect(crosses[0]["x"] == [.null], "nothing stands in the space")
    #expect(traces[0]["hovertext"] == ["left", "left", "left", "right", "right", "right"])
    #expect(traces[0]["hoverinfo"] == "text")
    let ends = try #require(traces.first { $0["name"] == "end" })
    #expect(ends["text"] == ["1", "2"] && ends["hovertext"] == ["left", "right"])
    #expect(ends["hovertemplate"]?.string?.contains("%{hovertext}") == true)
  }

  @Test("Curves are one trace, with a gap after each")
  func curves() throws {
    let curves = try #require(PlotlyFigure(SmallFigures.matrix).saved["data"]?.array?[1])
    #expect(curves["x"] == [1.0, 2.0, .null, 1.0, 3.0, .null])
    #expect(curves["name"]?.string?.contains("<") == false)
  }

  @Test("Plotly takes no name for markup")
  func hostileNames() throws {
    let text = PlotlyFigure(SmallFigures.hostileFigure).embedded.compact
    #expect(text.contains("&lt;script&gt;"))
    #expect(!text.contains("<script"))
    #expect(!text.contains("%{x}<") && !text.contains("%{x} "), "no name becomes a template")
  }

  @Test("The same figure gives the same bytes")
  func determinism() {
    #expect(PlotlyFigure(SmallFigures.space).embedded.compact == space.embedded.compact)
  }
}
