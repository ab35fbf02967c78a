import Analysis
import Compute
import Experiments

// Over time.
extension RecordingReport {
  var courseFigure: Figure? {
    guard let course = analysis.course else { return nil }
    func points(_ values: [Double]) -> [DataPoint] {
      zip(course.steps, values).map { DataPoint(Double($0), $1) }
    }
    let heldOut = course.heldOut ?? []
    let (foldNull, regionNull) = (course.shuffled, course.heldOutShuffled)
    let best = course.inDistribution.indices.max {
      course.inDistribution[$0] < course.inDistribution[$1]
    }
    var marks: [Mark] = []
    if foldNull.draws > 0 {
      marks.append(
        .line(
          "in distribution, shuffled",
          .floor(.shuffledInDistribution),
          points(foldNull.means)
        )
      )
    }
    if regionNull.draws > 0 {
      marks.append(
        .line("held-out regions, shuffled", .floor(.shuffledHeldOut), points(regionNull.means))
      )
    }
    marks += [
      .line("in distribution", .inDistribution, points(course.inDistribution)),
      .markers("", .inDistribution, points(course.inDistribution)),
    ]
    if !heldOut.isEmpty {
      marks += [
        .line("held-out regions", .heldOut, points(heldOut)),
        .markers("", .heldOut, points(heldOut)),
      ]
    }
    let floors: String
    if foldNull.draws == 0 {
      floors =
        " There is no null: \(course.noShuffle). "
        + (heldOut.isEmpty
          ? ""
          : "Where nothing can be read, a held-out region is given the mean of the others, hence r² "
            + "below zero. ")
    } else {
      floors =
        " Dotted, in the colour of the curve that each belongs to: what is reached with shuffled factors, "
        + "in folds (mean of \(counted(foldNull.draws, "draw")))"
        + (regionNull.draws == 0
          ? ""
          : " and in the regions that go with them (\(regionNull.draws)): where nothing can be read, "
            + "a held-out region is given the mean of the others, hence r² below zero")
        + ". "
    }
    return Figure(
      name: "r2-over-time",
      title: "Decoding over the trial",
      caption:
        "At each of \(counted(course.steps.count, "step")) a ridge decoder of its own (fixed "
        + "penalty 10⁻⁴) on \(counted(course.trials, "trial")): mean r² over the targets in five folds of "
        + "all trials"
        + (heldOut.isEmpty ? "" : " and over regions that the decoder never saw")
        + "." + floors
        + (best.map { best in
          "In distribution it is highest at step \(course.steps[best]), "
            + "\(fixed(course.inDistribution[best], 3))"
            + (heldOut.isEmpty ? "" : ", held out \(fixed(heldOut[best], 3)) there") + "; "
        } ?? "") + "\(version).",
      alternative: "In-distribution r² by step: "
        + course.inDistribution.map { fixed($0, 2) }.joined(separator: ", ") + ".",
      width: .oneColumn,
      panels: [
        Panel(
          "",
          PlanePlot(
            horizontal: .whole(course.steps, "step of the trial"),
            vertical: .rSquared(
              "r²",
              holding: heldOut + course.inDistribution + foldNull.means + regionNull.means
            ),
            marks: marks
          )
        )
      ]
    )
  }

  /// The mean path of every region, or of every fold where there are no regions.
  var pathsFigure: Figure? {
    guard let course = analysis.course, course.shares[0] > 0 else { return nil }
    let areRegions = !course.regions.isEmpty
    let names =
      areRegions ? course.regions.map(\.name) : course.paths.indices.map { "fold \($0 + 1)" }
    let paths = zip(names, course.paths).map { name, path in
      zip(course.steps, path).map { step, place in
        SpacePoint(place[0], place[1], place[2], time: Double(step), name: name)
      }
    }
    // The look of more than six would repeat itself; numbers tell them apart.
    let areNumbered = !areRegions || paths.count > 6
    let ends: [SpaceGroup] =
      areNumbered
      ? [
        SpaceGroup(
          "end",
          .measured,
          paths.compactMap(\.last),
          labels: paths.indices.map { String($0 + 1) }
        )
      ]
      : zip(names, paths).enumerated().map { place, pair in
        SpaceGroup("end, \(pair.0)", .corner(place), pair.1.suffix(1))
      }
    let held = course.shares.prefix(3).reduce(0, +)
    return Figure(
      name: "trajectories",
      title: "Mean trajectories in three principal components",
      caption:
        "The mean state of each of \(counted(paths.count, areRegions ? "region" : "fold")) of the "
        + "factors over \(counted(course.steps.count, "step")), light to dark, with its end"
        + (areNumbered ? " and its number" : "")
        + (areNumbered && areRegions
          ? ": " + names.enumerated().map { "\($0 + 1) \($1)" }.joined(separator: "; ") : "")
        + ". "
        + "Components of \(counted(course.trials, "trial")) at all of these steps together, of whose "
        + "variance three hold \(percent(held)), noise included; all axes have one scale, in units of "
        + "the states; \(version).",
      alternative:
        "\(counted(paths.count, "path")) in three components that hold \(percent(held)).",
      panels: [
        Panel(
          "",
          SpacePlot(
            labels: (0..<3).map { component in
              "PC\(component + 1) ("
                + percent(component < course.shares.count ? course.shares[component] : 0) + ")"
            },
            trajectories: Trajectories(paths, names: names, timeLabel: "step of the trial"),
            groups: ends
          )
        )
      ]
    )
  }
}
