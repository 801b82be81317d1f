import type { Registry } from 'prom-client'
import AggregatorRegistry from 'prom-client/lib/cluster'

/** A registry's values, as sent from one process to another. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Adds up the values of several processes. A gauge with aggregator `max` is the same in all and is taken once. */
export const sumFigures = (all: MetricValues[]): Registry => AggregatorRegistry.aggregate(all)

/** Keeps the counters of a process that ended, without its gauges. */
export const countsOf = (figures: MetricValues): MetricValues => figures.filter(({ type }) => String(type) !== 'gauge')
