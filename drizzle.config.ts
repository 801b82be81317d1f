import { defineConfig } from 'drizzle-kit'

const dialect = process.env.DIALECT === 'pg' ? 'pg' : 'sqlite'

export default defineConfig({
  dialect: dialect === 'pg' ? 'postgresql' : 'sqlite',
  schema: `./src/db/schema.${dialect}.ts`,
  out: `./drizzle/${dialect}`,
  casing: 'snake_case',
})
