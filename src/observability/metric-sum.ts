import { AggregatorRegistry, type Registry } from 'prom-client'

/** A registry's figures as they go from one process to another. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Adds up the figures of several processes; a gauge of what all see alike is taken once. */
export const sumFigures = (all: MetricValues[]): Registry => AggregatorRegistry.aggregate(all)

/** What stays true of a process that ended: it did what it counted, but it has no gauge any more. */
export const countsOf = (figures: MetricValues): MetricValues => figures.filter(({ type }) => String(type) !== 'gauge')
