/**
 * Every metric of every role, with its labels. A name is written here once: the boards and the alert rules in `deploy/`
 * are held against this table, and a label that is not listed does not compile.
 *
 * No label ever holds a hostname or a tenant: a million of them would be a million time series.
 */
export const METRICS = {
  mooring_http_requests_total: counter('Requests that the API answered.', ['method', 'route', 'status']),
  mooring_http_request_seconds: histogram('How long the API took to answer.', ['route']),

  mooring_due_oldest_seconds: gauge('For how long the oldest due work has waited.', []),
  mooring_jobs: gauge('Jobs by kind; counted up to 100000.', ['kind']),
  mooring_workers_live: gauge('Workers heard of lately.', []),
  mooring_worker_slots: gauge('Slots of the live workers together.', []),
  mooring_queue_messages: gauge('Hints that wait in the broker.', ['lane']),
  mooring_certificates: gauge('Certificates of active domains by the most days left; counted up to 10000.', [
    'days_left',
  ]),
  mooring_certificates_expiring: gauge(
    'Certificates of active domains with less than a tenth of their lifetime left.',
    [],
  ),
  mooring_renewals_failing: gauge('Active domains whose renewal is held up.', []),
  mooring_ca_budget_left_ratio: gauge('What is left of the emptiest bucket of each kind, from 0 to 1.', [
    'ca',
    'bucket',
  ]),
  mooring_ca_circuit_open: gauge('1 while an authority counts as down.', ['ca']),
  mooring_edges: gauge('Registered edges, live or silent.', ['standing']),
  mooring_edge_generation_proved: gauge('The generation that an edge proved last.', ['edge', 'pool']),
  mooring_edge_generation_lag: gauge('Generations of its pool that an edge has not proved yet.', ['edge', 'pool']),
  mooring_fleet_facts_up: gauge('1 when the facts above could be read from the database.', []),
  mooring_fleet_facts_seconds: gauge('How long reading them took.', []),

  mooring_broker_up: gauge('1 while the broker is connected and takes messages.', []),
  mooring_hints_total: counter('Hints published: confirmed, unconfirmed, or returned by the broker.', ['result']),

  mooring_claims_total: counter('Hints taken up: claimed, or not due any more.', ['result']),
  mooring_step_seconds: histogram('How long a step took, with what it asked of others.', ['step']),
  mooring_step_outcomes_total: counter('What steps came to.', ['step', 'outcome', 'code']),
  mooring_lease_losses_total: counter('Leases that another worker took over during a step.', []),
  mooring_renewals_total: counter('Steps of a renewal that ended it, or put it off.', ['result']),
  mooring_ca_request_seconds: histogram('How long an authority took to answer.', ['ca', 'call']),
  mooring_ca_problems_total: counter('What authorities refused or failed to do.', ['ca', 'type']),

  mooring_scheduler_leading: gauge('1 in the one scheduler that works.', []),
  mooring_notices_total: counter('Notices decided, by kind.', ['kind']),
  mooring_notices_held_total: counter(
    'Domains that were not told of at once: counted for a digest, silenced, or because a channel had its share.',
    ['why'],
  ),
  mooring_deliveries_total: counter('Tries to deliver a notice.', ['channel', 'result']),
  mooring_webhook_deliveries_total: counter('Tries to deliver a webhook.', ['result']),

  mooring_edge_apply_seconds: histogram('How long an edge took to make a change served and proved.', ['result']),
  mooring_edge_reload_seconds: histogram('How long nginx took to serve a new generation.', []),
  mooring_edge_generation: gauge('The generation that this edge serves.', []),
  mooring_edge_rejected_routes: gauge('Routes that this edge refuses.', []),
  mooring_edge_service_server_up: gauge('1 while a server of a service answers this edge well.', ['service', 'server']),
  mooring_edge_control_plane_silence_seconds: gauge('Since when the control plane has not answered.', []),
  mooring_edge_requests_total: counter('Requests for names that are routed, by class of status.', ['status']),
  mooring_edge_unrouted_requests_total: counter('Requests for names that are not routed here.', []),
  mooring_edge_traffic_waiting: gauge('Pieces of the traffic log that are not reported yet.', []),
} as const

export type MetricName = keyof typeof METRICS
export type NameOf<Kind extends Definition['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never
}[MetricName]
export type LabelsOf<Name extends MetricName> = Record<(typeof METRICS)[Name]['labels'][number], string>

export interface Definition {
  kind: 'counter' | 'gauge' | 'histogram'
  help: string
  labels: readonly string[]
}

function counter<const Labels extends readonly string[]>(help: string, labels: Labels) {
  return { kind: 'counter', help, labels } as const
}

function gauge<const Labels extends readonly string[]>(help: string, labels: Labels) {
  return { kind: 'gauge', help, labels } as const
}

function histogram<const Labels extends readonly string[]>(help: string, labels: Labels) {
  return { kind: 'histogram', help, labels } as const
}
