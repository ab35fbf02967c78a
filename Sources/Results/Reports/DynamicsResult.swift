import Experiments
import Files

/// What `dynamics` finds: of a recurrent network its dynamics, of a transformer its last layer.
package struct DynamicsResult {
  package let page: ReportPage
  package let text: String
  package let json: JSONValue
  /// Then no fixed points were searched for.
  package let isOfTransformer: Bool

  package init(
    of stored: StoredSubject,
    _ plan: DynamicsPlan,
    command: String
  ) async throws(DynamicsError) {
    if let portrait = TransformerPortrait(of: stored, plan) {
      let report = TransformerReport(portrait, command: command)
      (page, text, json) = (report.page, report.text, portrait.json)
      isOfTransformer = true
    } else {
      let portrait = try await DynamicsPortrait(of: stored, plan)
      let report = DynamicsReport(portrait, command: command)
      (page, text, json) = (report.page, report.text, portrait.json)
      isOfTransformer = false
    }
  }
}
