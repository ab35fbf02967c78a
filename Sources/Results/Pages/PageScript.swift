import Files

/// The script beside a page: draws its plots in the reader's colours and at the screen's width.
///
/// It leaves on the document how many plots it drew and how many errors it met, so that a check
/// need not trust its eyes.
enum PageScript {
  static let name = "report.js"

  /// Where the page keeps what the script is to draw.
  static let dataClass = "plot-data"

  static var text: String {
    let pairs: [String: JSONValue] = Dictionary(
      uniqueKeysWithValues: Palette.all.map { ($0.light, .string($0.dark)) }
    )
    return """
      "use strict";
      (() => {
        // Each colour on light pages and its counterpart on dark ones.
        const darkInks = \(JSONValue.object(pairs).compact);
        const root = document.documentElement;
        root.dataset.drawn = "0";
        root.dataset.errors = "0";
        const fail = (reason) => {
          root.dataset.errors = String(Number(root.dataset.errors) + 1);
          console.error(String(reason));
        };
        window.addEventListener("error", (event) => fail(event.message));
        window.addEventListener("unhandledrejection", (event) => fail(event.reason));
        document.addEventListener("securitypolicyviolation",
          (event) => fail(event.violatedDirective + " " + event.blockedURI));

        if (window.Plotly === undefined) {
          for (const note of document.querySelectorAll(".plotly-missing")) note.hidden = false;
          return;
        }

        const dark = window.matchMedia("(prefers-color-scheme: dark)");
        const narrow = window.matchMedia("(max-width: 44rem)");
        const inked = (value) => {
          if (typeof value === "string") return dark.matches ? darkInks[value] ?? value : value;
          if (Array.isArray(value)) return value.map(inked);
          if (value === null || typeof value !== "object") return value;
          return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inked(part)]));
        };
        const plots = [...document.querySelectorAll("script.\(dataClass)")].map((source) => ({
          place: document.getElementById(source.dataset.for),
          figure: JSON.parse(source.textContent),
        }));
        const draw = async ({ place, figure }) => {
          const layout = inked(narrow.matches ? figure.narrow : figure.layout);
          return Plotly.react(place, inked(figure.data), layout, figure.config);
        };
        for (const plot of plots) {
          // The picture that stands here for readers without scripts makes room for the plot.
          const picture = [...plot.place.childNodes];
          plot.place.replaceChildren();
          draw(plot).then(() => {
            root.dataset.drawn = String(Number(root.dataset.drawn) + 1);
          }).catch((reason) => {
            plot.place.replaceChildren(...picture);
            fail(reason);
          });
        }
        const redraw = () => plots.forEach((plot) => draw(plot).catch(fail));
        dark.addEventListener("change", redraw);
        narrow.addEventListener("change", redraw);
      })();

      """
  }
}
