/// A figure for print: a gnuplot script and the table that it reads.
///
/// The script is kept beside the pictures, so that a reader can restyle them without this program:
/// `gnuplot NAME.gp` draws `NAME.svg`, `gnuplot -e "format='pdf'" NAME.gp` draws `NAME.pdf`. All
/// places are given in millimetres of the finished figure. Texts are single-quoted and unenhanced:
/// gnuplot takes nothing in them for a command.
package struct GnuplotFigure: Hashable, Sendable {
  package let name: String
  package let script: String
  package let table: String

  package init(_ figure: Figure) {
    name = figure.name
    table = FigureTable(figure).csv
    script = GnuplotScript(figure).text
  }
}
