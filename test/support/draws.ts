/**
 * How many draws a costly property makes: a part of what proves it. `PROPERTY_FACTOR` multiplies them; each week CI runs with 10.
 */
export const draws = (count: number): number => count * Number(process.env.PROPERTY_FACTOR ?? 1)
