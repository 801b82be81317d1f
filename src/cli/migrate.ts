import { openDatabase } from '../db/index'
import { commandWithSettings, configOf, DATABASE_SETTINGS } from './session'

export const migrate = () =>
  commandWithSettings(
    'migrate',
    'apply pending migrations; the server does this at start, too',
    DATABASE_SETTINGS,
  ).action(async (flags) => {
    const { databaseUrl, databaseDirectUrl } = configOf(flags)
    const database = await openDatabase(databaseUrl, databaseDirectUrl)
    try {
      const applied = await database.migrate()
      console.log(applied.length > 0 ? `Applied: ${applied.join(', ')}` : 'The database is up to date.')
    } finally {
      await database.close()
    }
  })
