import type { Log } from '@mooring/core'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

// `ExportResultCode.SUCCESS` of a package that is OpenTelemetry's own.
const SUCCESS = 0

/** The exporter, one line in the log for the beginning of an outage and one for its end: OpenTelemetry itself is silent. */
export function tellingOfFailures(exporter: SpanExporter, log: Log): SpanExporter {
  let lost = 0
  return {
    export(spans, settle) {
      exporter.export(spans, (result) => {
        const code: number = result.code
        if (code !== SUCCESS) {
          if (lost === 0) log.warn({ err: result.error }, 'the collector takes no traces')
          lost += spans.length
        } else if (lost > 0) {
          log.info({ lost }, 'the collector takes traces again')
          lost = 0
        }
        settle(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
